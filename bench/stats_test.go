package main

import (
	"math"
	"testing"
)

func TestNewStat(t *testing.T) {
	for _, test := range []struct {
		samples          []float64
		median, low, top float64
	}{
		{[]float64{3}, 3, 3, 3}, {[]float64{5, 1, 3}, 3, 1, 5}, {[]float64{4, 1, 3, 2}, 2.5, 1, 4},
	} {
		got := newStat(test.samples)
		if got.Median != test.median || got.Min != test.low || got.Max != test.top {
			t.Errorf("%v: %+v", test.samples, got)
		}
	}
}

func TestQuantile(t *testing.T) {
	sorted := []float64{0, 10, 20, 30, 40}
	for q, want := range map[float64]float64{0: 0, 0.25: 10, 0.5: 20, 0.875: 35, 1: 40} {
		if got := quantile(sorted, q); math.Abs(got-want) > 1e-9 {
			t.Errorf("quantile %v = %v, want %v", q, got, want)
		}
	}
}

func TestNearestRank(t *testing.T) {
	sorted := make([]int64, 100)
	for i := range sorted {
		sorted[i] = int64(i + 1)
	}
	for q, want := range map[float64]int64{0: 1, 0.001: 1, 0.5: 50, 0.99: 99, 0.999: 100, 1: 100} {
		if got := nearestRank(sorted, q); got != want {
			t.Errorf("rank %v = %v, want %v", q, got, want)
		}
	}
	if nearestRank([]int64(nil), 0.5) != 0 {
		t.Error("none has no rank")
	}
}

func TestRatios(t *testing.T) {
	cost, speed := metric{lower: true}, metric{}
	base := newStat([]float64{100, 200, 400})
	if r := newStat([]float64{10, 10, 100}).ratios(base, cost); r.Median != 10 || r.Min != 4 || r.Max != 20 {
		t.Errorf("costs: %+v", r)
	}
	if r := newStat([]float64{1000, 100, 400}).ratios(base, speed); r.Median != 1 || r.Min != 0.5 || r.Max != 10 {
		t.Errorf("speeds: %+v", r)
	}
	if r := newStat([]float64{0}).ratios(base, cost); r != nil {
		t.Errorf("nothing cannot be compared, but: %+v", r)
	}
}

func TestCompareRows(t *testing.T) {
	m := metric{key: "cpu", lower: true, leads: true}
	figures := func(v float64) map[string]stat { return map[string]stat{"cpu": newStat([]float64{v})} }
	rows := []row{
		{Contender: "ours", Figures: figures(1)}, {Contender: "base", peer: true, Figures: figures(10)},
		{Contender: "best", peer: true, Figures: figures(4)}, {Contender: "bad", peer: true, Out: "failed"},
	}
	compareRows(&scenario{baseline: "base", metrics: []metric{m}}, rows)
	if f := rows[0].Figures["cpu"]; f.Ratio != 10 || f.BestPeer != 4 {
		t.Errorf("ours: %+v", f)
	}
	if f := rows[2].Figures["cpu"]; f.Ratio != 2.5 || f.BestPeer != 0 {
		t.Errorf("a peer: %+v", f)
	}
}

func TestShow(t *testing.T) {
	for _, test := range []struct {
		unit  unit
		value float64
		want  string
	}{
		{nanoseconds, 0, "0 ns"}, {nanoseconds, 12.34, "12.3 ns"}, {nanoseconds, 1500, "1.5 µs"}, {nanoseconds, -2e6, "-2 ms"}, {nanoseconds, 3.21e9, "3.21 s"},
		{bytesPerSecond, 1.5e9, "1.5 GB/s"}, {sizeBytes, 3 << 20, "3.0 MiB"}, {percent, 0.25, "0.25 %"}, {count, 12345, "12,345"}, {perSecond, 100, "100/s"},
	} {
		if got := test.unit.show(test.value); got != test.want {
			t.Errorf("%v %s: %q, want %q", test.value, test.unit, got, test.want)
		}
	}
}

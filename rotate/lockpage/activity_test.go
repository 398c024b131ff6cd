package lockpage

import (
	"math"
	"slices"
	"testing"
	"time"
)

func TestHistogram(t *testing.T) {
	var h Histogram
	for _, took := range []int64{-1, 0, 100_000, 100_001, 1e9, 10e9, 10e9 + 1, math.MaxInt64 / 2} {
		h.Add(took)
	}
	want := Histogram{Sum: 200_001 + 21e9 + 1 + math.MaxInt64/2}
	want.Buckets[0], want.Buckets[1], want.Buckets[12], want.Buckets[15], want.Buckets[16] = 3, 1, 1, 1, 2
	if h != want || h.Count() != 8 {
		t.Errorf("%+v, want %+v", h, want)
	}
	if !slices.IsSorted(Bounds[:]) {
		t.Error("the bounds are not sorted")
	}
}

// The rates of the last periods are those of the lines that came in them.
func TestRates(t *testing.T) {
	start := time.Unix(1_800_000_000, 0) // a period begins
	s := Status{Started: start.Add(-time.Minute)}
	at := func(periods float64) time.Time { return start.Add(time.Duration(periods * float64(RateSlot))) }
	count := func(periods float64, lines int) { s.Activity.CountLines(at(periods).UnixNano(), lines) }
	count(-30, 1000) // long ago, in the same slot as period -6
	count(0, 50)
	count(0.9, 50)
	count(1.5, 10)
	count(3.1, 500)
	got := s.RatesBefore(at(3.5))
	if len(got) != 15 || !slices.Equal(got[12:], []float64{20, 2, 0}) || slices.Max(got[:12]) != 0 {
		t.Errorf("%v", got)
	}
	if got = s.RatesBefore(at(4)); len(got) != 16 || got[15] != 100 {
		t.Errorf("%v", got)
	}
	if got = s.RatesBefore(at(100)); len(got) != RateSlots-1 || slices.Max(got) != 0 {
		t.Errorf("later: %v", got)
	}
	if got = s.RatesBefore(time.Unix(0, -5)); len(got) != 0 {
		t.Errorf("before 1970: %v", got)
	}
}

// BenchmarkActivity is what a batch costs more because of what others may look at.
func BenchmarkActivity(b *testing.B) {
	a := &At(New()).Activity
	now := int64(1.8e18)
	for b.Loop() {
		now += 1e6
		a.Batches.Add(40_000)
		a.CountLines(now, 3)
	}
}

package race

import (
	"context"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"multilog/bench/internal/contender"
)

// testRace is a race of contenders of these names.
func testRace(names ...string) *Race {
	r := &Race{Only: regexp.MustCompile(""), RunLimit: time.Minute, Progress: &Progress{out: io.Discard}}
	for _, n := range names {
		r.Contenders = append(r.Contenders, contender.Contender{Name: n})
	}
	return r
}

func oneCase(rounds int, run func(context.Context, contender.Contender) (Sample, error)) Scenario {
	return Scenario{
		Name: "test", Baseline: "good", Metrics: []Metric{{Key: "speed", Leads: true}},
		Cases: []Case{{Name: "one", Rounds: rounds, Run: run}},
	}
}

// TestNoFigureForHarm has one contender fail in the second round.
func TestNoFigureForHarm(t *testing.T) {
	runs := map[string]int{}
	got, err := testRace("good", "lose", "cannot").Run(t.Context(), oneCase(3, func(_ context.Context, c contender.Contender) (Sample, error) {
		runs[c.Name]++
		switch {
		case c.Name == "lose" && runs[c.Name] == 2:
			return nil, errors.New("main: line 7 is torn")
		case c.Name == "cannot":
			return nil, contender.ErrCannot("copies bytes, nothing else")
		}
		return Sample{"speed": 5}, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	c := got.Cases[0]
	if good := c.Row("good"); good.Out != "" || len(good.Figures["speed"].Samples) != 3 || good.Figures["speed"].Ratio != 1 {
		t.Errorf("good: %+v", good)
	}
	if lose := c.Row("lose"); lose.Out != "failed: main: line 7 is torn" || lose.Figures != nil || runs["lose"] != 2 {
		t.Errorf("lose: %+v after %d runs", lose, runs["lose"])
	}
	if cannot := c.Row("cannot"); cannot.Out != "-: copies bytes, nothing else" || runs["cannot"] != 1 {
		t.Errorf("cannot: %+v", cannot)
	}
}

// TestTurns checks that each round begins with another contender.
func TestTurns(t *testing.T) {
	var order []string
	_, err := testRace("a", "b", "c").Run(t.Context(), oneCase(3, func(_ context.Context, c contender.Contender) (Sample, error) {
		order = append(order, c.Name)
		return Sample{}, nil
	}))
	if got := strings.Join(order, ""); err != nil || got != "abcbcacab" {
		t.Errorf("turns %s, %v", got, err)
	}
}

// TestLimits checks that a run that does not end fails, and that an interrupted
// race ends and undoes what was prepared.
func TestLimits(t *testing.T) {
	hang := func(ctx context.Context, _ contender.Contender) (Sample, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	r := testRace("hang")
	r.RunLimit = 10 * time.Millisecond
	got, err := r.Run(t.Context(), oneCase(1, hang))
	if err != nil || !strings.HasPrefix(got.Cases[0].Rows[0].Out, "failed: not done after 0s: ") {
		t.Errorf("%+v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	undone := false
	s := oneCase(1, hang)
	s.Cases[0].Prepare = func(context.Context) (string, func(), error) {
		cancel()
		return "", func() { undone = true }, nil
	}
	if _, err := testRace("hang").Run(ctx, s); !errors.Is(err, context.Canceled) || !undone {
		t.Errorf("interrupted: %v, undone: %v", err, undone)
	}
}

// TestNotPrepared checks that a case that can't be prepared says so, and has no
// rows.
func TestNotPrepared(t *testing.T) {
	s := oneCase(4, nil)
	s.Cases[0].Seconds = 5
	s.Cases[0].Prepare = func(context.Context) (string, func(), error) { return "", nil, errors.New("no FUSE") }
	r := testRace("a", "b")
	r.Progress.Begin(r.Plan([]Scenario{s}))
	got, err := r.Run(t.Context(), s)
	if err != nil || got.Cases[0].Note != "not run: no FUSE" || len(got.Cases[0].Rows) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if left := r.Progress.left(time.Second); left != 0 {
		t.Errorf("%v are left of a race that is over", left)
	}
}

func TestNewStat(t *testing.T) {
	for _, test := range []struct {
		samples                   []float64
		median, low, top, longest float64
	}{
		{[]float64{3}, 3, 3, 3, 3}, {[]float64{5, 1, 3}, 3, 1, 5, 5}, {[]float64{4, 1, 3, 2}, 2.5, 1, 4, 4},
	} {
		got := newStat(test.samples, Median)
		if got.Value != test.median || got.Min != test.low || got.Max != test.top {
			t.Errorf("%v: %+v", test.samples, got)
		}
		if got := newStat(test.samples, Longest); got.Value != test.longest {
			t.Errorf("the longest of %v: %+v", test.samples, got)
		}
	}
}

func TestRatios(t *testing.T) {
	cost, speed, longest := Metric{Lower: true}, Metric{}, Metric{Lower: true, Of: Longest}
	base := newStat([]float64{100, 200, 400}, Median)
	for _, test := range []struct {
		name               string
		samples            []float64
		metric             Metric
		ratio, least, most float64
	}{
		{"costs", []float64{10, 10, 100}, cost, 10, 4, 20},
		{"speeds", []float64{1000, 100, 400}, speed, 1, 0.5, 10},
		{"nothing to compare", []float64{0}, cost, 0, 0, 0},
	} {
		ratio, least, most := newStat(test.samples, Median).ratios(base, test.metric)
		if ratio != test.ratio || least != test.least || most != test.most {
			t.Errorf("%s: %v, %v to %v", test.name, ratio, least, most)
		}
	}
	if ratio, _, _ := newStat([]float64{40, 1, 1}, Longest).ratios(newStat([]float64{1, 80, 2}, Longest), longest); ratio != 2 {
		t.Errorf("the longest of all rounds, 40 and 80: %v", ratio)
	}
}

func TestCompare(t *testing.T) {
	m := Metric{Key: "cpu", Lower: true, Leads: true}
	figures := func(v float64) map[string]Stat { return map[string]Stat{"cpu": newStat([]float64{v}, Median)} }
	rows := []Row{
		{Contender: "ours", Figures: figures(1)}, {Contender: "base", Peer: true, Figures: figures(10)},
		{Contender: "best", Peer: true, Figures: figures(4)}, {Contender: "bad", Peer: true, Out: "failed"},
	}
	Compare([]Metric{m}, "base", rows)
	if f := rows[0].Figures["cpu"]; f.Ratio != 10 || f.BestPeer != 4 {
		t.Errorf("ours: %+v", f)
	}
	if f := rows[2].Figures["cpu"]; f.Ratio != 2.5 || f.BestPeer != 0 {
		t.Errorf("a peer: %+v", f)
	}
}

func TestShow(t *testing.T) {
	for _, test := range []struct {
		unit  Unit
		value float64
		want  string
	}{
		{Nanoseconds, 0, "0 ns"}, {Nanoseconds, 12.34, "12.3 ns"}, {Nanoseconds, 1500, "1.5 µs"}, {Nanoseconds, -2e6, "-2 ms"}, {Nanoseconds, 3.21e9, "3.21 s"},
		{BytesPerSecond, 1.5e9, "1.5 GB/s"}, {BinaryBytes, 3 << 20, "3.0 MiB"}, {DecimalBytes, 3e6, "3.0 MB"}, {Percent, 0.25, "0.25 %"}, {Count, 12345, "12,345"}, {PerSecond, 100, "100/s"},
	} {
		if got := test.unit.Show(test.value); got != test.want {
			t.Errorf("%v %s: %q, want %q", test.value, test.unit, got, test.want)
		}
	}
	for _, test := range []struct {
		compare Comparison
		ratio   float64
		want    string
	}{
		{Times, 2.5, "2.5x"}, {Times, 0, "-"}, {Times, 1234, "1,234x"}, {Share, 0.76, "76 %"}, {Gain, 0.8, "+25 %"}, {Gain, 1, "-"}, {Gain, 1.25, "-20 %"},
	} {
		if got := test.compare.Show(test.ratio); got != test.want {
			t.Errorf("%v as %q: %q, want %q", test.ratio, test.compare, got, test.want)
		}
	}
}

func TestTimeLeft(t *testing.T) {
	p := &Progress{work: 100}
	if left := p.left(0); left != 100*time.Second {
		t.Errorf("at the start: %v", left)
	}
	p.done = 10
	if left := p.left(time.Minute); left != 90*time.Second {
		t.Errorf("too early to judge: %v", left)
	}
	p.done = 50
	if left := p.left(100 * time.Second); left != 100*time.Second {
		t.Errorf("twice as slow as estimated: %v", left)
	}
	p.done = 120
	if left := p.left(time.Minute); left != 0 {
		t.Errorf("beyond the end: %v", left)
	}
	for d, want := range map[time.Duration]string{0: "0 s", 119 * time.Second: "119 s", 29*time.Minute + 40*time.Second: "30 min"} {
		if got := ShowRoughly(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

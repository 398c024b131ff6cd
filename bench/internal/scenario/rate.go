package scenario

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dustin/go-humanize"

	"multilog/bench/internal/check"
	"multilog/bench/internal/contender"
	"multilog/bench/internal/feed"
	"multilog/bench/internal/race"
)

// How long a logger runs before it is looked at, until its start does not count any
// more; how long it is looked at; and how long it runs on after that.
const (
	rateSettle      = time.Second
	rateQuickSettle = 500 * time.Millisecond
	rateWindow      = 1500 * time.Millisecond
	rateWindowMost  = 10 * time.Second
	rateQuickWindow = 1200 * time.Millisecond
	rateAfter       = 200 * time.Millisecond
	// rateLines is how many lines should come while a logger is looked at, if that
	// takes no longer than rateWindowMost.
	rateLines = 300
)

func (e env) rate() race.Scenario {
	rates := []int{10, 100, 300, 1000, 3000, 10000, 50000, 200000}
	if e.quick {
		rates = []int{100, 1000, 50000}
	}
	s := race.Scenario{
		Name: "rate", Title: "what a steady stream costs", Baseline: contender.Daemontools,
		About: "63-byte lines come one write each, on an absolute schedule, with t. CPU, wake-ups and context switches are the logger's in a window of 1.5 to 10 s " +
			"that begins 1 s after its start, so that neither start nor exit counts; CPU by wait4 includes both. A core share of 100 % is one core. " +
			"Reached: the rate that the producer really had, which a logger that makes writes expensive lowers.",
		Metrics: []race.Metric{
			{Key: "cpu-line", Title: "CPU per line", Unit: race.Nanoseconds, Lower: true, Leads: true},
			{Key: "wakes-line", Title: "wake-ups per line", Unit: race.Count, Lower: true},
			{Key: "share", Title: "of a core", Unit: race.Percent, Lower: true},
			{Key: "switches", Title: "switches", Unit: race.PerSecond, Lower: true},
			{Key: "wait4", Title: "CPU by wait4", Unit: race.Nanoseconds, Lower: true},
			{Key: "reached", Title: "reached", Unit: race.LinesPerSecond},
		},
		Finding: wakeCosts,
	}
	for _, r := range rates {
		s.Cases = append(s.Cases, e.rateCase(r))
	}
	return s
}

// wakeCosts is a table of the CPU per line at each rate, ours over daemontools'.
// Where lines come one by one, a line is a wake.
func wakeCosts(cases []race.CaseResult) race.Table {
	t := race.Table{
		Title: "what one wake costs: CPU per line, medians of interleaved rounds (up to some 1,000 lines/s every line wakes the logger)",
		Cells: [][]string{{"lines/s", contender.Ours, contender.Daemontools, contender.Ours + " / " + contender.Daemontools}},
	}
	for _, c := range cases {
		ours, theirs := c.Row(contender.Ours), c.Row(contender.Daemontools)
		if ours == nil || theirs == nil {
			continue
		}
		figure, base := ours.Figures["cpu-line"], theirs.Figures["cpu-line"]
		if figure.Ratio == 0 {
			continue
		}
		t.Cells = append(t.Cells, []string{
			humanize.Comma(int64(c.X)), race.Nanoseconds.Show(figure.Value), race.Nanoseconds.Show(base.Value), fmt.Sprintf("%.2f", 1/figure.Ratio),
		})
	}
	if len(t.Cells) == 1 {
		return race.Table{}
	}
	return t
}

// rateCase feeds a logger at a rate and looks at it for a while.
func (e env) rateCase(perSecond int) race.Case {
	settle, rounds := rateSettle, fullRounds
	window := min(max(rateWindow, rateLines*time.Second/time.Duration(perSecond)), rateWindowMost)
	if window > rateWindow {
		rounds = fewRounds
	}
	if e.quick {
		settle, window, rounds = rateQuickSettle, rateQuickWindow, 1
	}
	length := settle + window + rateAfter
	lines := int(length.Seconds() * float64(perSecond))
	return race.Case{
		Name: fmt.Sprint(perSecond), Title: humanize.Comma(int64(perSecond)) + " lines per second, t",
		Series: "t", Axis: "lines per second", X: float64(perSecond),
		Rounds: rounds, Seconds: length.Seconds() + runSeconds,
		Run: func(ctx context.Context, c contender.Contender) (race.Sample, error) {
			in, err := e.numbered(lineBytes, lineBytes*max(perSecond, 1000))
			if err != nil {
				return nil, err
			}
			dir, remove, err := e.RunDir("")
			if err != nil {
				return nil, err
			}
			defer remove()
			var from, to feed.Look
			got, err := feed.Feed{
				Contender: c, Input: in, Dir: dir,
				Job:   contender.Job{Stamp: true, FileBytes: fileBytes, Files: contender.KeepAll, LineBytes: lineBytes},
				Order: feed.Order{Rate: float64(perSecond), Lines: lines},
				During: func(ctx context.Context, l *feed.Logger) (err error) {
					from, to, err = lookFor(ctx, l, settle, window)
					return err
				},
			}.Run(ctx)
			if err != nil {
				return nil, err
			}
			if err := (check.Checker{Dir: dir, Input: in.Repeated(lines)}).Check(got.Outputs); err != nil {
				return nil, err
			}
			reached := float64(got.Lines) / seconds(got.End-got.Start)
			elapsed := seconds(to.At - from.At)
			voluntary, involuntary := float64(to.Voluntary-from.Voluntary), float64(to.Involuntary-from.Involuntary)
			return race.Sample{
				"cpu-line":   float64(to.CPU-from.CPU) / (elapsed * reached),
				"wakes-line": voluntary / (elapsed * reached),
				"share":      float64(to.CPU-from.CPU) / 1e9 / elapsed * 100,
				"switches":   (voluntary + involuntary) / elapsed,
				"wait4":      float64(got.CPU) / float64(got.Lines),
				"reached":    reached,
			}, nil
		},
	}
}

// lookFor looks at a logger when it has settled, and once more after a window.
func lookFor(ctx context.Context, l *feed.Logger, settle, window time.Duration) (from, to feed.Look, err error) {
	if err = feed.Pause(ctx, settle); err != nil {
		return from, to, err
	}
	if from, err = feed.LookAt(l.PID(), false); err != nil {
		return from, to, err
	}
	if err = feed.Pause(ctx, window); err != nil {
		return from, to, err
	}
	to, err = feed.LookAt(l.PID(), false)
	return from, to, err
}

// find returns the contender of a name.
func find(all []contender.Contender, name string) (contender.Contender, bool) {
	i := slices.IndexFunc(all, func(c contender.Contender) bool { return c.Name == name })
	if i < 0 {
		return contender.Contender{}, false
	}
	return all[i], true
}

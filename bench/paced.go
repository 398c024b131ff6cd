package main

import (
	"context"
	"fmt"
	"time"

	"github.com/dustin/go-humanize"
)

// Scenarios in which lines come at a rate.

const (
	pacedLineBytes = 63
	// settleTime is how long a logger runs before it is looked at.
	settleTime = 400 * time.Millisecond
	// pacedFileBytes keeps a file from filling up where rotation is not the
	// question.
	pacedFileBytes = fileBytes
)

// How long a logger is looked at.
const (
	rateWindow      = 1500 * time.Millisecond
	rateQuickWindow = 1200 * time.Millisecond
)

var rate = &scenario{
	name:     "rate",
	title:    "what a steady stream costs",
	baseline: daemontoolsName,
	about: "63-byte lines come one write each, on an absolute schedule. CPU and context switches are the logger's in a window that begins when it has settled; " +
		"start and exit are left out there (they are in footprint), and are included in the CPU by wait4. A core share of 100 % is one core. " +
		"Reached: the rate the producer really had, which a logger that makes writes expensive lowers.",
	metrics: []metric{
		{key: "cpu-line", title: "CPU per line", unit: nanoseconds, lower: true, leads: true},
		{key: "share", title: "of a core", unit: percent, lower: true},
		{key: "switches", title: "switches", unit: perSecond, lower: true},
		{key: "wait4", title: "CPU by wait4", unit: nanoseconds, lower: true},
		{key: "reached", title: "reached", unit: linesPerSecond},
	},
	cases: func(b *bench) []testcase {
		rates := []int{100, 1000, 10000, 50000, 200000}
		window, rounds := rateWindow, fullRounds
		if b.quick {
			rates, window, rounds = []int{1000, 50000}, rateQuickWindow, 1
		}
		var cases []testcase
		for _, r := range rates {
			cases = append(cases, rateCase(r, window, rounds))
		}
		return cases
	},
}

// rateCase feeds a logger at a rate and looks at it for the length of window.
func rateCase(perSecond int, window time.Duration, rounds int) testcase {
	return testcase{
		name:   fmt.Sprint(perSecond),
		title:  humanize.Comma(int64(perSecond)) + " lines per second, t",
		series: "t", axis: "lines per second", x: float64(perSecond),
		rounds: rounds, seconds: (window + 2*settleTime).Seconds() + runSeconds,
		run: func(ctx context.Context, b *bench, c contender) (sample, error) {
			in, err := b.input("paced", pacedLineBytes*max(perSecond, 1000), numbered(pacedLineBytes))
			if err != nil {
				return nil, err
			}
			dir, remove, err := b.runDir(b.dir)
			if err != nil {
				return nil, err
			}
			defer remove()
			settle(b.dir)
			lines := int((window + 2*settleTime).Seconds() * float64(perSecond))
			var from, to state
			f := feed{
				contender: c, in: in, dir: dir,
				job:   job{stamp: true, fileBytes: pacedFileBytes, files: keepAll, lineBytes: pacedLineBytes},
				order: order{Rate: float64(perSecond), Lines: lines},
				during: func(ctx context.Context, lg *logger) (err error) {
					pid := lg.cmd.Process.Pid
					if err := pause(ctx, settleTime); err != nil {
						return err
					}
					if from, err = processState(pid, false); err != nil {
						return err
					}
					if err := pause(ctx, window); err != nil {
						return err
					}
					to, err = processState(pid, false)
					return err
				},
			}
			got, err := f.run(ctx)
			if err != nil {
				return nil, err
			}
			if err := (checker{dir: dir, input: repeated(in, lines)}).check(got.outputs); err != nil {
				return nil, err
			}
			reached := float64(got.Lines) / seconds(got.End-got.Start)
			elapsed := seconds(to.at - from.at)
			return sample{
				"cpu-line": float64(to.cpu-from.cpu) / (elapsed * reached),
				"share":    float64(to.cpu-from.cpu) / 1e9 / elapsed * 100,
				"switches": float64(to.voluntary+to.forced-from.voluntary-from.forced) / elapsed,
				"wait4":    float64(got.cpu) / float64(got.Lines),
				"reached":  reached,
			}, nil
		},
	}
}

// repeated is what a paced producer writes: the input's lines, over and over.
func repeated(in *input, lines int) []byte {
	var all []byte
	for lines >= in.lines {
		all = append(all, in.data...)
		lines -= in.lines
	}
	if lines == 0 {
		return all
	}
	return append(all, in.data[:lineEnds(in.data)[lines-1]]...)
}

// pause sleeps unless the context ends first.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

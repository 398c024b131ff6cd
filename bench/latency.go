package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

var latency = &scenario{
	name:     "latency",
	title:    "from the service's write to the log",
	baseline: daemontoolsName,
	about: "From just before the producer's write until the line can be read in current, found by asking for the file's size without a break. " +
		"The label's error is the label's time minus that of the write; where a logger counts leap seconds in its labels, they are taken off.",
	metrics: []metric{
		{key: "p50", title: "p50", unit: nanoseconds, lower: true, leads: true},
		{key: "p99", title: "p99", unit: nanoseconds, lower: true, leads: true},
		{key: "max", title: "max", unit: nanoseconds, lower: true},
		{key: "label50", title: "label p50", unit: nanoseconds, lower: true},
		{key: "label99", title: "label p99", unit: nanoseconds, lower: true},
		{key: "reached", title: "reached", unit: linesPerSecond},
	},
	cases: func(b *bench) []testcase {
		alone, stream, rounds := 4*time.Second, 1500*time.Millisecond, fullRounds
		if b.quick {
			alone, stream, rounds = 1500*time.Millisecond, time.Second, 1
		}
		return []testcase{
			latencyCase("alone", "a line that comes alone, every 100 ms, t", 10, alone, rounds),
			latencyCase("stream", "50,000 lines per second, t", 50000, stream, rounds),
		}
	},
}

// leapSeconds is what TAI is ahead of daemontools' count, since 2017.
const leapSeconds = 27

func latencyCase(name, title string, perSecond float64, length time.Duration, rounds int) testcase {
	return testcase{
		name: name, title: title, series: "t", rounds: rounds, seconds: length.Seconds() + runSeconds,
		run: func(ctx context.Context, b *bench, c contender) (sample, error) {
			lines := int(length.Seconds() * perSecond)
			in, err := b.input("latency", pacedLineBytes*lines, numbered(pacedLineBytes))
			if err != nil {
				return nil, err
			}
			// A second file would hide what follows: current must hold all.
			if lines*(pacedLineBytes+labelBytes) > fileBytes-2*pacedLineBytes {
				return nil, fmt.Errorf("%d lines do not fit into one file", lines)
			}
			dir, remove, err := b.runDir(b.dir)
			if err != nil {
				return nil, err
			}
			defer remove()
			settle(b.dir)
			got, err := feed{
				contender: c, in: in, dir: dir,
				job: job{stamp: true, fileBytes: fileBytes, files: keepAll, lineBytes: pacedLineBytes},
				order: order{Rate: perSecond, Lines: lines, Watch: "main/current",
					LineBytes: pacedLineBytes + labelBytes},
			}.run(ctx)
			if err != nil {
				return nil, err
			}
			errs := make([]int64, 0, lines)
			note := func(line int, label int64) {
				if line < len(got.times) {
					errs = append(errs, labelError(label, got.times[line]))
				}
			}
			if err := (checker{dir: dir, input: in.data, label: note}).check(got.outputs); err != nil {
				return nil, err
			}
			slices.SortFunc(errs, func(a, b int64) int { return cmp.Compare(abs(a), abs(b)) })
			return sample{
				"p50": float64(got.Seen.P50), "p99": float64(got.Seen.P99), "max": float64(got.Seen.Max),
				"reached": float64(got.Lines) / seconds(got.End-got.Start),
				"label50": float64(nearestRank(errs, 0.5)), "label99": float64(nearestRank(errs, 0.99)),
			}, nil
		},
	}
}

// labelError is how much later than the write a label is, in nanoseconds.
func labelError(label, wrote int64) int64 {
	e := label - wrote
	if leaps := math.Round(float64(e) / (leapSeconds * 1e9)); leaps == 1 {
		e -= leapSeconds * 1e9
	}
	return e
}

func abs(v int64) int64 { return max(v, -v) }

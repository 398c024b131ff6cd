package scenario

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"multilog/bench/internal/check"
	"multilog/bench/internal/contender"
	"multilog/bench/internal/feed"
	"multilog/bench/internal/race"
)

func (e env) latency() race.Scenario {
	alone, stream, rounds := 4*time.Second, 1500*time.Millisecond, fullRounds
	if e.quick {
		alone, stream, rounds = 1500*time.Millisecond, time.Second, 1
	}
	return race.Scenario{
		Name: "latency", Title: "from the service's write to the log", Baseline: contender.Daemontools,
		About: "From just before the producer's write until the line can be read in current, which the producer finds out by asking for the file's size without a break. " +
			"Medians of the rounds, but for the longest, which is that of all rounds. The label's error is the label's time minus that of the write; where a logger counts leap " +
			"seconds in its labels, they are taken off.",
		Metrics: []race.Metric{
			{Key: "p50", Title: "p50", Unit: race.Nanoseconds, Lower: true, Leads: true},
			{Key: "p99", Title: "p99", Unit: race.Nanoseconds, Lower: true, Leads: true},
			{Key: "max", Title: "longest", Unit: race.Nanoseconds, Lower: true, Of: race.Longest},
			{Key: "label50", Title: "label p50", Unit: race.Nanoseconds, Lower: true},
			{Key: "label99", Title: "label p99", Unit: race.Nanoseconds, Lower: true},
			{Key: "reached", Title: "reached", Unit: race.LinesPerSecond},
		},
		Cases: []race.Case{
			e.latencyCase("alone", "a line that comes alone, every 100 ms, t", 10, alone, rounds),
			e.latencyCase("stream", "50,000 lines per second, t", 50000, stream, rounds),
		},
	}
}

func (e env) latencyCase(name, title string, perSecond float64, length time.Duration, rounds int) race.Case {
	const labelled = lineBytes + check.LabelBytes
	lines := int(length.Seconds() * perSecond)
	return race.Case{
		Name: name, Title: title, Series: "t", Rounds: rounds, Seconds: length.Seconds() + runSeconds,
		Run: func(ctx context.Context, c contender.Contender) (race.Sample, error) {
			in, err := e.numbered(lineBytes, lineBytes*lines)
			if err != nil {
				return nil, err
			}
			if lines*labelled > fileBytes-2*lineBytes { // the producer watches one file
				return nil, fmt.Errorf("%d lines do not fit into one file", lines)
			}
			dir, remove, err := e.RunDir("")
			if err != nil {
				return nil, err
			}
			defer remove()
			got, err := feed.Feed{
				Contender: c, Input: in, Dir: dir,
				Job:   contender.Job{Stamp: true, FileBytes: fileBytes, Files: contender.KeepAll, LineBytes: lineBytes},
				Order: feed.Order{Rate: perSecond, Lines: lines, Watch: feed.Watch{Path: "main/current", LineBytes: labelled}},
			}.Run(ctx)
			if err != nil {
				return nil, err
			}
			errs := make([]int64, 0, lines)
			note := func(line int, label int64) {
				if line < len(got.Times) {
					errs = append(errs, labelError(label, got.Times[line]))
				}
			}
			if err := (check.Checker{Dir: dir, Input: in.Data, Label: note}).Check(got.Outputs); err != nil {
				return nil, err
			}
			slices.SortFunc(errs, func(a, b int64) int { return cmp.Compare(abs(a), abs(b)) })
			return race.Sample{
				"p50": float64(got.Seen.P50), "p99": float64(got.Seen.P99), "max": float64(got.Seen.Max),
				"reached": float64(got.Lines) / seconds(got.End-got.Start),
				"label50": float64(feed.NearestRank(errs, 0.5)), "label99": float64(feed.NearestRank(errs, 0.99)),
			}, nil
		},
	}
}

// leapSeconds is how far TAI is ahead of daemontools' count, since 2017.
const leapSeconds = 27

// labelError returns how much later than the write a label is, in nanoseconds.
func labelError(label, wrote int64) int64 {
	e := label - wrote
	if leaps := math.Round(float64(e) / (leapSeconds * 1e9)); leaps == 1 {
		e -= leapSeconds * 1e9
	}
	return e
}

func abs(v int64) int64 { return max(v, -v) }

package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"multilog/bench/internal/check"
	"multilog/bench/internal/contender"
	"multilog/bench/internal/feed"
	"multilog/bench/internal/race"
)

const (
	oneLine      = "a line\n"
	appearLimit  = 10 * time.Second      // for a line to appear
	appearPause  = 20 * time.Microsecond // between two looks for it
	idleSettle   = 2 * time.Second       // from the last line to the first look at idle loggers
	startSeconds = 0.05                  // that one start takes, about
)

func (e env) footprint() race.Scenario {
	many, window, starts := 200, 5*time.Second, 25
	if e.quick {
		many, window, starts = 40, 1500*time.Millisecond, 10
	}
	return race.Scenario{
		Name: "footprint", Title: "what an idle logger takes", Baseline: contender.Daemontools,
		About: "Loggers with t, each on a directory of its own, each behind a pipe through which one line came. PSS divides the pages that processes have in common among them, USS has only " +
			"those that no other process has. Wake-ups: voluntary context switches of all threads. Start: from the fork until a line that waits in the pipe can be read in current, " +
			"the median of many starts.",
		Metrics: []race.Metric{
			{Key: "pss", Title: "PSS each", Unit: race.BinaryBytes, Lower: true, Leads: true},
			{Key: "uss", Title: "USS each", Unit: race.BinaryBytes, Lower: true},
			{Key: "threads", Title: "threads each", Unit: race.Count, Lower: true},
			{Key: "wakeups", Title: "wake-ups each", Unit: race.PerSecond, Lower: true},
			{Key: "cpu", Title: "CPU each", Unit: race.Percent, Lower: true},
			{Key: "start", Title: "start", Unit: race.Nanoseconds, Lower: true, Leads: true},
			{Key: "start-cpu", Title: "CPU of a run", Unit: race.Nanoseconds, Lower: true},
			{Key: "binary", Title: "binary", Unit: race.BinaryBytes, Lower: true},
		},
		Cases: []race.Case{e.idleCase(1, window), e.idleCase(many, window), e.startCase(starts)},
	}
}

// idleCase lets loggers idle and looks at them.
func (e env) idleCase(loggers int, window time.Duration) race.Case {
	title := fmt.Sprintf("%d idle loggers", loggers)
	if loggers == 1 {
		title = "one idle logger"
	}
	return race.Case{
		Name: fmt.Sprint("idle-", loggers), Title: title, Rounds: 1,
		Seconds: (idleSettle + window).Seconds() + startSeconds*float64(loggers),
		Run: func(ctx context.Context, c contender.Contender) (race.Sample, error) {
			var all []*idler
			defer func() {
				for _, i := range all {
					i.end()
				}
			}()
			for range loggers {
				i, err := e.startIdler(ctx, c)
				if err != nil {
					return nil, err
				}
				all = append(all, i)
				if _, err := i.await(ctx); err != nil {
					return nil, err
				}
			}
			if err := feed.Pause(ctx, idleSettle); err != nil {
				return nil, err
			}
			from, err := looks(all, false)
			if err != nil {
				return nil, err
			}
			if err := feed.Pause(ctx, window); err != nil {
				return nil, err
			}
			to, err := looks(all, true)
			if err != nil {
				return nil, err
			}
			return idleSample(from, to), nil
		},
	}
}

// looks looks at all loggers.
func looks(all []*idler, memory bool) ([]feed.Look, error) {
	var out []feed.Look
	for _, i := range all {
		s, err := feed.LookAt(i.logger.PID(), memory)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// idleSample returns what a logger takes on average.
func idleSample(from, to []feed.Look) race.Sample {
	s := race.Sample{}
	n := float64(len(to))
	for i := range to {
		elapsed := seconds(to[i].At - from[i].At)
		s["pss"] += float64(to[i].PSS) / n
		s["uss"] += float64(to[i].USS) / n
		s["threads"] += float64(to[i].Threads) / n
		s["wakeups"] += float64(to[i].Voluntary-from[i].Voluntary) / elapsed / n
		s["cpu"] += float64(to[i].CPU-from[i].CPU) / 1e9 / elapsed / n * 100
	}
	return s
}

// startCase measures how long a logger takes to start, and what a run of one line
// costs.
func (e env) startCase(starts int) race.Case {
	return race.Case{
		Name: "start", Title: "start", Rounds: starts, Seconds: startSeconds,
		Run: func(ctx context.Context, c contender.Contender) (race.Sample, error) {
			i, err := e.startIdler(ctx, c)
			if err != nil {
				return nil, err
			}
			defer i.end()
			took, err := i.await(ctx)
			if err != nil {
				return nil, err
			}
			i.pipe.Close()
			used, err := i.logger.Wait()
			if err != nil {
				return nil, err
			}
			if err := (check.Checker{Dir: i.logger.Dir, Input: []byte(oneLine)}).Check(i.logger.Outputs); err != nil {
				return nil, err
			}
			return race.Sample{"start": float64(took), "start-cpu": float64(used.CPU), "binary": float64(c.Size)}, nil
		},
	}
}

// An idler is a logger with a line in its pipe.
type idler struct {
	logger *feed.Logger
	pipe   *os.File
	remove func()
}

func (e env) startIdler(ctx context.Context, c contender.Contender) (_ *idler, err error) {
	dir, remove, err := e.RunDir("")
	if err != nil {
		return nil, err
	}
	r, w, err := feed.NewPipe()
	if err != nil {
		remove()
		return nil, err
	}
	defer r.Close()
	defer func() {
		if err != nil {
			w.Close()
			remove()
		}
	}()
	if _, err := w.WriteString(oneLine); err != nil {
		return nil, err
	}
	logger, err := feed.StartLogger(ctx, c, contender.Job{Stamp: true, FileBytes: fileBytes, Files: contender.KeepAll}, dir, r)
	if err != nil {
		return nil, err
	}
	return &idler{logger: logger, pipe: w, remove: remove}, nil
}

// await waits for the line and returns how long after the start it was there. It
// looks some 15,000 times a second, asleep between, so that a logger has the
// processors to itself.
func (i *idler) await(ctx context.Context) (nanos int64, err error) {
	current := filepath.Join(i.logger.Dir, i.logger.Outputs[0].Path, "current")
	for end := feed.Monotonic() + int64(appearLimit); ; feed.SleepUntil(feed.Monotonic() + int64(appearPause)) {
		info, err := os.Stat(current)
		now := feed.Monotonic()
		switch {
		case err == nil && info.Size() >= check.LabelBytes+int64(len(oneLine)):
			return now - i.logger.Started, nil
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case now > end:
			return 0, errors.New("the line does not appear" + i.logger.Said())
		}
	}
}

// end ends the logger, if it has not ended, by the end of its input, and removes
// its directory.
func (i *idler) end() {
	i.pipe.Close()
	i.logger.End()
	i.remove()
}

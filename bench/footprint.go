package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const (
	manyIdle      = 200
	quickIdle     = 40
	lineLimit     = 10 * time.Second // for a line to appear
	idleSettle    = 2 * time.Second
	startupTries  = 25
	startSeconds  = 0.05 // one start, about
	oneLine       = "a line\n"
	firstLineSize = labelBytes + len(oneLine)
)

var footprint = &scenario{
	name:     "footprint",
	title:    "what an idle logger takes",
	baseline: daemontoolsName,
	about: "Loggers with t, each on a directory of its own, each behind a pipe through which one line came. PSS shares out the pages that processes have in common, USS counts only " +
		"those that no other process has. Wake-ups: voluntary context switches of all threads. Start: from the fork until a line that waits in the pipe can be read in current, the median of many.",
	metrics: []metric{
		{key: "pss", title: "PSS each", unit: sizeBytes, lower: true, leads: true},
		{key: "uss", title: "USS each", unit: sizeBytes, lower: true},
		{key: "threads", title: "threads each", unit: count, lower: true},
		{key: "wakeups", title: "wake-ups each", unit: perSecond, lower: true},
		{key: "cpu", title: "CPU each", unit: percent, lower: true},
		{key: "start", title: "start", unit: nanoseconds, lower: true, leads: true},
		{key: "start-cpu", title: "CPU of a run", unit: nanoseconds, lower: true},
		{key: "binary", title: "binary", unit: sizeBytes, lower: true},
	},
	cases: func(b *bench) []testcase {
		many, window, tries := manyIdle, 5*time.Second, startupTries
		if b.quick {
			many, window, tries = quickIdle, 1500*time.Millisecond, 10
		}
		return []testcase{idleCase(1, window), idleCase(many, window), startCase(tries)}
	},
}

// idleCase lets loggers idle and looks at them.
func idleCase(loggers int, window time.Duration) testcase {
	title := fmt.Sprintf("%d idle loggers", loggers)
	if loggers == 1 {
		title = "one idle logger"
	}
	return testcase{
		name: fmt.Sprint("idle-", loggers), title: title, rounds: 1, seconds: (idleSettle + window).Seconds() + startSeconds*float64(loggers),
		run: func(ctx context.Context, b *bench, c contender) (sample, error) {
			var all []*idler
			defer func() {
				for _, i := range all {
					i.end()
				}
			}()
			for range loggers {
				i, err := b.startIdler(ctx, c)
				if err != nil {
					return nil, err
				}
				all = append(all, i)
				if err := i.line(ctx); err != nil {
					return nil, err
				}
			}
			if err := pause(ctx, idleSettle); err != nil {
				return nil, err
			}
			from, err := states(all, false)
			if err != nil {
				return nil, err
			}
			if err := pause(ctx, window); err != nil {
				return nil, err
			}
			to, err := states(all, true)
			if err != nil {
				return nil, err
			}
			return idleSample(from, to), nil
		},
	}
}

// states looks at all loggers.
func states(all []*idler, memory bool) ([]state, error) {
	var out []state
	for _, i := range all {
		s, err := processState(i.lg.cmd.Process.Pid, memory)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// idleSample is what a logger takes, on average.
func idleSample(from, to []state) sample {
	s := sample{}
	n := float64(len(to))
	for i := range to {
		elapsed := seconds(to[i].at - from[i].at)
		s["pss"] += float64(to[i].pss) / n
		s["uss"] += float64(to[i].uss) / n
		s["threads"] += float64(to[i].threads) / n
		s["wakeups"] += float64(to[i].voluntary-from[i].voluntary) / elapsed / n
		s["cpu"] += float64(to[i].cpu-from[i].cpu) / 1e9 / elapsed / n * 100
	}
	return s
}

// startCase measures how long a logger takes to start, and what a run of one
// line costs.
func startCase(tries int) testcase {
	return testcase{
		name: "start", title: "start", rounds: tries, seconds: startSeconds,
		run: func(ctx context.Context, b *bench, c contender) (sample, error) {
			i, err := b.startIdler(ctx, c)
			if err != nil {
				return nil, err
			}
			defer i.end()
			took, err := i.await(ctx)
			if err != nil {
				return nil, err
			}
			i.pipe.Close()
			used, err := i.lg.wait()
			if err != nil {
				return nil, err
			}
			i.ended = true
			if err := (checker{dir: i.lg.dir, input: []byte(oneLine)}).check(i.lg.launch.outputs); err != nil {
				return nil, err
			}
			return sample{"start": float64(took), "start-cpu": float64(used.cpu), "binary": float64(c.Size)}, nil
		},
	}
}

// An idler is a logger with a line in its pipe.
type idler struct {
	lg     *logger
	pipe   *os.File
	remove func()
	ended  bool
}

func (b *bench) startIdler(ctx context.Context, c contender) (*idler, error) {
	dir, remove, err := b.runDir(b.dir)
	if err != nil {
		return nil, err
	}
	r, w, err := newPipe()
	if err != nil {
		remove()
		return nil, err
	}
	defer r.Close()
	if _, err := w.WriteString(oneLine); err != nil {
		w.Close()
		remove()
		return nil, err
	}
	lg, err := startLogger(ctx, c, job{stamp: true, fileBytes: fileBytes, files: keepAll}, dir, r)
	if err != nil {
		w.Close()
		remove()
		return nil, err
	}
	return &idler{lg: lg, pipe: w, remove: remove}, nil
}

// await waits for the line, without a pause, and says how long after the
// start it was there.
func (i *idler) await(ctx context.Context) (nanos int64, err error) {
	current := filepath.Join(i.lg.dir, i.lg.launch.outputs[0].path, "current")
	for end := time.Now().Add(lineLimit); fileSize(current) < int64(firstLineSize); {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		if time.Now().After(end) {
			return 0, errors.New("the line does not appear" + i.lg.message())
		}
	}
	return monotonic() - i.lg.started, nil
}

// line waits for the line.
func (i *idler) line(ctx context.Context) error {
	_, err := i.await(ctx)
	return err
}

// end ends the logger by ending its input, and removes its directory.
func (i *idler) end() {
	i.pipe.Close()
	if !i.ended {
		_, _ = i.lg.wait()
	}
	i.remove()
}

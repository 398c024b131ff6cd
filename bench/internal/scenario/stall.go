package scenario

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"multilog/bench/internal/check"
	"multilog/bench/internal/contender"
	"multilog/bench/internal/feed"
	"multilog/bench/internal/race"
)

// What the service writes, and the files of the log.
const (
	stallRate      = 20000 // lines a second, one write each
	stallLineBytes = 100
	stallFileBytes = 1000000
)

// A stalling is a case of stall.
type stalling struct {
	name, title string
	job         contender.Job
	length      time.Duration
	rounds      int
	hog         bool // beside a process that keeps the disk busy

	// If chunk is positive, the service writes as fast as it goes, so many bytes at
	// once, and part bytes of the first line a second before all others.
	chunk, part int

	pipe int // capacity of the pipe, in bytes, if positive
}

func (e env) stall() race.Scenario {
	length, slow, rounds := 5*time.Second, 6*time.Second, fewRounds
	file, processor := 5040000, "sleep 1.5; cat"
	if e.quick {
		length, slow, rounds = 1500*time.Millisecond, 3*time.Second, 1
		file, processor = 3780000, "sleep 1; cat"
	}
	fills := time.Duration(file) * time.Second / (stallRate * (stallLineBytes + check.LabelBytes))
	j := contender.Job{Stamp: true, FileBytes: stallFileBytes, Files: fileCount, LineBytes: stallLineBytes}
	work := j
	work.FileBytes, work.Processor = file, processor
	onSlow := stalling{name: "slow-disk", title: "on a disk with a slow fsync", job: j, length: slow, rounds: rounds}
	return race.Scenario{
		Name: "stall", Title: "how long the service waits for its logger", Baseline: contender.Daemontools, Metrics: writeMetrics(),
		About: "A service writes 20,000 lines of 100 bytes a second, one write each, and times every one; t, files of 1 MB, 20 of them. Longest write: the longest of all rounds, " +
			"the scheduler's share included. The other figures are medians of the rounds. Pipe full: how often a write found no room, for how long at most (of all rounds), and for what " +
			"part of the run; while the service waits there, it does not answer.",
		Cases: []race.Case{
			e.stallCase(stalling{name: "none", title: "nothing beside it", job: j, length: length, rounds: rounds}),
			e.stallCase(stalling{name: "hog", title: "beside a process that writes 1 MiB and fsyncs, over and over", job: j, length: length, rounds: rounds, hog: true}),
			e.stallCase(stalling{name: "processor", title: fmt.Sprintf("with the processor '!%s', a file every %v", processor, fills.Round(100*time.Millisecond)),
				job: work, length: max(length, 3*fills+fills/2), rounds: rounds}),
			e.stallCase(stalling{name: "megabyte", title: "1 MiB a write, as fast as it goes", job: j, length: length, rounds: rounds, chunk: 1 << 20}),
			e.stallCase(stalling{name: "small-pipe", title: "through a pipe of 8 KiB, 1 MiB a write, as fast as it goes", job: j, length: length, rounds: rounds, chunk: 1 << 20, pipe: 8 << 10}),
			e.stallCase(stalling{name: "part", title: "5 bytes of a line, a second later the rest, 2 MiB a write", job: j, length: length, rounds: rounds, chunk: 2 << 20, part: 5}),
			e.onSlowDisk(e.stallCase(onSlow), func(ctx context.Context, c contender.Contender, root string) (race.Sample, error) {
				return e.runStall(ctx, c, onSlow, root)
			}),
		},
	}
}

func (e env) stallCase(s stalling) race.Case {
	return race.Case{
		Name: s.name, Title: s.title, Rounds: s.rounds, Seconds: s.length.Seconds() + runSeconds,
		Run: func(ctx context.Context, c contender.Contender) (race.Sample, error) {
			return e.runStall(ctx, c, s, "")
		},
	}
}

// runStall measures the writes of a service whose log is below root.
func (e env) runStall(ctx context.Context, c contender.Contender, s stalling, root string) (race.Sample, error) {
	lines := int(s.length.Seconds() * stallRate)
	in, err := e.numbered(stallLineBytes, stallLineBytes*lines)
	if err != nil {
		return nil, err
	}
	dir, remove, err := e.RunDir(root)
	if err != nil {
		return nil, err
	}
	defer remove()
	if s.hog {
		stop, err := feed.StartHog(ctx, filepath.Dir(dir))
		if err != nil {
			return nil, err
		}
		defer stop()
	}
	order := feed.Order{Rate: stallRate, Lines: lines, Timed: true}
	if s.chunk > 0 {
		order = feed.Order{Chunk: s.chunk, Part: s.part, Timed: true}
	}
	if s.pipe > 0 {
		order.PipeBytes = s.pipe
		c.Env = append(slices.Clone(c.Env), "MULTILOG_PIPE="+strconv.Itoa(s.pipe)) // ours would enlarge it; others do not know the name
	}
	got, err := feed.Feed{Contender: c, Job: s.job, Input: in, Dir: dir, Order: order}.Run(ctx)
	if err != nil {
		return nil, err
	}
	if err := (check.Checker{Dir: dir, Input: in.Data, Tail: true}).Check(got.Outputs); err != nil {
		return nil, err
	}
	return writeFigures(got.Produced), nil
}

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// stallRate is how many lines a second the service writes, one write each.
const (
	stallRate      = 20000
	stallLineBytes = 100
	stallFileBytes = 1000000
	stallFiles     = 20
)

var stall = &scenario{
	name:     "stall",
	title:    "how long the service waits for its logger",
	baseline: daemontoolsName,
	about: "A service writes 20,000 lines of 100 bytes a second, one write each, and times every one; t, files of 1 MB, 20 of them. Longest: its longest write, the scheduler's share " +
		"included. Pipe full: how often a write found no room, for how long at most, and for what part of the run; while it waits there, the service does not answer.",
	metrics: []metric{
		{key: "max", title: "longest", unit: nanoseconds, lower: true, leads: true},
		{key: "p50", title: "p50", unit: nanoseconds, lower: true},
		{key: "p99", title: "p99", unit: nanoseconds, lower: true},
		{key: "p999", title: "p99.9", unit: nanoseconds, lower: true},
		{key: "full-times", title: "pipe full", unit: count, lower: true},
		{key: "full-longest", title: "longest full", unit: nanoseconds, lower: true},
		{key: "full-share", title: "full", unit: percent, lower: true},
	},
	cases: func(b *bench) []testcase {
		length, rounds := 5*time.Second, fewRounds
		slow, file, processor := 6*time.Second, 5040000, "sleep 1.5; cat"
		if b.quick {
			length, rounds = 1500*time.Millisecond, 1
			slow, file, processor = 3*time.Second, 3780000, "sleep 1; cat"
		}
		fills := time.Duration(file) * time.Second / (stallRate * (stallLineBytes + labelBytes))
		j := job{stamp: true, fileBytes: stallFileBytes, files: stallFiles, lineBytes: stallLineBytes}
		work := j
		work.fileBytes, work.processor = file, processor
		cases := []testcase{
			stallCase("none", "nothing beside it", j, length, rounds, false),
			stallCase("hog", "beside a process that writes 1 MiB and fsyncs, over and over", j, length, rounds, true),
			stallCase("processor", fmt.Sprintf("with the processor '!%s', a file every %v", processor, fills.Round(100*time.Millisecond)), work,
				max(length, 3*fills+fills/2), rounds, false),
		}
		onSlow := stallCase("slow-disk", "on a disk with a slow fsync", j, slow, rounds, false)
		onSlow.prepare, onSlow.release = b.prepareSlowDisk, b.removeSlowDisk
		return append(cases, onSlow)
	},
}

// prepareSlowDisk sets a slow disk up, on which the case's logs then are.
func (b *bench) prepareSlowDisk(ctx context.Context, _ *bench) (string, error) {
	dir, err := os.MkdirTemp(b.dir, "disk")
	if err != nil {
		return "", err
	}
	if b.slow, err = newSlowDisk(ctx, dir); err != nil {
		return "", err
	}
	return fmt.Sprintf("ext4 on a loop device over a file in memory, which this program serves through FUSE: each flush of the disk's cache takes %d ms, "+
		"the fsync of a new file was measured at %s", slowFlushMillis, showDuration(float64(b.slow.fsync))), nil
}

func (b *bench) removeSlowDisk() {
	if b.slow != nil {
		b.slow.close()
		b.slow = nil
	}
}

// stallCase measures a service's writes.
func stallCase(name, title string, j job, length time.Duration, rounds int, hog bool) testcase {
	lines := int(length.Seconds() * stallRate)
	return testcase{
		name: name, title: title, rounds: rounds, seconds: length.Seconds() + runSeconds,
		run: func(ctx context.Context, b *bench, c contender) (sample, error) {
			in, err := b.input("stall", stallLineBytes*lines, numbered(stallLineBytes))
			if err != nil {
				return nil, err
			}
			root := b.dir
			if b.slow != nil {
				root = b.slow.dir
			}
			dir, remove, err := b.runDir(root)
			if err != nil {
				return nil, err
			}
			defer remove()
			if hog {
				stop, err := startHog(ctx, dir)
				if err != nil {
					return nil, err
				}
				defer stop()
			} else {
				settle(root)
			}
			got, err := feed{
				contender: c, job: j, in: in, dir: dir,
				order: order{Rate: stallRate, Lines: lines, Timed: true},
			}.run(ctx)
			if err != nil {
				return nil, err
			}
			// Old files beyond n were removed: what is there must be the end.
			if err := (checker{dir: dir, input: in.data, tail: true}).check(got.outputs); err != nil {
				return nil, err
			}
			return sample{
				"max": float64(got.Waits.Max), "p50": float64(got.Waits.P50), "p99": float64(got.Waits.P99), "p999": float64(got.Waits.P999),
				"full-times": float64(got.FullTimes), "full-longest": float64(got.FullAt),
				"full-share": float64(got.FullTotal) / float64(max(got.End-got.Start, 1)) * 100,
			}, nil
		},
	}
}

// startHog starts a process that keeps dir's disk busy, and returns what ends
// it.
func startHog(ctx context.Context, dir string) (stop func(), err error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	hog := exec.CommandContext(ctx, exe, dir+"/..")
	hog.Env = childEnviron("hog")
	hog.Stderr = os.Stderr
	group(hog)
	if err := hog.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("hog: %w", err)
	}
	return func() { cancel(); _ = hog.Wait() }, nil
}

package scenario

import (
	"context"
	"fmt"
	"os"
	"time"

	"multilog/bench/internal/check"
	"multilog/bench/internal/contender"
	"multilog/bench/internal/feed"
	"multilog/bench/internal/race"
	"multilog/bench/internal/slowdisk"
	"multilog/bench/maillog"
)

// Sizes, unless a scenario is about them.
const (
	lineBytes  = 63       // of a line, as in a mail log
	fileBytes  = 16777215 // of a log's file, the most that daemontools' multilog allows
	fileCount  = 20       // of a log's files
	chunkBytes = 64 << 10 // of a write
)

// How long a run takes, to estimate the remaining time: averages of the loggers on a
// machine with two cores.
const (
	runSeconds    = 0.3  // start and end
	lineNanos     = 1000 // a line
	writeNanos    = 3000 // a write for each line, on top
	mailNanos     = 3000 // a mail service's patterns, on top
	patternNanos  = 25   // a pattern, on top
	copyByteNanos = 5    // a byte: it is made, copied, checked
)

// runTakes returns about how many seconds a run takes, with so many nanoseconds a
// line.
func runTakes(size, lineBytes int, nanos float64) float64 {
	return runSeconds + float64(size)*(nanos/float64(lineBytes)+copyByteNanos)/1e9
}

// seconds converts nanoseconds, of which there is one at least.
func seconds(nanos int64) float64 { return float64(max(nanos, 1)) / 1e9 }

// numbered returns the input of lines of a length, size bytes.
func (e env) numbered(length, size int) (*feed.Input, error) {
	return e.Input(fmt.Sprint("numbered", length), size, feed.Numbered(length))
}

// mail returns the input of a mail service, size bytes: the lines of qmail-send,
// a tenth of them status lines.
func (e env) mail(size int) (*feed.Input, error) { return e.Input("mail", size, mailLines()) }

func mailLines() func([]byte, int) []byte {
	const statusEvery = 10
	g := maillog.New(maillog.Config{Seed: 1, Kind: maillog.Send})
	statuses := 0
	return func(buf []byte, number int) []byte {
		for {
			line := g.Next()
			if contender.Match(contender.MailStatus[len("* "):], line) {
				if statuses*statusEvery > number {
					continue
				}
				statuses++
			}
			return append(buf, line...)
		}
	}
}

// throughputMetrics returns the metrics of an input that is taken as fast as it
// goes: see flood.
func throughputMetrics() []race.Metric {
	return []race.Metric{
		{Key: "speed", Title: "taken at", Unit: race.BytesPerSecond, Leads: true},
		{Key: "cpu-line", Title: "CPU per line", Unit: race.Nanoseconds, Lower: true, Leads: true},
		{Key: "cpu-gb", Title: "CPU per GB", Unit: race.Nanoseconds, Lower: true},
		{Key: "exit-speed", Title: "with exit", Unit: race.BytesPerSecond},
		{Key: "waits", Title: "waits", Unit: race.Count, Lower: true},
		{Key: "preempted", Title: "preempted", Unit: race.Count, Lower: true},
	}
}

// flood has a contender take an input through a pipe as fast as it can, in writes
// of chunk bytes, or of a line if that is 0, and checks what it logs.
func (e env) flood(ctx context.Context, c contender.Contender, j contender.Job, in *feed.Input, chunk int) (race.Sample, error) {
	dir, remove, err := e.RunDir("")
	if err != nil {
		return nil, err
	}
	defer remove()
	j.LineBytes = in.Longest
	got, err := feed.Feed{Contender: c, Job: j, Input: in, Order: feed.Order{Chunk: chunk}, Dir: dir}.Run(ctx)
	if err != nil {
		return nil, err
	}
	if err := (check.Checker{Dir: dir, Input: in.Data, Tail: removes(j, in)}).Check(got.Outputs); err != nil {
		return nil, err
	}
	s := costs(got.Usage, in)
	s["speed"] = float64(len(in.Data)) / seconds(got.Drained-got.Start)
	s["exit-speed"] = float64(len(in.Data)) / seconds(got.Exited-got.Start)
	return s, nil
}

// removes reports whether a logger has to remove old files of an input.
func removes(j contender.Job, in *feed.Input) bool {
	return len(in.Data)+in.Lines*check.LabelBytes > (j.Files-2)*j.FileBytes
}

// costs returns the figures that come from wait4.
func costs(u feed.Usage, in *feed.Input) race.Sample {
	return race.Sample{
		"cpu-line":  float64(u.CPU) / float64(in.Lines),
		"cpu-gb":    float64(u.CPU) / (float64(len(in.Data)) / 1e9),
		"waits":     float64(u.Voluntary),
		"preempted": float64(u.Involuntary),
	}
}

// writeFigures returns the figures of how long a service's writes took: those of
// writeMetrics.
func writeFigures(got feed.Produced) race.Sample {
	w := got.Writes
	return race.Sample{
		"max": float64(w.Max), "p50": float64(w.P50), "p99": float64(w.P99), "p999": float64(w.P999),
		"full-times": float64(w.Full), "full-longest": float64(w.FullLongest),
		"full-share": float64(w.FullTotal) / float64(max(got.End-got.Start, 1)) * 100,
	}
}

func writeMetrics() []race.Metric {
	return []race.Metric{
		{Key: "max", Title: "longest write", Unit: race.Nanoseconds, Lower: true, Leads: true, Of: race.Longest},
		{Key: "p50", Title: "p50", Unit: race.Nanoseconds, Lower: true},
		{Key: "p99", Title: "p99", Unit: race.Nanoseconds, Lower: true},
		{Key: "p999", Title: "p99.9", Unit: race.Nanoseconds, Lower: true},
		{Key: "full-times", Title: "pipe full", Unit: race.Count, Lower: true},
		{Key: "full-longest", Title: "longest full", Unit: race.Nanoseconds, Lower: true, Of: race.Longest},
		{Key: "full-share", Title: "full", Unit: race.Percent, Lower: true},
	}
}

// onSlowDisk makes the runs of a case use a slow disk. run is the case's function,
// which gets the directory for its runs.
func (e env) onSlowDisk(c race.Case, run func(context.Context, contender.Contender, string) (race.Sample, error)) race.Case {
	var disk *slowdisk.Disk
	c.Prepare = func(ctx context.Context) (string, func(), error) {
		dir, err := os.MkdirTemp(e.Dir(), "disk")
		if err != nil {
			return "", nil, err
		}
		if disk, err = slowdisk.New(ctx, dir); err != nil {
			return "", nil, err
		}
		note := fmt.Sprintf("ext4 on a loop device over a file in memory, which this program serves through FUSE: each flush of the disk's cache takes %v, "+
			"the fsync of a new file took %v", slowdisk.FlushTime, disk.Fsync().Round(time.Millisecond))
		return note, disk.Close, nil
	}
	c.Run = func(ctx context.Context, racer contender.Contender) (race.Sample, error) {
		return run(ctx, racer, disk.Dir())
	}
	return c
}

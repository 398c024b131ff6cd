package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"multilog/bench/maillog"
)

// Sizes of a log's files in scenarios that are not about rotation, and rounds.
const (
	fileBytes  = 16777215
	fileCount  = 20 // no scenario of this file but scale fills so many
	fullRounds = 5
	fewRounds  = 3
	fastRounds = 2
)

// A feeding is a way input reaches a logger.
type feeding struct {
	name, title string
	chunk       int  // bytes in a write; 0: a line
	file        bool // as stdin
	mib, quick  int  // size of the input, full and quick
	rounds      int
}

var feedings = []feeding{
	{"pipe-64k", "a pipe in 64 KB writes", 64 << 10, false, 64, 24, fullRounds},
	{"pipe-line", "a pipe in a write per line", 0, false, 16, 4, fewRounds},
	{"file", "a file as stdin", 0, true, 64, 24, fewRounds},
}

// A load is what lines look like, and what is done with them.
type load struct {
	name, title string
	lineBytes   int
	stamp, mail bool
	fileBytes   int // of a log's file; 0: fileBytes
	files       int // at most; 0: fileCount
}

var loads = []load{
	{name: "plain-63", title: "plain, 63-byte lines", lineBytes: 63},
	{name: "t-63", title: "t, 63-byte lines", lineBytes: 63, stamp: true},
	{name: "mail", title: "t, a mail service's patterns, two directories, =status on a tenth of the lines", stamp: true, mail: true, lineBytes: maillog.MeanLine},
	{name: "plain-8", title: "plain, 8-byte lines", lineBytes: 8},
	{name: "t-8", title: "t, 8-byte lines", lineBytes: 8, stamp: true},
	{name: "plain-2k", title: "plain, 2 KB lines", lineBytes: 2048},
	{name: "t-2k", title: "t, 2 KB lines", lineBytes: 2048, stamp: true},
}

// What divides the input so that a case does not take for ever: where lines
// are few bytes, and where a peer writes every status file through to the disk.
const (
	smallLines = 8
	mailLoads  = 3
)

// fullCases and quickCases are the loads of each feeding. What the length of lines
// does without labels is seen in one.
var (
	fullCases = map[string][]string{
		"pipe-64k":  {"plain-63", "t-63", "mail", "plain-8", "t-8", "plain-2k", "t-2k"},
		"pipe-line": {"plain-63", "t-63", "mail", "t-8", "t-2k"},
		"file":      {"plain-63", "t-63", "mail", "t-8", "t-2k"},
	}
	quickCases = map[string][]string{
		"pipe-64k": {"plain-63", "t-63", "mail"}, "pipe-line": {"t-63"}, "file": {"t-63"},
	}
)

// What a run takes, for the time left: the average of the loggers, on a machine
// of two cores.
const (
	runSeconds    = 0.3  // start, end
	lineNanos     = 1000 // a line
	writeNanos    = 3000 // a write a line, beyond that
	mailNanos     = 3000 // a mail service's patterns, beyond that
	patternNanos  = 25   // a pattern
	copyByteNanos = 5    // a byte: to make it, copy it, check it
)

// runTakes is about how many seconds a run takes.
func runTakes(size, lineBytes int, nanos float64) float64 {
	return runSeconds + float64(size)*(nanos/float64(lineBytes)+copyByteNanos)/1e9
}

var throughputMetrics = []metric{
	{key: "speed", title: "taken at", unit: bytesPerSecond, leads: true},
	{key: "cpu-line", title: "CPU per line", unit: nanoseconds, lower: true, leads: true},
	{key: "cpu-gb", title: "CPU per GB", unit: nanoseconds, lower: true},
	{key: "exit-speed", title: "with exit", unit: bytesPerSecond},
	{key: "waits", title: "waits", unit: count, lower: true},
	{key: "preempted", title: "preempted", unit: count, lower: true},
}

var throughput = &scenario{
	name:     "throughput",
	title:    "as fast as it goes",
	baseline: daemontoolsName,
	about: "A producer in a process of its own, which is not counted, writes log lines as fast as the logger takes them. " +
		"Taken at: from the first write until the pipe is empty, so what the service feels. With exit: until the logger has ended, " +
		"its files synced. CPU: user and system time of the logger from wait4. A file as stdin has no producer: both times run from start to exit.",
	metrics: throughputMetrics,
	cases: func(b *bench) []testcase {
		chosen := fullCases
		if b.quick {
			chosen = quickCases
		}
		var cases []testcase
		for _, f := range feedings {
			for _, l := range loads {
				if slices.Contains(chosen[f.name], l.name) {
					cases = append(cases, f.testcase(b, l))
				}
			}
		}
		return cases
	},
}

// testcase is a load fed in a way.
func (f feeding) testcase(b *bench, l load) testcase {
	size, rounds := f.mib<<20, f.rounds
	if b.quick {
		size, rounds = f.quick<<20, fastRounds
	}
	switch {
	case l.lineBytes == 8:
		size /= smallLines
	case l.mail:
		size /= mailLoads
	}
	nanos := float64(lineNanos)
	if f.chunk == 0 && !f.file {
		nanos += writeNanos
	}
	note := ""
	if l.mail {
		nanos += mailNanos
		note = "svlogd has no status file and writes none; s6-log's patterns are regular expressions"
	}
	return testcase{
		name:   f.name + "-" + l.name,
		title:  f.title + ": " + l.title,
		note:   note,
		series: f.title,
		rounds: rounds, seconds: runTakes(size, l.lineBytes, nanos),
		run: func(ctx context.Context, b *bench, c contender) (sample, error) {
			in, err := b.loadInput(l, size)
			if err != nil {
				return nil, err
			}
			j := job{stamp: l.stamp, mail: l.mail, fileBytes: cmp.Or(l.fileBytes, fileBytes), files: cmp.Or(l.files, fileCount), lineBytes: in.longest}
			if f.file {
				return b.fromFile(ctx, c, j, in)
			}
			return b.fromPipe(ctx, c, j, in, order{Chunk: f.chunk})
		},
	}
}

// loadInput is the input for a load.
func (b *bench) loadInput(l load, size int) (*input, error) {
	if l.mail {
		return b.input("mail", size, mailLines())
	}
	return b.input(fmt.Sprint("numbered", l.lineBytes), size, numbered(l.lineBytes))
}

// mailLines makes qmail-send's lines, a tenth of them status lines.
func mailLines() func([]byte, int) []byte {
	const statusEvery = 10
	g := maillog.New(maillog.Config{Seed: 1, Kind: maillog.Send})
	statuses := 0
	return func(buf []byte, number int) []byte {
		for {
			line := g.Next()
			if match(mailStatus[len("* "):], line) {
				if statuses*statusEvery > number {
					continue
				}
				statuses++
			}
			return append(buf, line...)
		}
	}
}

// fromPipe measures a logger behind a pipe, and checks its output.
func (b *bench) fromPipe(ctx context.Context, c contender, j job, in *input, o order) (sample, error) {
	dir, remove, err := b.runDir(b.dir)
	if err != nil {
		return nil, err
	}
	defer remove()
	settle(b.dir)
	got, err := feed{contender: c, job: j, in: in, order: o, dir: dir}.run(ctx)
	if err != nil {
		return nil, err
	}
	if err := (checker{dir: dir, input: in.data, tail: j.removes(in)}).check(got.outputs); err != nil {
		return nil, err
	}
	s := costs(got.usage, in)
	s["speed"] = float64(len(in.data)) / seconds(got.Drained-got.Start)
	s["exit-speed"] = float64(len(in.data)) / seconds(got.exited-got.Start)
	return s, nil
}

// fromFile measures a logger whose stdin is a file in the page cache.
func (b *bench) fromFile(ctx context.Context, c contender, j job, in *input) (sample, error) {
	dir, remove, err := b.runDir(b.dir)
	if err != nil {
		return nil, err
	}
	defer remove()
	path := filepath.Join(filepath.Dir(dir), "input")
	if err := in.onDisk(path); err != nil {
		return nil, err
	}
	settle(b.dir)
	stdin, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer stdin.Close()
	lg, err := startLogger(ctx, c, j, dir, stdin)
	if err != nil {
		return nil, err
	}
	used, err := lg.wait()
	if err != nil {
		return nil, err
	}
	if err := (checker{dir: dir, input: in.data, tail: j.removes(in)}).check(lg.launch.outputs); err != nil {
		return nil, err
	}
	s := costs(used, in)
	s["speed"] = float64(len(in.data)) / seconds(lg.exited-lg.started)
	s["exit-speed"] = s["speed"]
	return s, nil
}

// removes tells whether a logger has to remove old files of that input.
func (j job) removes(in *input) bool {
	return len(in.data)+in.lines*labelBytes > (j.files-2)*j.fileBytes
}

// costs are the figures that come from wait4.
func costs(u usage, in *input) sample {
	return sample{
		"cpu-line":  float64(u.cpu) / float64(in.lines),
		"cpu-gb":    float64(u.cpu) / (float64(len(in.data)) / 1e9),
		"waits":     float64(u.voluntary),
		"preempted": float64(u.involuntary),
	}
}

func seconds(nanos int64) float64 { return float64(max(nanos, 1)) / 1e9 }

package main

import (
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
	fullRounds = 5
	fastRounds = 2
)

// A feeding is a way input reaches a logger.
type feeding struct {
	name, title string
	chunk       int  // bytes in a write; 0: a line
	file        bool // as stdin
	mib, quick  int  // size of the input, full and quick
}

var feedings = []feeding{
	{"pipe-64k", "a pipe in 64 KB writes", 64 << 10, false, 128, 24},
	{"pipe-line", "a pipe in a write per line", 0, false, 32, 4},
	{"file", "a file as stdin", 0, true, 128, 24},
}

// A load is what lines look like, and what is done with them.
type load struct {
	name, title string
	lineBytes   int
	stamp, mail bool
}

var loads = []load{
	{name: "plain-63", title: "plain, 63-byte lines", lineBytes: 63},
	{name: "t-63", title: "t, 63-byte lines", lineBytes: 63, stamp: true},
	{name: "mail", title: "t, a mail service's patterns, two directories, =status on a tenth of the lines", stamp: true, mail: true},
	{name: "plain-8", title: "plain, 8-byte lines", lineBytes: 8},
	{name: "t-8", title: "t, 8-byte lines", lineBytes: 8, stamp: true},
	{name: "plain-2k", title: "plain, 2 KB lines", lineBytes: 2048},
	{name: "t-2k", title: "t, 2 KB lines", lineBytes: 2048, stamp: true},
}

// What divides the input so that a case does not take for ever: where lines
// are few bytes, and where a peer writes every status file through to the disk.
const (
	smallLines = 4
	mailLoads  = 8
)

// quickCases are the loads that quick mode keeps, by feeding.
var quickCases = map[string][]string{
	"pipe-64k": {"plain-63", "t-63", "mail"}, "pipe-line": {"t-63"}, "file": {"t-63"},
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
		var cases []testcase
		for _, f := range feedings {
			for _, l := range loads {
				if b.quick && !slices.Contains(quickCases[f.name], l.name) {
					continue
				}
				cases = append(cases, f.testcase(b, l))
			}
		}
		return cases
	},
}

// testcase is a load fed in a way.
func (f feeding) testcase(b *bench, l load) testcase {
	size, rounds := f.mib<<20, fullRounds
	if b.quick {
		size, rounds = f.quick<<20, fastRounds
	}
	switch {
	case l.lineBytes == 8:
		size /= smallLines
	case l.mail:
		size /= mailLoads
	}
	note := ""
	if l.mail {
		note = "svlogd has no status file and writes none; s6-log's patterns are regular expressions"
	}
	return testcase{
		name:   f.name + "-" + l.name,
		title:  f.title + ": " + l.title,
		note:   note,
		series: f.title,
		rounds: rounds,
		run: func(ctx context.Context, b *bench, c contender) (sample, error) {
			in, err := b.loadInput(l, size)
			if err != nil {
				return nil, err
			}
			j := job{stamp: l.stamp, mail: l.mail, fileBytes: fileBytes, files: keepAll, lineBytes: in.longest}
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
	if err := (checker{dir: dir, input: in.data}).check(got.outputs); err != nil {
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
	if err := (checker{dir: dir, input: in.data}).check(lg.launch.outputs); err != nil {
		return nil, err
	}
	s := costs(used, in)
	s["speed"] = float64(len(in.data)) / seconds(lg.exited-lg.started)
	s["exit-speed"] = s["speed"]
	return s, nil
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

var limit = &scenario{
	name:     "limit",
	title:    "how near to a bare copier",
	baseline: peekCopierName,
	share:    true,
	copiers:  true,
	about: "The copier that peeks does what a logger must do that loses nothing when it is killed, and no more: tee the pipe, read the copy, write it to a " +
		"preallocated file, then take the bytes from the pipe. The plain one reads and writes. Neither looks at a byte. Input comes through a pipe in 64 KB writes.",
	metrics: slices.Concat(throughputMetrics[:4]),
	cases: func(b *bench) []testcase {
		var cases []testcase
		for _, l := range loads[:2] {
			tc := feedings[0].testcase(b, l)
			tc.name, tc.title = l.name, l.title
			cases = append(cases, tc)
		}
		return cases
	},
}

// scaling is one thing that grows.
type scaling struct {
	name, axis, title string
	values, quick     []int
	job               func(value int) job
	lineBytes         func(value int) int
	mib               func(value int) int
}

var scale = &scenario{
	name:     "scale",
	title:    "what growth costs",
	baseline: daemontoolsName,
	about: "Input through a pipe in 64 KB writes, with t. Patterns deselect lines and none matches, so each line is held against all of them. " +
		"Every directory gets every line. Small files are rotated often, each with an fsync. The CPU is the whole run's, start and exit included.",
	metrics: slices.Concat(throughputMetrics[1:3], throughputMetrics[:1]),
	cases: func(b *bench) []testcase {
		var cases []testcase
		for _, s := range scalings {
			values := s.values
			if b.quick {
				values = s.quick
			}
			for _, v := range values {
				cases = append(cases, s.testcase(b, v))
			}
		}
		return cases
	},
}

var scalings = []scaling{
	{
		name: "patterns", axis: "patterns", title: "%d patterns",
		values: []int{0, 1, 3, 10, 30, 100, 300, 1000}, quick: []int{0, 10, 100},
		job: func(v int) job {
			j := job{}
			for i := range v {
				j.patterns = append(j.patterns, fmt.Sprintf("* zone %d: *", i))
			}
			return j
		},
		mib: func(v int) int { return max(4, min(16, 4800/(v+1))) },
	},
	{
		name: "directories", axis: "directories", title: "%d directories",
		values: []int{1, 2, 4, 8, 16}, quick: []int{1, 4},
		job: func(v int) job { return job{dirs: v} },
		mib: func(v int) int { return 64 / v },
	},
	{
		name: "line", axis: "bytes in a line", title: "%d-byte lines",
		values: []int{8, 16, 32, 63, 128, 256, 512, 1024, 2048, 4096, 8192}, quick: []int{16, 256, 2048},
		job:       func(int) job { return job{} },
		lineBytes: func(v int) int { return v },
		mib:       func(v int) int { return min(64, 8+v/8) },
	},
	{
		name: "file", axis: "bytes in a file", title: "files of %d bytes",
		values: []int{65536, 262144, 1048576, 4194304, 16777215}, quick: []int{1048576},
		job: func(v int) job { return job{fileBytes: v} },
		mib: func(v int) int { return max(8, min(64, v>>15)) },
	},
}

// Rounds of a scaling, which has many cases, and what divides its input in
// quick mode.
const (
	scaleRounds = 3
	quickShare  = 2
)

func (s scaling) testcase(b *bench, v int) testcase {
	size, rounds := s.mib(v)<<20, scaleRounds
	if b.quick {
		size, rounds = max(size/quickShare, 1<<20), 1
	}
	length := 63
	if s.lineBytes != nil {
		length = s.lineBytes(v)
	}
	return testcase{
		name:   fmt.Sprint(s.name, "-", v),
		title:  fmt.Sprintf(s.title, v),
		series: s.axis, axis: s.axis, x: float64(v),
		rounds: rounds,
		run: func(ctx context.Context, b *bench, c contender) (sample, error) {
			in, err := b.loadInput(load{lineBytes: length}, size)
			if err != nil {
				return nil, err
			}
			j := s.job(v)
			j.stamp, j.files, j.lineBytes = true, keepAll, in.longest
			if j.fileBytes == 0 {
				j.fileBytes = fileBytes
			}
			return b.fromPipe(ctx, c, j, in, order{Chunk: 64 << 10})
		},
	}
}

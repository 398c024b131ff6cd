package main

import (
	"context"
	"fmt"
	"slices"

	"multilog/bench/maillog"
)

// scaling is one thing that grows.
type scaling struct {
	name, axis, title string
	values, quick     []int
	job               func(value int) job
	lineBytes         func(value int) int
	mib               func(value int) int
	nanos             func(value int) float64 // a line takes beyond the usual; nil: none
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
		small := feeding{"pipe-64k", "a pipe in 64 KB writes", 64 << 10, false, 16, 8, scaleRounds}
		mail := small.testcase(b, load{
			name: "mail-small-files", lineBytes: maillog.MeanLine, stamp: true, mail: true, fileBytes: smallFileBytes, files: keepAll,
		})
		mail.title = "a mail service's patterns, files of 99,999 bytes, as multilog makes them unless it is told otherwise"
		return append(cases, mail)
	},
}

var scalings = []scaling{
	{
		name: "patterns", axis: "patterns", title: "%d patterns",
		values: []int{0, 1, 10, 100, 1000}, quick: []int{0, 10, 100},
		job: func(v int) job {
			j := job{}
			for i := range v {
				j.patterns = append(j.patterns, fmt.Sprintf("* zone %d: *", i))
			}
			return j
		},
		mib:   func(v int) int { return max(4, min(16, 4800/(v+1))) },
		nanos: func(v int) float64 { return float64(v * patternNanos) },
	},
	{
		name: "directories", axis: "directories", title: "%d directories",
		values: []int{1, 4, 16}, quick: []int{1, 4},
		job:   func(v int) job { return job{dirs: v} },
		mib:   func(v int) int { return max(4, 32/v) },
		nanos: func(v int) float64 { return float64((v - 1) * lineNanos) },
	},
	{
		name: "line", axis: "bytes in a line", title: "%d-byte lines",
		values: []int{8, 32, 128, 512, 2048, 8192}, quick: []int{16, 256, 2048},
		job:       func(int) job { return job{} },
		lineBytes: func(v int) int { return v },
		mib:       func(v int) int { return min(32, 4+v/8) },
	},
	{
		name: "file", axis: "bytes in a file", title: "files of %d bytes",
		values: []int{65536, 1048576, 16777215}, quick: []int{1048576},
		job: func(v int) job { return job{fileBytes: v} },
		mib: func(v int) int { return max(8, min(32, v>>15)) },
	},
}

// Rounds of a scaling, which has many cases, and what divides its input in
// quick mode.
const (
	scaleRounds = 3
	quickShare  = 2
	// smallFileBytes is what multilog makes files of when it is told nothing.
	smallFileBytes = 99999
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
	nanos := float64(lineNanos)
	if s.nanos != nil {
		nanos += s.nanos(v)
	}
	return testcase{
		name:   fmt.Sprint(s.name, "-", v),
		title:  fmt.Sprintf(s.title, v),
		series: s.axis, axis: s.axis, x: float64(v),
		rounds: rounds, seconds: runTakes(size, length, nanos),
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

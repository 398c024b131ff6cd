package scenario

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"multilog/bench/internal/contender"
	"multilog/bench/internal/race"
)

// A scaling is one thing that grows.
type scaling struct {
	name, axis, title string
	values, quick     []int
	job               func(value int) contender.Job
	lineBytes         func(value int) int     // nil: lineBytes
	mib               func(value int) int     // size of the input
	nanos             func(value int) float64 // that a line takes beyond the usual; nil: none
}

func scalings() []scaling {
	return []scaling{
		{
			name: "patterns", axis: "patterns", title: "%d patterns",
			values: []int{0, 10, 100, 1000}, quick: []int{0, 10, 100},
			job: func(v int) contender.Job {
				j := contender.Job{}
				for i := range v {
					j.Patterns = append(j.Patterns, fmt.Sprintf("* zone %d: *", i))
				}
				return j
			},
			mib:   func(v int) int { return max(4, min(16, 4800/(v+1))) },
			nanos: func(v int) float64 { return float64(v * patternNanos) },
		},
		{
			name: "directories", axis: "directories", title: "%d directories",
			values: []int{1, 4, 16}, quick: []int{1, 4},
			job:   func(v int) contender.Job { return contender.Job{Dirs: v} },
			mib:   func(v int) int { return max(4, 32/v) },
			nanos: func(v int) float64 { return float64((v - 1) * lineNanos) },
		},
		{
			name: "line", axis: "bytes in a line", title: "%d-byte lines",
			values: []int{8, 128, 2048, 8192}, quick: []int{16, 256, 2048},
			job:       func(int) contender.Job { return contender.Job{} },
			lineBytes: func(v int) int { return v },
			mib:       func(v int) int { return min(32, 4+v/8) },
		},
		{
			name: "file", axis: "bytes in a file", title: "files of %d bytes",
			values: []int{65536, 1048576, fileBytes}, quick: []int{1048576},
			job: func(v int) contender.Job { return contender.Job{FileBytes: v} },
			mib: func(v int) int { return max(8, min(32, v>>15)) },
		},
	}
}

// quickShare divides the input of a scaling in a quick run, and defaultFileBytes is
// how large multilog makes files when it is told nothing.
const (
	quickShare       = 2
	defaultFileBytes = 99999
)

func (e env) scale() race.Scenario {
	metrics := throughputMetrics()
	s := race.Scenario{
		Name: "scale", Title: "what growth costs", Baseline: contender.Daemontools, Metrics: slices.Concat(metrics[1:3], metrics[:1]),
		About: "Input through a pipe in 64 KB writes, with t; CPU is that of the whole run from wait4, start and exit included. Patterns deselect lines and none matches, so each line is " +
			"compared with all of them. Every directory gets every line. Small files are rotated often, each with an fsync.",
	}
	for _, growing := range scalings() {
		values := growing.values
		if e.quick {
			values = growing.quick
		}
		for _, v := range values {
			s.Cases = append(s.Cases, e.scalingCase(growing, v))
		}
	}
	mail := mailLoad()
	mail.fileBytes, mail.files = defaultFileBytes, contender.KeepAll
	c := e.feedingCase(feeding{name: "pipe-64k", title: "a pipe in 64 KB writes", chunk: chunkBytes, mib: 16, quick: 8, rounds: fewRounds}, mail)
	c.Name, c.Title = "pipe-64k-mail-small-files", "a mail service's patterns, files of 99,999 bytes, as multilog makes them unless it is told otherwise"
	s.Cases = append(s.Cases, c)
	return s
}

func (e env) scalingCase(s scaling, v int) race.Case {
	size, rounds := s.mib(v)<<20, fewRounds
	if e.quick {
		size, rounds = max(size/quickShare, 1<<20), 1
	}
	length, nanos := lineBytes, float64(lineNanos)
	if s.lineBytes != nil {
		length = s.lineBytes(v)
	}
	if s.nanos != nil {
		nanos += s.nanos(v)
	}
	return race.Case{
		Name: fmt.Sprint(s.name, "-", v), Title: fmt.Sprintf(s.title, v),
		Series: s.axis, Axis: s.axis, X: float64(v),
		Rounds: rounds, Seconds: runTakes(size, length, nanos),
		Run: func(ctx context.Context, c contender.Contender) (race.Sample, error) {
			in, err := e.numbered(length, size)
			if err != nil {
				return nil, err
			}
			j := s.job(v)
			j.Stamp, j.Files, j.FileBytes = true, contender.KeepAll, cmp.Or(j.FileBytes, fileBytes)
			return e.flood(ctx, c, j, in, chunkBytes)
		},
	}
}

package scenario

import (
	"context"
	"fmt"
	"slices"

	"multilog/bench/internal/contender"
	"multilog/bench/internal/race"
)

// defaultFileBytes is the size at which multilog finishes a file unless it is told another.
const defaultFileBytes = 99999

func (e env) scale() race.Scenario {
	metrics := throughputMetrics()
	s := race.Scenario{
		Name: "scale", Title: "what many patterns and small files cost", Baseline: contender.Daemontools, Metrics: slices.Concat(metrics[1:3], metrics[:1]),
		About: "Input through a pipe in 64 KB writes, with t; CPU is that of the whole run from wait4, start and exit included. Patterns deselect lines and none matches, so each line is " +
			"compared with all of them. Small files are rotated often, each with an fsync.",
	}
	counts := []int{0, 10, 100, 1000}
	if e.quick {
		counts = counts[:3]
	}
	for _, n := range counts {
		s.Cases = append(s.Cases, e.patternsCase(n))
	}
	mail := mailLoad()
	mail.fileBytes, mail.files = defaultFileBytes, contender.KeepAll
	c := e.feedingCase(feeding{name: "pipe-64k", title: "a pipe in 64 KB writes", chunk: chunkBytes, mib: 16, quick: 8, rounds: fewRounds}, mail)
	c.Name, c.Title = "pipe-64k-mail-small-files", "a mail service's patterns, files of 99,999 bytes, as multilog makes them unless it is told otherwise"
	s.Cases = append(s.Cases, c)
	return s
}

// patternsCase compares each line with n patterns.
func (e env) patternsCase(n int) race.Case {
	size, rounds := max(4, min(16, 4800/(n+1)))<<20, fewRounds
	if e.quick {
		size, rounds = size/2, 1
	}
	j := contender.Job{Stamp: true, Files: contender.KeepAll, FileBytes: fileBytes}
	for i := range n {
		j.Patterns = append(j.Patterns, fmt.Sprintf("* zone %d: *", i))
	}
	return race.Case{
		Name: fmt.Sprintf("patterns-%d", n), Title: fmt.Sprintf("%d patterns", n),
		Series: "patterns", Axis: "patterns", X: float64(n),
		Rounds: rounds, Seconds: runTakes(size, lineBytes, lineNanos+float64(n*patternNanos)),
		Run: func(ctx context.Context, c contender.Contender) (race.Sample, error) {
			in, err := e.numbered(lineBytes, size)
			if err != nil {
				return nil, err
			}
			return e.flood(ctx, c, j, in, chunkBytes)
		},
	}
}

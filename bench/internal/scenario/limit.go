package scenario

import (
	"os"
	"slices"

	"multilog/bench/internal/contender"
	"multilog/bench/internal/feed"
	"multilog/bench/internal/race"
)

func (e env) limit() race.Scenario {
	s := race.Scenario{
		Name: "limit", Title: "how near to a bare copier", Baseline: feed.PeekCopier, Compare: race.Share, Metrics: throughputMetrics()[:4],
		About: "The copier that peeks does what a logger must do that loses nothing when it is killed, and nothing else: tee the pipe, read the copy, write it to a " +
			"preallocated file, then take the bytes from the pipe. The plain one reads and writes. Neither looks at a byte. Input comes through a pipe in 64 KB writes; " +
			"figures are measured as in throughput.",
		Racers: func(all []contender.Contender) []contender.Contender {
			exe, err := os.Executable()
			if err != nil {
				return all
			}
			return slices.Concat(feed.Copiers(exe), all)
		},
	}
	for _, l := range []load{plainLoad(), stampLoad()} {
		c := e.feedingCase(feedings()[0], l)
		c.Name, c.Title, c.Rounds = l.name, l.title, min(c.Rounds, fewRounds)
		c.Seconds *= 0.7 // copiers are fast
		s.Cases = append(s.Cases, c)
	}
	return s
}

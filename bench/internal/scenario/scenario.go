package scenario

import (
	"multilog/bench/internal/feed"
	"multilog/bench/internal/race"
)

// All returns the scenarios in the order in which they run. If quick is true they have
// fewer and shorter cases. They work in lab, which may be nil if nothing is run.
func All(lab *feed.Lab, quick bool) []race.Scenario {
	e := env{lab, quick}
	return []race.Scenario{
		e.throughput(),
		e.rate(),
		e.stall(),
		e.postfix(),
		e.latency(),
		e.footprint(),
		e.scale(),
		e.limit(),
		e.day(),
		e.ship(),
		e.features(),
	}
}

// env is what all scenarios need.
type env struct {
	*feed.Lab
	quick bool
}

// Rounds of a case: as many as its figures need to be steady.
const (
	fullRounds = 5
	fewRounds  = 3
	fastRounds = 2
)

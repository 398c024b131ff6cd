package race

import (
	"context"

	"multilog/bench/internal/contender"
)

// A Scenario is one question, asked of every contender in several cases.
type Scenario struct {
	Name  string
	Title string
	About string // what is measured and how, for people, in full sentences
	// Metrics in the order of the columns. The first that leads has the charts.
	Metrics []Metric
	// Baseline is the name of the contender with which the others are compared; Compare
	// says how.
	Baseline string
	Compare  Comparison
	Cases    []Case
	// Racers returns the contenders that take part, out of all; nil means all.
	Racers func([]contender.Contender) []contender.Contender
	// Finding, if set, returns a table that answers a question across cases.
	Finding func([]CaseResult) Table
}

// A Comparison is the way in which figures are compared with the baseline's.
type Comparison string

// The comparisons.
const (
	Times Comparison = ""      // by how many times they are better
	Share Comparison = "share" // what part of the baseline's they are
	Gain  Comparison = "gain"  // by how much the baseline is better, since it has something that they lack
)

// A Metric is one number that a run yields.
type Metric struct {
	Key   string `json:"key"`
	Title string `json:"title"`
	Unit  Unit   `json:"unit"`
	Lower bool   `json:"lower,omitempty"` // less is better
	Leads bool   `json:"leads,omitempty"` // has a chart, a spread and ratios
	Of    Of     `json:"of,omitempty"`
}

// Of says which number stands for the samples of all rounds.
type Of string

// What may stand for the rounds.
const (
	Median  Of = ""
	Longest Of = "longest" // the largest: for the worst that was seen
)

// A Case is one input and script, which all contenders get in turn.
type Case struct {
	Name   string // for -run: words and dashes
	Title  string
	Note   string  // what people should know
	Series string  // cases of one series are a line in the chart, over X
	Axis   string  // what X is
	X      float64 // 0 where there is no axis
	Rounds int
	// Seconds is about how long a run takes, with all that is around it, on average
	// over the contenders. It is for the time that is left, and for the limit.
	Seconds float64
	// Prepare, if not nil, sets up what all runs of the case share. It returns a note
	// for people, and a function that undoes it, which may be nil.
	Prepare func(context.Context) (note string, undo func(), err error)
	// Skip, if not nil, returns why a contender does not take part, or "" if it does.
	Skip func(contender.Contender) string
	// Run lets a contender do it once.
	Run func(context.Context, contender.Contender) (Sample, error)
}

// A Sample is what one run yields, by the key of the metric. A number that does not
// apply is absent.
type Sample map[string]float64

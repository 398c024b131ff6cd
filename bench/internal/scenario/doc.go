// Package scenario has the questions that the benchmark answers, one file each.
//
// [All] is the table of them. A scenario is a function that returns a
// [race.Scenario]: a title, what is measured and how, the metrics, and the cases;
// each case has a function that has one contender do it once and returns its
// numbers. What they share is in shared.go: a run behind a pipe, checked
// ([race.Sample] or an error), the costs that wait4 tells, the slow disk.
//
// A new scenario is a file like latency.go and a line in All. A case of a contender
// whose output is not right must return an error, not a number: use package check.
// Everything must be bounded, and must be undone when the context ends.
package scenario

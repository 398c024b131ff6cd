// Package race lets contenders take turns at the cases of a [Scenario] and summarizes
// the results.
//
// A Scenario is one question, asked in several cases. A [Case] is one input and script,
// and a function that lets one contender do it once and returns a [Sample]: a number
// for each [Metric]. Scenarios are data. They know nothing of the race, and the race
// knows nothing of what they measure.
//
// [Race.Run] goes through the cases in rounds. In each round every contender has one
// turn, and each round begins with another contender, so that whatever slows down the
// machine for a while affects all of them. A contender that fails once, or whose output
// is wrong, is out of the case and has no figure in it. Each run is bounded: twice what
// the case expects, and two minutes.
//
// A [Result] has everything that is needed to show it later: metrics, rows, and for
// each figure its samples, its value, and how it compares with the baseline, round by
// round. [Metric.Of] says what the value is: the median of the rounds, or the longest
// of all rounds. Tables and charts show the same.
package race

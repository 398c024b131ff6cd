// Package leap converts between labels that count leap seconds and labels that do not.
//
// A TAI64N label of s6-log is true TAI, which counts leap seconds. A label of multilog
// and svlogd is UTC plus 10 seconds, which does not: see package tai64n. The two differ
// by the number of leap seconds since 1972.
package leap

import (
	"sort"

	"multilog/tai64n"
)

// days are the Unix times at which TAI - UTC, which was 10 s in 1972, grew by one
// second each (IERS Bulletin C). It has not grown since 2017.
var days = []int64{
	78796800, 94694400, 126230400, 157766400, 189302400, 220924800, 252460800, 283996800, 315532800,
	362793600, 394329600, 425865600, 489024000, 567993600, 631152000, 662688000, 709948800, 741484800,
	773020800, 820454400, 867715200, 915148800, 1136073600, 1230768000, 1341100800, 1435708800, 1483228800,
}

// FromTAI returns the label that counts UTC + 10 s for a label in true TAI. A leap
// second becomes the second after it.
func FromTAI(l tai64n.Label) tai64n.Label {
	n := sort.Search(len(days), func(i int) bool {
		return l.Unix() < days[i]+int64(i)
	})
	l.Sec -= uint64(n)
	return l
}

// ToTAI returns the label in true TAI for a label that counts UTC + 10 s.
func ToTAI(l tai64n.Label) tai64n.Label {
	n := sort.Search(len(days), func(i int) bool { return l.Unix() < days[i] })
	l.Sec += uint64(n)
	return l
}

package main

import (
	"sort"

	"multilog/tai64n"
)

// leapDays are the Unix times at which TAI - UTC, 10 s since 1972, grew by a
// second each (IERS Bulletin C). There was none since 2017.
var leapDays = []int64{
	78796800, 94694400, 126230400, 157766400, 189302400, 220924800, 252460800, 283996800, 315532800,
	362793600, 394329600, 425865600, 489024000, 567993600, 631152000, 662688000, 709948800, 741484800,
	773020800, 820454400, 867715200, 915148800, 1136073600, 1230768000, 1341100800, 1435708800, 1483228800,
}

// fromTAI turns a label in true TAI into one that counts UTC + 10 s. A leap second
// itself becomes the second after it.
func fromTAI(l tai64n.Label) tai64n.Label {
	n := sort.Search(len(leapDays), func(i int) bool {
		return l.Unix() < leapDays[i]+int64(i)
	})
	l.Sec -= uint64(n)
	return l
}

// toTAI is the way back.
func toTAI(l tai64n.Label) tai64n.Label {
	n := sort.Search(len(leapDays), func(i int) bool { return l.Unix() < leapDays[i] })
	l.Sec += uint64(n)
	return l
}

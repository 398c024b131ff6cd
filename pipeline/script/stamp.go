package script

import (
	"slices"
	"strings"

	"multilog/tai64n"
)

// Stamp is the kind of time stamp that a script puts in front of each line. Every
// stamp ends with a space.
type Stamp uint8

// The stamps, with an example of each.
const (
	StampNone        Stamp = iota
	StampTAI64N            // @4000000040cebb173743e93c
	StampRFC3339           // 2004-06-15T09:02:05Z
	StampRFC3339Nano       // 2004-06-15T09:02:05.927197500Z
	StampUnix              // 1087290125
	StampUnixMs            // 1087290125927
	StampUnixNs            // 1087290125927197500
	StampAccustamp         // 1087290125.927197, daemontools-encore's T
)

// LabelBytes is the length in bytes of a TAI64N label and the space after it.
const LabelBytes = tai64n.Len + 1

// stamps has, for each stamp, its word, its length in bytes with its space, and what it is.
var stamps = [...]struct {
	word  string
	bytes int
	what  string
}{
	StampTAI64N:      {"t", LabelBytes, "a TAI64N label"},
	StampRFC3339:     {"tRFC3339", 21, "the time in UTC, 2004-06-15T09:02:05Z,"},
	StampRFC3339Nano: {"tRFC3339Nano", 31, "the time in UTC, 2004-06-15T09:02:05.927197500Z,"},
	StampUnix:        {"tUnix", 11, "the seconds since 1970"},
	StampUnixMs:      {"tUnixMs", 14, "the milliseconds since 1970"},
	StampUnixNs:      {"tUnixNs", 20, "the nanoseconds since 1970"},
	StampAccustamp:   {"T", 18, "the seconds since 1970, with six decimals,"},
}

// StampWords returns the words that choose a stamp.
func StampWords() (words []string) {
	for _, s := range stamps[StampTAI64N:] {
		words = append(words, s.word)
	}
	return words
}

// stampOf returns the stamp that the first argument of a script chooses. Anything else
// that begins with t means t.
func stampOf(arg string) Stamp {
	if i := slices.Index(StampWords(), arg); i >= 0 {
		return StampTAI64N + Stamp(i)
	}
	if strings.HasPrefix(arg, "t") {
		return StampTAI64N
	}
	return StampNone
}

// Len returns the length of the stamp in bytes, including its space. It is exact for
// TAI64N at any time, and for the others from 2001 to 2286.
func (s Stamp) Len() int { return stamps[s].bytes }

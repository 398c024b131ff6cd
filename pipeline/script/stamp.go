package script

import (
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

// stampOf returns the stamp that the first argument of a script chooses.
func stampOf(arg string) Stamp {
	switch arg {
	case "tRFC3339":
		return StampRFC3339
	case "tRFC3339Nano":
		return StampRFC3339Nano
	case "tUnix":
		return StampUnix
	case "tUnixMs":
		return StampUnixMs
	case "tUnixNs":
		return StampUnixNs
	case "T":
		return StampAccustamp
	}
	if strings.HasPrefix(arg, "t") {
		return StampTAI64N
	}
	return StampNone
}

// Len returns the length of the stamp in bytes, including its space. It is exact for
// TAI64N at any time, and for the others from 2001 to 2286.
func (s Stamp) Len() int {
	return [...]int{StampNone: 0, StampTAI64N: LabelBytes, StampRFC3339: 21, StampRFC3339Nano: 31,
		StampUnix: 11, StampUnixMs: 14, StampUnixNs: 20, StampAccustamp: 18}[s]
}

// Package localtime turns labels into local time, byte for byte as daemontools'
// tai64nlocal does with the GNU C library, and fast: the calendar is worked out
// once per second, the zone's offset once per span of time in which it stays.
//
// Which local time that is, TZ says, understood as the C library does (tzset(3)):
// the name of a file in the system's zone directory, an absolute path, or a POSIX
// rule; a leading colon is ignored. The time package knows no POSIX rules, no leap
// seconds and fewer years, so zone files are read here.
package localtime

import (
	"math"
	"os"
	"slices"
	"strings"
)

const (
	zoneDir     = "/usr/share/zoneinfo"
	defaultZone = "/etc/localtime"
	emptyZone   = "Universal" // what the C library takes an empty TZ to mean
)

// A Zone knows the offset of local time from UTC at any time. It does not change
// once made, so goroutines may share it.
type Zone struct {
	// Transition i is at unix time transitions[i]; from then on offsets[i] holds.
	transitions []int64
	offsets     []int // seconds east of UTC
	before      int   // the offset before the first transition, or without any

	rules *rules // where not nil, these hold from the last transition on
	leaps []leap // of files that count leap seconds ("right/...")
}

// FromEnv returns the zone that TZ and TZDIR in the environment choose.
func FromEnv() *Zone {
	dir := os.Getenv("TZDIR")
	tz, set := os.LookupEnv("TZ")
	if !set {
		tz = defaultZone
	}
	return New(tz, dir)
}

// New returns the zone of a TZ value, whose files are in dir, or in the system's
// zone directory where dir is empty. What makes no sense is UTC.
func New(tz, dir string) *Zone {
	if tz == "" {
		tz = emptyZone
	}
	tz = strings.TrimPrefix(tz, ":")
	if tz == "" {
		return &Zone{}
	}
	if f, ok := readFile(dir, tz); ok {
		return f.zone()
	}
	if tz == defaultZone {
		return &Zone{}
	}
	r, complete := parseRules(tz)
	if !complete {
		if f, ok := readFile(dir, defaultChanges); ok && len(f.kinds) >= 2 {
			f.adopt(r)
			return f.zone()
		}
	}
	return &Zone{rules: &r}
}

// A span is a range of unix times in which local time runs evenly. An empty one is
// for the time it was asked for alone.
type span struct {
	from, until int64 // until is not in it
	offset      int   // what to add to unix time, in seconds
	leap        int   // what to add to the seconds of the minute then: 1 in a leap second
}

// at returns the span around unix.
func (z *Zone) at(unix int64) span {
	s := z.zoneSpan(unix)
	if len(z.leaps) > 0 {
		s.countLeaps(z.leaps, unix)
	}
	return s
}

func (z *Zone) zoneSpan(unix int64) span {
	n := len(z.transitions)
	if z.rules != nil && (n == 0 || unix >= z.transitions[n-1]) {
		if s, ok := z.rules.at(unix); ok {
			if n > 0 {
				s.from = max(s.from, z.transitions[n-1])
			}
			return s
		}
		// In a year that does not fit, the offset stays, and the span is not to
		// reach back to the years that do.
		s := span{from: unix, until: unix}
		if n > 0 {
			s.offset = z.offsets[n-1]
		}
		return s
	}
	i, found := slices.BinarySearch(z.transitions, unix)
	if found {
		i++
	}
	s := span{from: math.MinInt64, until: math.MaxInt64, offset: z.before}
	if i > 0 {
		s.from, s.offset = z.transitions[i-1], z.offsets[i-1]
	}
	if i < n {
		s.until = z.transitions[i]
	}
	return s
}

// A leap is a leap second: from unix time at on, which counts them in such zones,
// correction seconds have been inserted.
type leap struct {
	at         int64
	correction int
}

func (s *span) countLeaps(leaps []leap, unix int64) {
	i := len(leaps)
	for i > 0 && unix < leaps[i-1].at {
		i--
	}
	if i < len(leaps) {
		s.until = min(s.until, leaps[i].at)
	}
	if i == 0 {
		return
	}
	last := leaps[i-1]
	s.offset -= last.correction
	if unix > last.at {
		s.from = max(s.from, last.at+1)
		return
	}
	// The inserted second itself, or one of several in a row.
	s.from, s.until = unix, unix+1
	for i--; i >= 0; i-- {
		previous := leap{at: math.MinInt64}
		if i > 0 {
			previous = leaps[i-1]
		}
		if leaps[i].correction <= previous.correction {
			return
		}
		s.leap++
		if previous.at != leaps[i].at-1 || previous.correction != leaps[i].correction-1 {
			return
		}
	}
}

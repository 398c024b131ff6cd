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
	emptyZone   = "Universal" // the C library uses this file for an empty TZ
)

// A Zone knows the offset of local time from UTC at any time. It never changes, so
// goroutines may share it.
type Zone struct {
	// Transition i is at unix time transitions[i]; from then on offsets[i] holds.
	transitions []int64
	offsets     []int // seconds east of UTC
	before      int   // the offset before the first transition

	rules *rules // if not nil, they hold from the last transition on
	leaps []leap // in files that count leap seconds ("right/...")

	abbreviations map[string]int // the offsets that they meant last
}

// FromEnv returns the zone that the environment variables TZ and TZDIR choose. Without
// TZ that is the zone of /etc/localtime.
func FromEnv() *Zone {
	dir := os.Getenv("TZDIR")
	tz, set := os.LookupEnv("TZ")
	if !set {
		tz = defaultZone
	}
	return New(tz, dir)
}

// New returns the zone for a value of TZ. It looks for zone files in dir, or in
// /usr/share/zoneinfo if dir is empty. A value that names no file and is no rule means
// UTC.
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
	z := &Zone{rules: &r}
	z.abbreviateRules()
	return z
}

// Abbreviations returns those of the zone's times, such as CET and CEST, with the seconds by which
// they are ahead of UTC. If one has had several meanings, the last one counts. The caller must not
// change the map.
func (z *Zone) Abbreviations() map[string]int { return z.abbreviations }

// abbreviate adds an abbreviation, or gives it another meaning.
func (z *Zone) abbreviate(name string, offset int) {
	if z.abbreviations == nil {
		z.abbreviations = make(map[string]int)
	}
	if name != "" {
		z.abbreviations[name] = offset
	}
}

// abbreviateRules adds the abbreviations of the rules.
func (z *Zone) abbreviateRules() {
	for i, name := range z.rules.names {
		z.abbreviate(name, z.rules.offsets[i])
	}
}

// A span is a range of Unix times that have the same offset. An empty span is valid
// only for the time that at was asked about.
type span struct {
	from, until int64 // from is part of the span, until is not
	offset      int   // seconds to add to Unix time
	leap        int   // to add to the second of the minute: 1 in a leap second
}

// at returns the span that contains unix.
func (z *Zone) at(unix int64) span {
	s := z.zoneSpan(unix)
	if len(z.leaps) > 0 {
		s.countLeaps(z.leaps, unix)
	}
	return s
}

// zoneSpan is at without leap seconds.
func (z *Zone) zoneSpan(unix int64) span {
	n := len(z.transitions)
	if z.rules != nil && (n == 0 || unix >= z.transitions[n-1]) {
		if s, ok := z.rules.at(unix); ok {
			if n > 0 {
				s.from = max(s.from, z.transitions[n-1])
			}
			return s
		}
		// In a year that does not fit, the last offset stays. The span is empty, so
		// that it does not reach back into years that fit.
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

// A leap is a leap second of a zone whose times count them: from time at on,
// correction seconds have been inserted in all.
type leap struct {
	at         int64
	correction int
}

// countLeaps corrects the span that contains unix for leap seconds: it shortens the
// span to where their number stays the same, and sets leap within one.
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
	// unix is an inserted second, perhaps one of several in a row.
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

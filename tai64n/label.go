package tai64n

import (
	"cmp"
	"encoding/binary"
	"math"
	"time"
)

const (
	// Len is the length of a label's text in bytes.
	Len = 25

	// UnixEpoch is the TAI64 second of 1970-01-01 00:00:00 UTC.
	UnixEpoch = 1<<62 + 10

	nanosPerSecond = 1_000_000_000
)

// A Label is an instant with a resolution of one nanosecond. Labels compare with ==
// and Compare.
type Label struct {
	Sec  uint64 // TAI64 second: UnixEpoch plus Unix time
	Nano uint32 // below 1e9 if the label was made from a time; any value if it was parsed
}

// Of returns the label of t. A time outside the range of TAI64, about 10^11 years
// either way, wraps around.
func Of(t time.Time) Label {
	return Label{uint64(t.Unix()) + UnixEpoch, uint32(t.Nanosecond())}
}

// FromUnixNano returns the label of the instant ns nanoseconds after 1970-01-01
// 00:00:00 UTC. A negative ns is an instant before it.
func FromUnixNano(ns int64) Label {
	sec, nano := ns/nanosPerSecond, ns%nanosPerSecond
	if nano < 0 {
		sec--
		nano += nanosPerSecond
	}
	return Label{uint64(sec) + UnixEpoch, uint32(nano)}
}

// Unix returns the label's second as Unix time. Seconds that TAI64 reserves,
// 2^63 and above, may wrap around.
func (l Label) Unix() int64 { return int64(l.Sec - UnixEpoch) }

// UnixNano returns the nanoseconds since 1970-01-01 00:00:00 UTC. It returns
// math.MinInt64 or math.MaxInt64 where an int64 can't hold them: before September
// 1677 and after April 2262.
func (l Label) UnixNano() int64 {
	const lastSec = math.MaxInt64 / nanosPerSecond
	sec, nano := l.Unix(), int64(l.Nano)
	switch {
	case sec > lastSec:
		return math.MaxInt64
	case sec >= 0:
		if ns := sec*nanosPerSecond + nano; ns >= 0 {
			return ns
		}
		return math.MaxInt64
	case sec < -lastSec-6: // a 32-bit nanosecond field adds less than 5 seconds
		return math.MinInt64
	}
	// math.MinInt64 lies inside a second whose start an int64 can't hold, so compute
	// from a later second back to it.
	const detour = 10
	above, back := (sec+detour)*nanosPerSecond, nano-detour*nanosPerSecond
	if above < math.MinInt64-back {
		return math.MinInt64
	}
	return above + back
}

// Time returns the instant in UTC. It carries a nanosecond field of 1e9 or more into
// the seconds.
func (l Label) Time() time.Time { return time.Unix(l.Unix(), int64(l.Nano)).UTC() }

// Compare returns -1 if l is before m, 0 if both are equal, +1 if l is after m. It
// orders labels as their texts sort.
func (l Label) Compare(m Label) int {
	if c := cmp.Compare(l.Sec, m.Sec); c != 0 {
		return c
	}
	return cmp.Compare(l.Nano, m.Nano)
}

// Before reports whether l's text sorts before m's.
func (l Label) Before(m Label) bool {
	return l.Sec < m.Sec || l.Sec == m.Sec && l.Nano < m.Nano
}

// IsZero reports whether l is the zero Label, which no clock reads.
func (l Label) IsZero() bool { return l == Label{} }

// Next returns the label one nanosecond after l, with Nano below 1e9. After a label
// whose Nano is larger that is the start of the next second.
func (l Label) Next() Label {
	if l.Nano >= nanosPerSecond-1 {
		return Label{l.Sec + 1, 0}
	}
	return Label{l.Sec, l.Nano + 1}
}

// Put stores the label's text in dst[:Len]. It panics if dst is shorter.
func (l Label) Put(dst []byte) {
	_ = dst[Len-1]
	dst[0] = '@'
	binary.BigEndian.PutUint64(dst[1:], hexDigits(uint32(l.Sec>>32)))
	binary.BigEndian.PutUint64(dst[9:], hexDigits(uint32(l.Sec)))
	binary.BigEndian.PutUint64(dst[17:], hexDigits(l.Nano))
}

// Append appends the label's text to dst and returns the extended slice.
func (l Label) Append(dst []byte) []byte {
	var text [Len]byte
	l.Put(text[:])
	return append(dst, text[:]...)
}

// String returns the label's text.
func (l Label) String() string {
	var text [Len]byte
	l.Put(text[:])
	return string(text[:])
}

// Parse returns the label at the start of text and ignores what follows it, such as
// the rest of a line or of a file name. ok reports whether text starts with a label.
func Parse(text []byte) (l Label, ok bool) {
	if len(text) < Len || text[0] != '@' {
		return Label{}, false
	}
	high, ok1 := ParseDigits(text[1:])
	low, ok2 := ParseDigits(text[9:])
	nano, ok3 := ParseDigits(text[17:])
	if !(ok1 && ok2 && ok3) {
		return Label{}, false
	}
	return Label{uint64(high)<<32 | uint64(low), nano}, true
}

// ParseDigits returns the number that the eight lower-case hexadecimal digits
// text[:8] spell. ok reports whether they all are such digits. It panics if text is
// shorter.
func ParseDigits(text []byte) (v uint32, ok bool) {
	return hexValue(binary.BigEndian.Uint64(text))
}

// ParseString is Parse for a string.
func ParseString(text string) (l Label, ok bool) {
	if len(text) < Len {
		return Label{}, false
	}
	var b [Len]byte
	copy(b[:], text)
	return Parse(b[:])
}

// Package tai64n formats, parses and orders TAI64N labels: '@' and 24
// lower-case hexadecimal digits, 16 for the second and 8 for the nanosecond.
//
// Format: https://cr.yp.to/libtai/tai64.html. The second counts as daemontools'
// tai64n does (and its multilog, daemontools-encore's and runit's): 2^62 + 10 +
// Unix time, without leap seconds. Labels in true TAI, as s6-log may write them,
// are 27 seconds ahead of these since 2017.
//
// The digits are of fixed length and in order of weight, so labels sort as text
// as they do as times.
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

// A Label is an instant, to the nanosecond. Labels compare with == and Compare.
type Label struct {
	Sec  uint64 // TAI64: seconds since 1970 TAI, plus 2^62
	Nano uint32 // below 1e9 in a label that was made from a time; a parsed one may hold any value
}

// Of returns the label of t. Times beyond the range of TAI64, some 10^11 years
// either way, wrap around.
func Of(t time.Time) Label {
	return Label{uint64(t.Unix()) + UnixEpoch, uint32(t.Nanosecond())}
}

// FromUnixNano returns the label of the instant ns nanoseconds after 1970-01-01
// 00:00:00 UTC, or before it where ns is negative.
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

// UnixNano returns the nanoseconds since 1970-01-01 00:00:00 UTC. Labels of years
// before 1678 or after 2262 yield the least or the greatest int64.
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
	case sec < -lastSec-6: // no 32-bit nanosecond field reaches back from there
		return math.MinInt64
	}
	// The least int64 is within a second whose start is none, so go there from above.
	const detour = 10
	above, back := (sec+detour)*nanosPerSecond, nano-detour*nanosPerSecond
	if above < math.MinInt64-back {
		return math.MinInt64
	}
	return above + back
}

// Time returns the instant in UTC. A nanosecond field of 1e9 or more is carried
// into the seconds.
func (l Label) Time() time.Time { return time.Unix(l.Unix(), int64(l.Nano)).UTC() }

// Compare orders labels as their texts: -1 where l is before m, 0 where both are
// the same, +1 where l is after m.
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

// IsZero reports whether l is the zero Label, which no clock yields.
func (l Label) IsZero() bool { return l == Label{} }

// Next returns the least label of a time that sorts after l: a nanosecond later.
func (l Label) Next() Label {
	if l.Nano >= nanosPerSecond-1 {
		return Label{l.Sec + 1, 0}
	}
	return Label{l.Sec, l.Nano + 1}
}

// Put stores the label's text in dst[:Len].
func (l Label) Put(dst []byte) {
	_ = dst[Len-1]
	dst[0] = '@'
	binary.BigEndian.PutUint64(dst[1:], hexDigits(uint32(l.Sec>>32)))
	binary.BigEndian.PutUint64(dst[9:], hexDigits(uint32(l.Sec)))
	binary.BigEndian.PutUint64(dst[17:], hexDigits(l.Nano))
}

// Append appends the label's text to dst.
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

// Parse returns the label that text begins with; what follows it, as in a line or
// in a file's name, is not looked at. Without a label there, ok is false.
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

// ParseDigits returns the number that text[:8] is in lower-case hexadecimal digits.
// Other bytes among those eight make ok false.
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

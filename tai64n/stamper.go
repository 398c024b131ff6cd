package tai64n

import (
	"encoding/binary"
	"time"
)

// StampLen is the length in bytes of the text that Stamper.Put stores: a label and
// a space.
const StampLen = Len + 1

// A Stamper returns labels that strictly increase, unless the clock is set back by more
// than MaxAhead. Lines that were read at one instant get labels one nanosecond apart.
// While the clock stands still, or is behind by at most MaxAhead, labels advance by one
// nanosecond; once it has passed the last label, they follow it again. If it is further
// behind, they follow it back, because a wrong time on every line is worse than one
// step back.
//
// The zero Stamper is ready for use. It has no lock: one goroutine may use it at a
// time.
type Stamper struct {
	next Label // the label that comes next; Nano may be 1e9, before the carry

	// The first 24 bytes of the label's text, in which the last byte, the second
	// digit from the right, is zero. Valid while next.Nano&0xff != 0.
	first, second, third uint64
}

// MaxAhead is the most by which labels may be ahead of the clock.
const MaxAhead = time.Second

// Advance tells the Stamper the time. The next label is now, or one nanosecond after
// the last label if that is later than now by at most MaxAhead. Advance returns the
// time by which the labels go back, 0 if they do not.
func (s *Stamper) Advance(now Label) (back time.Duration) {
	switch {
	case s.next.Before(now):
	case now.farBefore(s.next):
		back = time.Duration(s.next.UnixNano() - now.UnixNano())
	default:
		return 0
	}
	s.next = now
	s.render()
	return back
}

// farBefore reports whether l is more than MaxAhead before m.
func (l Label) farBefore(m Label) bool {
	const ahead = uint64(MaxAhead / time.Second)
	return m.Sec > l.Sec+ahead || m.Sec == l.Sec+ahead && m.Nano > l.Nano
}

// AdvanceUnixNano is Advance for a clock's nanoseconds since 1970.
func (s *Stamper) AdvanceUnixNano(now int64) (back time.Duration) {
	return s.Advance(FromUnixNano(now))
}

// Peek returns the label that the next call of Take or Put will use.
func (s *Stamper) Peek() Label {
	if s.next.Nano >= nanosPerSecond {
		return Label{s.next.Sec + 1, 0}
	}
	return s.next
}

// Take returns the next label.
func (s *Stamper) Take() Label {
	l := s.Peek()
	s.next = l
	s.render()
	s.next.Nano++
	return l
}

// Put stores the text of the next label and a space in dst[:StampLen]. It panics if
// dst is shorter.
func (s *Stamper) Put(dst []byte) {
	_ = dst[StampLen-1]
	if s.next.Nano&0xff == 0 { // true for 1e9, too, which needs the carry
		s.render()
	}
	nano := s.next.Nano
	s.next.Nano = nano + 1
	binary.LittleEndian.PutUint64(dst, s.first)
	binary.LittleEndian.PutUint64(dst[8:], s.second)
	binary.LittleEndian.PutUint64(dst[16:], s.third|uint64(hexDigit[nano>>4&15])<<56)
	binary.LittleEndian.PutUint16(dst[24:], ' '<<8|uint16(hexDigit[nano&15]))
}

const hexDigit = "0123456789abcdef"

// render carries a full second and prepares the text that the next stamps, at most
// 256 of them, have in common.
func (s *Stamper) render() {
	s.next = s.Peek()
	var text [Len]byte
	s.next.Put(text[:])
	s.first = binary.LittleEndian.Uint64(text[0:])
	s.second = binary.LittleEndian.Uint64(text[8:])
	s.third = binary.LittleEndian.Uint64(text[16:]) &^ (0xff << 56)
}

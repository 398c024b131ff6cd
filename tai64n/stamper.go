package tai64n

import "encoding/binary"

// StampLen is the length in bytes of what a Stamper writes: a label and a space.
const StampLen = Len + 1

// A Stamper hands out labels that strictly increase, whatever the clock does: a
// batch of lines that was read at one instant gets labels one nanosecond apart. A
// clock that stands or is set back is followed again once it has passed the last
// label. The zero Stamper is ready for use; it has no lock.
type Stamper struct {
	next Label // not yet handed out; its nanosecond may be 1e9, the carry is pending

	// The stamp's text but for the last digit of the nanosecond and the space, and
	// without the digit before that one. They hold while next.Nano&0xff != 0.
	first, second, third uint64
}

// Advance says what time it is: the next label is now, or a nanosecond after the
// last one where that is later.
func (s *Stamper) Advance(now Label) {
	if s.next.Before(now) {
		s.next = now
		s.render()
	}
}

// AdvanceUnixNano is Advance for a clock's nanoseconds since 1970.
func (s *Stamper) AdvanceUnixNano(now int64) { s.Advance(FromUnixNano(now)) }

// Peek returns the label that Take or Put will hand out next.
func (s *Stamper) Peek() Label {
	if s.next.Nano >= nanosPerSecond {
		return Label{s.next.Sec + 1, 0}
	}
	return s.next
}

// Take hands out the next label.
func (s *Stamper) Take() Label {
	l := s.Peek()
	s.next = l
	s.render()
	s.next.Nano++
	return l
}

// Put hands out the next label as text: it stores the label and a space in
// dst[:StampLen].
func (s *Stamper) Put(dst []byte) {
	_ = dst[StampLen-1]
	if s.next.Nano&0xff == 0 { // includes 1e9, where the second is carried
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

// render carries a full second and prepares the text that 256 stamps have in common.
func (s *Stamper) render() {
	s.next = s.Peek()
	var text [Len]byte
	s.next.Put(text[:])
	s.first = binary.LittleEndian.Uint64(text[0:])
	s.second = binary.LittleEndian.Uint64(text[8:])
	s.third = binary.LittleEndian.Uint64(text[16:]) &^ (0xff << 56)
}

package main

import (
	"bytes"

	"multilog/tai64n"
	"multilog/tai64n/filter"
	"multilog/tai64n/localtime"
)

// A converter replaces the labels of a stream of lines with local time.
//
// A label is what daemontools' tai64nlocal accepts as one: '@' at the start of a line
// and all the lower-case hexadecimal digits after it, however many. The last eight
// are the nanosecond, the sixteen before them the second, and missing digits count as
// zero. A label that has no date, on which daemontools' crashes, stays as it is.
type converter struct {
	times  *localtime.Formatter
	inLine bool // the next byte continues a line and its label has ended

	// Inside a label longer than filter.HeldBytes, whose first digits are dropped.
	inLabel bool
	soFar   tai64n.Label // the last 24 digits so far
}

// Convert implements filter.Converter. It leaves a label that src may not contain to
// its end.
func (c *converter) Convert(dst, src []byte) (n, used int) {
	for used < len(src) {
		line := src[used:]
		if !c.inLine && (line[0] == '@' || c.inLabel) {
			if len(dst)-n < filter.HeldBytes {
				break
			}
			stored, length, ok := c.label(dst[n:], line)
			if !ok {
				break
			}
			n, used = n+stored, used+length
			if c.inLine = !c.inLabel; c.inLabel {
				break
			}
			line = line[length:]
		}
		if end := bytes.IndexByte(line, '\n') + 1; end > 0 {
			line = line[:end]
		}
		copied := copy(dst[n:], line)
		if copied == 0 {
			break
		}
		n, used = n+copied, used+copied
		c.inLine = line[copied-1] != '\n'
	}
	return n, used
}

// label stores the local time of the label at the start of line in dst, which has
// room for filter.HeldBytes. It returns the number of bytes stored and the number of
// bytes of line used. ok is false if line ends within the label and label used
// nothing. It uses all of a label that is too long to be held.
func (c *converter) label(dst, line []byte) (stored, length int, ok bool) {
	if len(line) > tai64n.Len && !isHexDigit(line[tai64n.Len]) && !c.inLabel {
		if stored = c.times.PutText(dst, line); stored > 0 {
			return stored, tai64n.Len, true
		}
	}
	if !c.inLabel {
		length = len("@")
	}
	l, digits := shift(c.soFar, line[length:])
	length += digits
	if length == len(line) {
		if length <= filter.HeldBytes && !c.inLabel {
			return 0, 0, false
		}
		c.inLabel, c.soFar = true, l
		return 0, length, true
	}
	switch stored = c.times.Put(dst, l); {
	case stored > 0:
	case length <= filter.HeldBytes && !c.inLabel:
		stored = copy(dst, line[:length])
	default: // the first digits are gone; keep the last 24, which count
		l.Put(dst)
		stored = tai64n.Len
	}
	c.inLabel, c.soFar = false, tai64n.Label{}
	return stored, length, true
}

// shift appends the digits at the start of text to those of l, from which the first
// ones drop out. It returns the new label and the number of digits in text.
func shift(l tai64n.Label, text []byte) (tai64n.Label, int) {
	for i, digit := range text {
		if !isHexDigit(digit) {
			return l, i
		}
		value := uint32(digit & 0xf)
		if digit >= 'a' {
			value += 9
		}
		l = tai64n.Label{Sec: l.Sec<<4 | uint64(l.Nano>>28), Nano: l.Nano<<4 | value}
	}
	return l, len(text)
}

func isHexDigit(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' }

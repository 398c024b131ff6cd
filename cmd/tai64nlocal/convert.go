package main

import (
	"bytes"

	"multilog/tai64n"
	"multilog/tai64n/filter"
	"multilog/tai64n/localtime"
)

// A label is what daemontools' tai64nlocal takes for one: a '@' that begins a line
// and the lower-case hexadecimal digits after it, however many. The last eight are
// the nanosecond, the sixteen before them the second; what is missing is zero. Where
// that is no date at all, and daemontools' crashes, the text stays as it is.

// A converter converts the labels of a stream of lines.
type converter struct {
	times  *localtime.Formatter
	inLine bool // the next byte continues a line, after any label

	// Of a label too long to be held, which the next byte may continue.
	inLabel bool
	soFar   tai64n.Label
}

// Convert implements filter.Converter. It leaves over a label that may go on.
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

// label stores the local time of the label that line begins with in dst, which has
// room for filter.HeldBytes, and returns how much it stored and took. ok is false
// where the label may go on; when it has become too long to wait, all there is is
// taken.
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
	default: // its last digits, which decide
		l.Put(dst)
		stored = tai64n.Len
	}
	c.inLabel, c.soFar = false, tai64n.Label{}
	return stored, length, true
}

// shift appends the digits that text begins with to those of a label, whose first
// ones go, and returns how many they were.
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

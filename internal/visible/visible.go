// Package visible shows what might steer a terminal as \xNN: who connects to a
// service decides much of what is in its log, and who owns a directory what the
// files in it are called.
package visible

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Steers reports whether a terminal takes c for a command: C0 without the tab, DEL
// and C1 (ECMA-48).
func Steers(c rune) bool { return c < ' ' && c != '\t' || 0x7f <= c && c <= 0x9f }

// Line returns a log's line with what steers shown as \xNN. Of what is not UTF-8,
// that is a C1 control character as one byte.
func Line(line []byte) []byte {
	if !special(line) {
		return line
	}
	return replace(line, func(c rune, _ bool) bool { return Steers(c) })
}

// replace returns text with \xNN for what odd says is so. What is not UTF-8 comes to
// odd as a character that is one byte, and not whole.
func replace(text []byte, odd func(c rune, whole bool) bool) []byte {
	var shown []byte
	for len(text) > 0 {
		c, size := utf8.DecodeRune(text)
		whole := c != utf8.RuneError || size > 1
		if !whole {
			c = rune(text[0])
		}
		if odd(c, whole) {
			shown = fmt.Appendf(shown, `\x%02x`, c)
		} else {
			shown = append(shown, text[:size]...)
		}
		text = text[size:]
	}
	return shown
}

// special reports whether a line has anything but tabs and printable ASCII.
func special(line []byte) bool {
	for _, b := range line {
		if b != '\t' && (b < ' ' || b >= 0x7f) {
			return true
		}
	}
	return false
}

// Text is Line for names, and for messages with names in them: of one line, and one
// cell of a table.
func Text(text string) string {
	return strings.ReplaceAll(string(Line([]byte(text))), "\t", `\x09`)
}

// UTF8 returns a name with the bytes that are not UTF-8 shown as \xNN, for formats
// that are nothing else.
func UTF8(name string) string {
	return string(replace([]byte(name), func(_ rune, whole bool) bool { return !whole }))
}

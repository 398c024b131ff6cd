// Package visible writes control characters as \xNN, so that a text can't control the
// terminal on which it is shown. Strangers choose much of what a log contains, and other
// users choose the names of their files.
//
// Use Line for the lines of a log, Text for names and messages, and UTF8 for formats
// such as JSON, which escape control characters themselves but must be UTF-8.
package visible

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Steers reports whether c is a control character that a terminal may obey: C0 except
// the tab, DEL, or C1 (ECMA-48).
func Steers(c rune) bool { return c < ' ' && c != '\t' || 0x7f <= c && c <= 0x9f }

// Line returns a line of a log with control characters as \xNN. It treats a byte that
// is not part of valid UTF-8 as the character of that number, so it also replaces C1
// control characters of one byte. It returns line itself if that needs no change.
func Line(line []byte) []byte {
	if !special(line) {
		return line
	}
	return replace(line, func(c rune, _ bool) bool { return Steers(c) })
}

// replace returns text with \xNN for each character for which odd returns true. For a
// byte that is not part of valid UTF-8, it calls odd with that byte and valid false.
func replace(text []byte, odd func(c rune, valid bool) bool) []byte {
	var shown []byte
	for len(text) > 0 {
		c, size := utf8.DecodeRune(text)
		valid := c != utf8.RuneError || size > 1
		if !valid {
			c = rune(text[0])
		}
		if odd(c, valid) {
			shown = fmt.Appendf(shown, `\x%02x`, c)
		} else {
			shown = append(shown, text[:size]...)
		}
		text = text[size:]
	}
	return shown
}

// special reports whether a line contains anything but tabs and printable ASCII.
func special(line []byte) bool {
	for _, b := range line {
		if b != '\t' && (b < ' ' || b >= 0x7f) {
			return true
		}
	}
	return false
}

// Text is Line for names and for messages with names in them. It also replaces tabs, so
// the result fits into one cell of a table.
func Text(text string) string {
	return strings.ReplaceAll(string(Line([]byte(text))), "\t", `\x09`)
}

// UTF8 returns a name with \xNN for each byte that is not part of valid UTF-8.
func UTF8(name string) string {
	return string(replace([]byte(name), func(_ rune, valid bool) bool { return !valid }))
}

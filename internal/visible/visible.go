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
	var text []byte
	for len(line) > 0 {
		c, size := utf8.DecodeRune(line)
		if c == utf8.RuneError && size == 1 {
			c = rune(line[0])
		}
		if Steers(c) {
			text = fmt.Appendf(text, `\x%02x`, c)
		} else {
			text = append(text, line[:size]...)
		}
		line = line[size:]
	}
	return text
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

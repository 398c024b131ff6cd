package render

import (
	"unicode/utf8"

	"multilog/internal/visible"
)

// A Log tells where lines are from. What is not known is empty.
type Log struct {
	Name string // short; the formats that print text show it
	Dir  string // the log directory, or its URL
	Host string // the machine whose log it is
	Log  string // the name of the log, as a rule that of a service
}

// maxPadding is the width to which names are padded. Longer ones are shown as they are.
const maxPadding = 24

// nameColors are the colors of names, one log after another. Times are green, and matches red.
var nameColors = []string{"\x1b[36m", "\x1b[33m", "\x1b[35m", "\x1b[34m", "\x1b[96m", "\x1b[93m", "\x1b[95m", "\x1b[94m"}

// nameOf returns what stands before the text of each line of a log: its name, padded to the
// width of the longest.
func nameOf(s *Style, log int) []byte {
	if !s.Names {
		return nil
	}
	width := 0
	for _, l := range s.Logs {
		if n := utf8.RuneCountInString(visible.Text(l.Name)); n <= maxPadding {
			width = max(width, n)
		}
	}
	name := visible.Text(s.Logs[log].Name)
	var dst []byte
	if s.Color {
		dst = append(append(append(dst, nameColors[log%len(nameColors)]...), name...), colorOff...)
	} else {
		dst = append(dst, name...)
	}
	dst = append(dst, ':')
	for n := utf8.RuneCountInString(name); n <= width; n++ {
		dst = append(dst, ' ')
	}
	if dst[len(dst)-1] == ':' {
		dst = append(dst, ' ')
	}
	return dst
}

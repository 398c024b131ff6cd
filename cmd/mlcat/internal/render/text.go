package render

import (
	"multilog/cmd/mlcat/internal/leap"
	"multilog/cmd/mlcat/internal/pattern"
	"multilog/internal/logdir"
	"multilog/tai64n"
	"multilog/tai64n/localtime"
)

// The formats that print lines as text differ in what they print in place of a label:
// local time, UTC, the label itself, or nothing.

func newLocal(s *Style) formatter { return newText(s, clock{localtime.NewFormatter(s.Zone), s.TAI}) }

func newUTC(s *Style) formatter {
	return newText(s, clock{localtime.NewFormatter(localtime.New("UTC0", "")), s.TAI})
}

func newLogged(s *Style) formatter {
	if s.Color {
		return newText(s, sameLabel{})
	}
	return logged{}
}

func newCat(s *Style) formatter { return newText(s, nil) }

// A labeller prints labels.
type labeller interface {
	// appendLabel appends what is printed in place of the label at the start of line.
	appendLabel(dst, line []byte, label tai64n.Label) []byte
}

// newText returns a formatter that prints text with those labels, or with none.
func newText(s *Style, l labeller) formatter {
	if !s.Color {
		return &text{l}
	}
	c := &colored{labels: l}
	if !s.Invert {
		c.pattern = s.Pattern
	}
	return c
}

// logged is the format that changes nothing.
type logged struct{}

func (logged) appendLine(dst, line []byte, _ tai64n.Label, _ bool) []byte {
	return append(dst, line...)
}

// text is a format without colors.
type text struct{ labels labeller } // nil prints no label, and no space behind it

func (t *text) appendLine(dst, line []byte, label tai64n.Label, labelled bool) []byte {
	switch {
	case !labelled:
		return append(dst, line...)
	case t.labels == nil:
		return append(dst, line[logdir.LineHead(line):]...)
	}
	return append(t.labels.appendLabel(dst, line, label), line[tai64n.Len:]...)
}

// sameLabel prints labels as they were logged.
type sameLabel struct{}

func (sameLabel) appendLabel(dst, line []byte, _ tai64n.Label) []byte {
	return append(dst, line[:tai64n.Len]...)
}

// clock prints labels as times of its zone.
type clock struct {
	*localtime.Formatter
	tai bool // labels count leap seconds
}

// appendLabel appends the time or, beyond the end of the calendar, the label as it was
// logged. It makes room for the rest of the line, too.
func (c clock) appendLabel(dst, line []byte, label tai64n.Label) []byte {
	if c.tai {
		label = leap.FromTAI(label)
	}
	n := len(dst)
	if cap(dst)-n < localtime.MaxLen+len(line) {
		dst = append(dst, make([]byte, localtime.MaxLen+len(line))...)[:n]
	}
	if size := c.Put(dst[n:n+localtime.MaxLen], label); size > 0 {
		return dst[:n+size]
	}
	return append(dst, line[:tai64n.Len]...)
}

// The colors of grep and journalctl.
const (
	colorTime  = "\x1b[32m"
	colorMatch = "\x1b[1;31m"
	colorOff   = "\x1b[0m"
)

// colored is a format with colors.
type colored struct {
	labels  labeller         // nil prints no label, and no space behind it
	pattern *pattern.Pattern // its matches are colored; nil colors none
}

func (c *colored) appendLine(dst, line []byte, label tai64n.Label, labelled bool) []byte {
	text := line[logdir.LineHead(line):]
	if labelled && c.labels != nil {
		dst = append(dst, colorTime...)
		dst = c.labels.appendLabel(dst, line, label)
		dst = append(dst, colorOff...)
		dst = append(dst, line[tai64n.Len:len(line)-len(text)]...)
	}
	if c.pattern == nil {
		return append(dst, text...)
	}
	from := 0
	for _, place := range c.pattern.Find(text) {
		if place[0] == place[1] {
			continue
		}
		dst = append(append(dst, text[from:place[0]]...), colorMatch...)
		dst = append(append(dst, text[place[0]:place[1]]...), colorOff...)
		from = place[1]
	}
	return append(dst, text[from:]...)
}

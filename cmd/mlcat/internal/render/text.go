package render

import (
	"bytes"
	"strconv"
	"time"

	"multilog/cmd/mlcat/internal/leap"
	"multilog/cmd/mlcat/internal/pattern"
	"multilog/internal/logdir"
	"multilog/tai64n"
	"multilog/tai64n/localtime"
)

// The formats that print lines as text differ in what they print in place of a label:
// local time, UTC, the label itself, or nothing.

func newLocal(s *Style) formatter { return newText(s, newClock(s)) }

func newUTC(s *Style) formatter {
	return newText(s, clock{localtime.NewFormatter(localtime.New("UTC0", "")), s.TAI})
}

func newLogged(s *Style) formatter {
	if s.Color || s.Names {
		return newText(s, sameLabel{})
	}
	return logged{}
}

func newISO(s *Style) formatter { return newText(s, &iso{zone: s.Zone, clock: newClock(s)}) }

func newUnix(s *Style) formatter { return newText(s, unix{s.TAI}) }

func newClock(s *Style) clock { return clock{localtime.NewFormatter(s.Zone), s.TAI} }

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

func (logged) appendLine(dst, line []byte, _ tai64n.Label, _ bool, _ []byte) []byte {
	return append(dst, line...)
}

// text is a format without colors.
type text struct{ labels labeller } // nil prints no label, and no space behind it

func (t *text) appendLine(dst, line []byte, label tai64n.Label, labelled bool, origin []byte) []byte {
	switch {
	case !labelled:
		return append(append(dst, origin...), line...)
	case t.labels == nil:
		return append(append(dst, origin...), line[logdir.LineHead(line):]...)
	case len(origin) > 0:
		dst = append(append(t.labels.appendLabel(dst, line, label), ' '), origin...)
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

// iso prints labels as times of its zone, with the offset from UTC.
type iso struct {
	zone *localtime.Zone
	clock
	sec    int64  // the second for which offset holds
	offset []byte // as in +01:00; empty before the first label
}

func (i *iso) appendLabel(dst, line []byte, label tai64n.Label) []byte {
	n := len(dst)
	dst = i.clock.appendLabel(dst, line, label)
	if i.tai {
		label = leap.FromTAI(label)
	}
	if at := bytes.IndexByte(dst[n:], ' '); at >= 0 {
		dst[n+at] = 'T'
	} else { // beyond the end of the calendar
		return dst
	}
	if sec := label.Unix(); sec != i.sec || len(i.offset) == 0 {
		i.sec = sec
		i.offset = time.Unix(0, 0).In(time.FixedZone("", i.zone.Offset(sec))).AppendFormat(i.offset[:0], "-07:00")
	}
	return append(dst, i.offset...)
}

// unix prints labels as Unix times with nine digits behind the dot.
type unix struct {
	tai bool // labels count leap seconds
}

func (u unix) appendLabel(dst, _ []byte, label tai64n.Label) []byte {
	if u.tai {
		label = leap.FromTAI(label)
	}
	dst = strconv.AppendInt(dst, label.Unix(), 10)
	dst = append(dst, '.')
	return append(dst, strconv.FormatUint(1_000_000_000+uint64(label.Nano), 10)[1:]...)
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

func (c *colored) appendLine(dst, line []byte, label tai64n.Label, labelled bool, origin []byte) []byte {
	text := line[logdir.LineHead(line):]
	if labelled && c.labels != nil {
		dst = append(dst, colorTime...)
		dst = c.labels.appendLabel(dst, line, label)
		dst = append(dst, colorOff...)
		if len(origin) > 0 {
			dst = append(dst, ' ')
		} else {
			dst = append(dst, line[tai64n.Len:len(line)-len(text)]...)
		}
	}
	dst = append(dst, origin...)
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

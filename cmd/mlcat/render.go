package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"multilog/cmd/mlcat/internal/pattern"
	"multilog/internal/hugepage"
	"multilog/internal/logdir"
	"multilog/internal/visible"
	"multilog/tai64n"
	"multilog/tai64n/localtime"
)

// style is how lines are chosen and shown. It does not change, and is shared.
type style struct {
	output  output
	tai     bool
	color   bool
	zone    *localtime.Zone
	pattern *pattern.Pattern // nil: all lines
	invert  bool
	escape  bool // control characters become visible
	marks   bool // note where each shown line ends, and its label
}

// renderer shows lines. It is for one goroutine.
type renderer struct {
	*style
	clock  *localtime.Formatter
	search *pattern.Searcher
}

func newRenderer(s *style) *renderer {
	r := &renderer{style: s, clock: localtime.NewFormatter(s.zone)}
	if s.pattern != nil {
		r.search = s.pattern.NewSearcher(logdir.LineHead)
	}
	return r
}

// mark is the end of a shown line in a piece's text. A line without a label has
// that of the line before it; while that is not known, known is false.
type mark struct {
	label tai64n.Label
	known bool
	end   int
}

// shown is lines as they are shown.
type shown struct {
	text  []byte
	marks []mark
	count int

	// last is the label of the last labelled line that was looked at.
	last  tai64n.Label
	known bool
}

func (s *shown) reset() {
	s.text, s.marks, s.count, s.known = s.text[:0], s.marks[:0], 0, false
}

// grow makes room for n more bytes.
func (s *shown) grow(n int) {
	if cap(s.text) == 0 {
		s.text = hugepage.Alloc(n)[:0]
	}
	s.text = slices.Grow(s.text, n)
}

// lines shows those of lines, each with its newline, that are chosen.
func (r *renderer) lines(dst *shown, lines []byte) {
	if r.search == nil {
		dst.grow(len(lines) + len(lines)/8)
		r.all(dst, lines)
	} else {
		r.matching(dst, lines)
	}
	if !r.marks {
		return
	}
	if label, ok := logdir.LastLabel(lines); ok {
		dst.last, dst.known = label, true
	}
}

func (r *renderer) all(dst *shown, lines []byte) {
	for len(lines) > 0 {
		end := bytes.IndexByte(lines, '\n')
		r.show(dst, lines[:end])
		lines = lines[end+1:]
	}
}

func (r *renderer) matching(dst *shown, lines []byte) {
	r.search.Start(lines)
	before := mark{label: dst.last, known: dst.known} // what holds at from
	for from := 0; from < len(lines); {
		start, end, ok := r.search.Next(lines, from)
		if !ok {
			start, end = len(lines), len(lines)
		}
		if r.marks {
			if label, ok := logdir.LastLabel(lines[from:start]); ok {
				before = mark{label: label, known: true}
			}
		}
		switch {
		case r.invert:
			r.all(dst, lines[from:start])
		case ok:
			r.show(dst, lines[start:end])
			if label, labelled := tai64n.Parse(lines[start:end]); labelled {
				before = mark{label: label, known: true}
			} else if r.marks {
				m := &dst.marks[len(dst.marks)-1]
				m.label, m.known = before.label, before.known
			}
		}
		from = end + 1
	}
}

// show shows one line, which is given without its newline.
func (r *renderer) show(dst *shown, line []byte) {
	if r.escape {
		line = visible.Line(line)
	}
	label, ok := tai64n.Parse(line)
	dst.text = append(r.appendLine(dst.text, line, label, ok), '\n')
	dst.count++
	if !r.marks {
		return
	}
	m := mark{label, ok, len(dst.text)}
	if n := len(dst.marks); !ok && n > 0 {
		m.label, m.known = dst.marks[n-1].label, dst.marks[n-1].known
	}
	dst.marks = append(dst.marks, m)
}

func (r *renderer) appendLine(dst, line []byte, label tai64n.Label, labelled bool) []byte {
	switch {
	case r.output == outJSON:
		return r.appendJSON(dst, line, label, labelled)
	case r.color:
		return r.appendColored(dst, line, label, labelled)
	case !labelled || r.output == outTAI:
		return append(dst, line...)
	case r.output == outCat:
		return append(dst, line[logdir.LineHead(line):]...)
	}
	return append(r.appendTime(dst, line, label), line[tai64n.Len:]...)
}

// appendTime appends the time that label says or, where the calendar ends, the
// label as it stands in line.
func (r *renderer) appendTime(dst, line []byte, label tai64n.Label) []byte {
	if r.tai {
		label = fromTAI(label)
	}
	n := len(dst)
	if cap(dst)-n < localtime.MaxLen+len(line) {
		dst = append(dst, make([]byte, localtime.MaxLen+len(line))...)[:n]
	}
	if size := r.clock.Put(dst[n:n+localtime.MaxLen], label); size > 0 {
		return dst[:n+size]
	}
	return append(dst, line[:tai64n.Len]...)
}

// The colours of grep and journalctl.
const (
	colorTime  = "\x1b[32m"
	colorMatch = "\x1b[1;31m"
	colorOff   = "\x1b[0m"
)

func (r *renderer) appendColored(dst, line []byte, label tai64n.Label, labelled bool) []byte {
	text := line[logdir.LineHead(line):]
	if labelled && r.output != outCat {
		dst = append(dst, colorTime...)
		if r.output == outTAI {
			dst = append(dst, line[:tai64n.Len]...)
		} else {
			dst = r.appendTime(dst, line, label)
		}
		dst = append(dst, colorOff...)
		dst = append(dst, line[tai64n.Len:len(line)-len(text)]...)
	}
	if r.pattern != nil && !r.invert {
		from := 0
		for _, place := range r.pattern.Find(text) {
			if place[0] == place[1] {
				continue
			}
			dst = append(append(dst, text[from:place[0]]...), colorMatch...)
			dst = append(append(dst, text[place[0]:place[1]]...), colorOff...)
			from = place[1]
		}
		text = text[from:]
	}
	return append(dst, text...)
}

// appendJSON appends {"time":...,"label":...,"line":...}; what a line without a
// label does not have is left out. Bytes that are not UTF-8 become U+FFFD.
func (r *renderer) appendJSON(dst, line []byte, label tai64n.Label, labelled bool) []byte {
	dst = append(dst, '{')
	if labelled {
		utc := label
		if r.tai {
			utc = fromTAI(label)
		}
		dst = append(dst, `"time":"`...)
		dst = utc.Time().AppendFormat(dst, time.RFC3339Nano)
		dst = append(dst, `","label":"`...)
		dst = append(dst, line[:tai64n.Len]...)
		dst = append(dst, `",`...)
	}
	dst = append(dst, `"line":`...)
	return append(appendString(dst, line[logdir.LineHead(line):]), '}')
}

// appendString appends text as a JSON string, in which nothing steers a terminal.
func appendString(dst, text []byte) []byte {
	for _, b := range text {
		if b < ' ' || b == '"' || b == '\\' || b >= 0x7f {
			return appendQuoted(dst, string(text))
		}
	}
	dst = append(dst, '"')
	dst = append(dst, text...)
	return append(dst, '"')
}

// appendQuoted is appendString for text with characters to escape. DEL and C1,
// which JSON allows as they are, encoding/json does not escape.
func appendQuoted(dst []byte, text string) []byte {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string is always good
	}
	for _, c := range string(quoted) {
		if visible.Steers(c) {
			dst = fmt.Appendf(dst, `\u%04x`, c)
		} else {
			dst = utf8.AppendRune(dst, c)
		}
	}
	return dst
}

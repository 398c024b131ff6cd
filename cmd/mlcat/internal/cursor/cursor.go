package cursor

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"multilog/internal/logdir"
	"multilog/tai64n"
)

// A Cursor says how far each of several logs was read.
type Cursor []Mark

// A Mark says how far one log was read. The zero Mark is before the first line.
type Mark struct {
	label tai64n.Label
	count int // the lines with label that were read
	extra int // the lines without a label that were read after those

	where where // of the zero value it is not known
}

// where says how far a file was read.
type where struct {
	after string // the label of the old file before it
	id    string // its identity, "" if nothing is known
	off   int64  // bytes
}

func (w where) String() string { return fmt.Sprintf("/%s+%s+%d", w.after, w.id, w.off) }

// byPlace reports whether m is of a log without labels.
func (m Mark) byPlace() bool { return m.label.IsZero() && m.where.id != "" }

// String returns the mark's text.
func (m Mark) String() string {
	switch {
	case m == Mark{}:
		return "-"
	case m.byPlace():
		return m.where.String()
	case m.where.id == "":
		return fmt.Sprintf("%v+%d+%d", m.label, m.count, m.extra)
	}
	return fmt.Sprintf("%v+%d+%d%v", m.label, m.count, m.extra, m.where)
}

// String returns the cursor's text.
func (c Cursor) String() string {
	texts := make([]string, len(c))
	for i, m := range c {
		texts[i] = m.String()
	}
	return strings.Join(texts, ",")
}

// Parse returns the cursor that text denotes, for that many logs. The error quotes text.
func Parse(text string, logs int) (Cursor, error) {
	var c Cursor
	for part := range strings.SplitSeq(strings.TrimSpace(text), ",") {
		m, err := parseMark(part)
		if err != nil {
			return nil, fmt.Errorf("unable to use cursor %q: %w", text, err)
		}
		c = append(c, m)
	}
	if len(c) == 1 && logs > 1 && !c[0].byPlace() {
		c[0].where = where{} // it is of one log only
		for len(c) < logs {
			c = append(c, c[0])
		}
	}
	if len(c) != logs {
		return nil, fmt.Errorf("unable to use cursor %q: it covers %d logs, but %d were given", text, len(c), logs)
	}
	return c, nil
}

var errSyntax = errors.New("not a cursor that mlcat has shown, and no label")

func parseMark(text string) (Mark, error) {
	if text == "-" {
		return Mark{}, nil
	}
	text, place, placed := strings.Cut(text, "/")
	var m Mark
	if placed {
		var err error
		if m.where, err = parseWhere(place); err != nil || text == "" {
			return m, err
		}
	}
	label, ok := tai64n.ParseString(text)
	if !ok {
		return Mark{}, errSyntax
	}
	m.label, m.count = label, 1
	if rest := text[tai64n.Len:]; rest != "" {
		if n, err := fmt.Sscanf(rest, "+%d+%d", &m.count, &m.extra); n != 2 || err != nil || m.count < 1 || m.extra < 0 {
			return Mark{}, errSyntax
		}
	}
	return m, nil
}

// parseWhere returns what text denotes, which is what where.String returns without its
// first byte.
func parseWhere(text string) (where, error) {
	parts := strings.Split(text, "+")
	if len(parts) != 3 || parts[0] != "" && !logdir.IsOld(parts[0]) {
		return where{}, errSyntax
	}
	off, err := strconv.ParseInt(parts[2], 10, 64)
	if parts[1] == "" || err != nil || off < 0 {
		return where{}, errSyntax
	}
	return where{after: parts[0], id: parts[1], off: off}, nil
}

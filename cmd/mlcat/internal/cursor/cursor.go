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

	// Of a log without labels:
	byPlace bool
	after   string // the label of the old file before the file that was read last
	id      string // of the file that was read last
	off     int64  // bytes of that file
}

// String returns the mark's text.
func (m Mark) String() string {
	switch {
	case m.byPlace:
		return fmt.Sprintf("/%s+%s+%d", m.after, m.id, m.off)
	case m.label.IsZero():
		return "-"
	}
	return fmt.Sprintf("%v+%d+%d", m.label, m.count, m.extra)
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
	if len(c) == 1 && !c[0].byPlace {
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
	if place, ok := strings.CutPrefix(text, "/"); ok {
		parts := strings.Split(place, "+")
		if len(parts) != 3 || parts[0] != "" && !logdir.IsOld(parts[0]) {
			return Mark{}, errSyntax
		}
		off, err := strconv.ParseInt(parts[2], 10, 64)
		if parts[1] == "" || err != nil || off < 0 {
			return Mark{}, errSyntax
		}
		return Mark{byPlace: true, after: parts[0], id: parts[1], off: off}, nil
	}
	label, ok := tai64n.ParseString(text)
	if !ok {
		return Mark{}, errSyntax
	}
	m := Mark{label: label, count: 1}
	if rest := text[tai64n.Len:]; rest != "" {
		if n, err := fmt.Sscanf(rest, "+%d+%d", &m.count, &m.extra); n != 2 || err != nil || m.count < 1 || m.extra < 0 {
			return Mark{}, errSyntax
		}
	}
	return m, nil
}

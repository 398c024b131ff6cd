package render

import (
	"bytes"

	"multilog/internal/logdir"
)

// filter renders the lines that the patterns select. A line without a label belongs to
// the labelled line before it, which may be one that is left out.
func (r *Renderer) filter(dst *Lines, lines []byte) {
	r.search.Start(lines)
	before := dst.Last // the label that holds at from
	for from := 0; from < len(lines); {
		start, end, ok := r.search.Next(lines, from)
		if !ok {
			start, end = len(lines), len(lines)
		}
		if r.marks {
			if label, ok := logdir.LastLabel(lines[from:start]); ok {
				before = Mark{Label: label, Known: true}
			}
		}
		switch {
		case r.invert:
			r.all(dst, lines[from:start])
		case ok && (r.exclude == nil || !r.exclude.MatchLine(lines[start:end])):
			r.belonging(dst, lines[start:end], &before)
		}
		from = end + 1
	}
}

// belonging renders one line. If it has no label, it belongs to before, which belonging sets to
// the line's label if it has one.
func (r *Renderer) belonging(dst *Lines, line []byte, before *Mark) {
	r.line(dst, line)
	if label, labelled := logdir.Label(line); labelled {
		*before = Mark{Label: label, Known: true}
	} else if r.marks {
		m := &dst.Marks[len(dst.Marks)-1]
		m.Label, m.Known = before.Label, before.Known
	}
}

// selects reports whether a line is selected, in any Style that has patterns.
func (r *Renderer) selects(line []byte) bool {
	return r.search.MatchLine(line) != r.invert && (r.exclude == nil || !r.exclude.MatchLine(line))
}

// nextSelected returns the first selected line that begins at or after from, as
// [pattern.Searcher.Next] does.
func (r *Renderer) nextSelected(lines []byte, from int) (start, end int, ok bool) {
	for from < len(lines) {
		start, end = from, from+bytes.IndexByte(lines[from:], '\n')
		if !r.invert {
			if start, end, ok = r.search.Next(lines, from); !ok {
				return 0, 0, false
			}
		}
		if r.selects(lines[start:end]) {
			return start, end, true
		}
		from = end + 1
	}
	return 0, 0, false
}

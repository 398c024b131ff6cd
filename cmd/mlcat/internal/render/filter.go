package render

import (
	"multilog/internal/logdir"
	"multilog/tai64n"
)

// filter renders the lines that the pattern selects. A line without a label belongs to
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
		case ok:
			r.line(dst, lines[start:end])
			if label, labelled := tai64n.Parse(lines[start:end]); labelled {
				before = Mark{Label: label, Known: true}
			} else if r.marks {
				m := &dst.Marks[len(dst.Marks)-1]
				m.Label, m.Known = before.Label, before.Known
			}
		}
		from = end + 1
	}
}

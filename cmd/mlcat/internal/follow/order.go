package follow

import (
	"bytes"
	"slices"

	"multilog/cmd/mlcat/internal/engine"
)

// An order puts what waits of several logs in the order of the labels.
type order struct {
	limit *engine.Limit // nil if there is none
	heads []*head       // one for each part that may have more
	runs  []run
	text  []byte // of the runs
}

// A head is how far the lines of a part are in order.
type head struct {
	*part
	rank  int // the number of the part
	at    int // the chunk
	given int // its lines
	due   int // chunks that must be printed
}

// A run is lines of a chunk, without a line of another log in between. There is also one
// for each chunk without lines.
type run struct {
	chunk *chunk
	from  int // the number of the first line
	text  []byte
	lines int
}

// within returns how many lines of the run are in its first n bytes.
func (r run) within(n int) int {
	marks := r.chunk.lines.Marks
	if len(marks) == 0 {
		return bytes.Count(r.text[:n], []byte("\n"))
	}
	lines := 0
	for start := r.chunk.lines.Start(r.from); lines < r.lines && marks[r.from+lines].End <= start+n; {
		lines++
	}
	return lines
}

// collect puts lines in order, up to the last one that is due.
func (o *order) collect() {
	for {
		due := false
		var first *head
		for _, h := range o.heads {
			o.skip(h)
			due = due || h.at < h.due
			if h.at < len(h.chunks) && (first == nil || h.before(first)) {
				first = h
			}
		}
		switch {
		case !due:
			return
		case o.limit != nil && !o.limit.Take(first.rank, &first.chunks[first.at].lines.Marks[first.given]):
			o.heads = slices.DeleteFunc(o.heads, func(h *head) bool { return h == first })
		default:
			o.give(first)
		}
	}
}

// skip moves h to the next chunk that has lines left.
func (o *order) skip(h *head) {
	for ; h.at < len(h.chunks) && h.given == h.chunks[h.at].lines.Count; h.at, h.given = h.at+1, 0 {
		if c := h.chunks[h.at]; c.lines.Count == 0 {
			o.runs = append(o.runs, run{chunk: c})
		}
	}
}

// give adds the next lines of h: those before the next line of any other log, or with a
// limit one.
func (o *order) give(h *head) {
	l, from := &h.chunks[h.at].lines, h.given
	text := l.Text
	if len(l.Marks) == 0 { // there is one log
		h.given = l.Count
	} else {
		for h.given++; h.given < l.Count && o.limit == nil && o.isFirst(h); {
			h.given++
		}
		text = text[l.Start(from):l.Marks[h.given-1].End]
	}
	o.text = append(o.text, text...)
	o.runs = append(o.runs, run{h.chunks[h.at], from, text, h.given - from})
}

// isFirst reports whether the next line of h comes before those of all other logs.
func (o *order) isFirst(h *head) bool {
	for _, other := range o.heads {
		if other != h && other.at < len(other.chunks) && other.before(h) {
			return false
		}
	}
	return true
}

// before reports whether h's next line comes before other's. Both have one. Of lines with
// equal labels, that of the earlier log comes first.
func (h *head) before(other *head) bool {
	c := h.chunks[h.at].lines.Marks[h.given].Label.Compare(other.chunks[other.at].lines.Marks[other.given].Label)
	return c < 0 || c == 0 && h.rank < other.rank
}

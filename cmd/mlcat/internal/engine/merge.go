package engine

import (
	"slices"

	"multilog/cmd/mlcat/internal/render"
)

// A Stream gives the lines of one log, in their order or in reverse.
type Stream interface {
	// Next returns more lines, each part of them in the log's order, also in reverse. It
	// returns nil at the end, and never a part without lines. What it returns is valid
	// until the next call.
	Next() *render.Lines
}

// A Merge takes lines from several streams in the order of their labels. Of lines with
// equal labels it takes those of the earlier stream first. The lines must have marks.
type Merge struct {
	heads   []*head // of the streams that have lines left
	reverse bool    // the latest lines first
}

// A head is the next lines of a stream.
type head struct {
	stream Stream
	lines  *render.Lines
	at     int // the next line
	rank   int // the number of the stream
}

// NewMerge returns a Merge of streams that give their lines in order or, if reverse is
// set, in reverse.
func NewMerge(streams []Stream, reverse bool) *Merge {
	m := &Merge{reverse: reverse}
	for i, s := range streams {
		m.heads = append(m.heads, &head{stream: s, rank: i})
	}
	return m
}

// advance fetches more lines if none are left, and reports whether there are any.
func (h *head) advance(reverse bool) bool {
	for h.lines == nil || h.at < 0 || h.at >= len(h.lines.Marks) {
		if h.lines = h.stream.Next(); h.lines == nil {
			return false
		}
		h.at = 0
		if reverse {
			h.at = len(h.lines.Marks) - 1
		}
	}
	return true
}

// before reports whether h's next line comes before other's.
func (h *head) before(other *head, reverse bool) bool {
	c := h.lines.Marks[h.at].Label.Compare(other.lines.Marks[other.at].Label)
	if reverse {
		return c > 0 || c == 0 && h.rank > other.rank
	}
	return c < 0 || c == 0 && h.rank < other.rank
}

// first returns the head whose line comes next, and the head after it. Either is nil if
// there is none.
func (m *Merge) first() (first, second *head) {
	m.heads = slices.DeleteFunc(m.heads, func(h *head) bool { return !h.advance(m.reverse) })
	for _, h := range m.heads {
		switch {
		case first == nil || h.before(first, m.reverse):
			first, second = h, first
		case second == nil || h.before(second, m.reverse):
			second = h
		}
	}
	return first, second
}

// drop leaves out the streams for which which returns true.
func (m *Merge) drop(which func(*head) bool) { m.heads = slices.DeleteFunc(m.heads, which) }

// one returns the next line, which is that of h, the first head.
func (m *Merge) one(h *head) Run {
	l, i := h.lines, h.at
	if h.at++; m.reverse {
		h.at = i - 1
	}
	return Run{l.Text[l.Start(i):l.Marks[i].End], 1}
}

// Next returns the next lines, up to where another stream's line comes first; in
// reverse, one line. The error is always nil.
func (m *Merge) Next() (Run, error) {
	h, second := m.first()
	if h == nil {
		return Run{}, nil
	}
	l, from := h.lines, h.at
	if m.reverse {
		return m.one(h), nil
	}
	for h.at++; h.at < len(l.Marks) && (second == nil || h.before(second, false)); {
		h.at++
	}
	return Run{l.Text[l.Start(from):l.Marks[h.at-1].End], h.at - from}, nil
}

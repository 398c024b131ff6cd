package engine

import "multilog/cmd/mlcat/internal/render"

// A Limit ends printing after some lines or, if lines have context, after some selected lines and
// their context. It goes on where one printing ended and the next one begins.
type Limit struct {
	left    int         // lines that count
	context bool        // only selected lines count
	trail   int         // lines of context behind a selected one, in the order of printing
	due     map[int]int // of these, by the number of the stream
}

// NewLimit returns a Limit to that many lines in a Style. Where it has context, all lines count only
// if all is set.
func NewLimit(lines int, all bool, style *render.Style, reverse bool) *Limit {
	l := &Limit{left: lines, due: make(map[int]int)}
	if style.HasContext() && !all {
		if l.context, l.trail = true, style.After; reverse {
			l.trail = style.Before
		}
	}
	return l
}

// Over reports whether no more lines may be printed. A nil Limit is never over.
func (l *Limit) Over() bool {
	if l == nil || l.left > 0 {
		return false
	}
	for _, due := range l.due {
		if due > 0 {
			return false
		}
	}
	return true
}

// Take reports whether the next line of a stream, which has that mark, is to be printed, and
// counts it. If not, no later line of the stream is.
func (l *Limit) Take(stream int, mark *render.Mark) bool {
	hit := !l.context || mark.Hit
	switch {
	case l.left == 0 && (hit || l.due[stream] == 0):
		l.due[stream] = 0
		return false
	case hit:
		l.left--
		l.due[stream] = l.trail
	case l.due[stream] > 0:
		l.due[stream]--
	}
	return true
}

// Order returns the lines of streams in the order of their labels, as far as the limit allows.
func (l *Limit) Order(streams []Stream, reverse bool) Order {
	return &most{NewMerge(streams, reverse), l}
}

// most is an order that a Limit ends.
type most struct {
	merge *Merge
	*Limit
}

// Next returns the next line. When no more lines count, it leaves out all streams but those of
// which context is due.
func (m *most) Next() (Run, error) {
	for {
		if m.left == 0 {
			m.merge.drop(func(h *head) bool { return m.due[h.rank] == 0 })
		}
		h, _ := m.merge.first()
		if h == nil {
			return Run{}, nil
		}
		if m.Take(h.rank, &h.lines.Marks[h.at]) {
			return m.merge.one(h), nil
		}
		m.merge.drop(func(other *head) bool { return other == h })
	}
}

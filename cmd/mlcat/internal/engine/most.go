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

// Over reports whether no more lines are to be printed. A nil Limit is never over.
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
		hit := !m.context || h.lines.Marks[h.at].Hit
		switch {
		case hit && m.left == 0:
			m.due[h.rank] = 0
			continue
		case hit:
			m.left--
			m.due[h.rank] = m.trail
		case m.due[h.rank] > 0:
			m.due[h.rank]--
		}
		return m.merge.one(h), nil
	}
}

package main

import (
	"io"
	"slices"
)

// copyAll writes all that walks give: of several, merged by their lines' labels,
// where of equal labels the earlier walk's comes first. It returns the number of
// lines.
func copyAll(out io.Writer, walks []*walk) (lines int, err error) {
	if len(walks) == 1 {
		for s := walks[0].next(); s != nil; s = walks[0].next() {
			if _, err := out.Write(s.text); err != nil {
				return lines, err
			}
			lines += s.count
		}
		return lines, nil
	}
	m := newMerge(walks, false)
	for {
		text, n := m.run()
		if n == 0 {
			return lines, nil
		}
		if _, err := out.Write(text); err != nil {
			return lines, err
		}
		lines += n
	}
}

// A merge takes lines from several walks in the order of their labels.
type merge struct {
	heads   []*head // those that have lines left
	reverse bool
}

// A head is a walk's lines that come next.
type head struct {
	walk  *walk // nil: there are no more than these
	shown *shown
	at    int // the next line
	rank  int // which walk it is
}

func newMerge(walks []*walk, reverse bool) *merge {
	m := &merge{reverse: reverse}
	for i, w := range walks {
		m.heads = append(m.heads, &head{walk: w, rank: i})
	}
	return m
}

// advance fetches lines when there are none left.
func (h *head) advance(reverse bool) bool {
	for h.shown == nil || h.at < 0 || h.at >= len(h.shown.marks) {
		if h.walk == nil {
			return false
		}
		if h.shown = h.walk.next(); h.shown == nil {
			return false
		}
		h.at = 0
		if reverse {
			h.at = len(h.shown.marks) - 1
		}
	}
	return true
}

// before reports whether h's next line comes before other's.
func (h *head) before(other *head, reverse bool) bool {
	c := h.shown.marks[h.at].label.Compare(other.shown.marks[other.at].label)
	if reverse {
		return c > 0 || c == 0 && h.rank > other.rank
	}
	return c < 0 || c == 0 && h.rank < other.rank
}

// first returns the head whose line comes next, and the one after it, if any.
func (m *merge) first() (first, second *head) {
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

// start returns where line i begins in the text.
func (s *shown) start(i int) int {
	if i == 0 {
		return 0
	}
	return s.marks[i-1].end
}

// run returns the next lines that follow each other in one walk, and how many they
// are; in reverse, always one. The text is valid until the next call.
func (m *merge) run() (text []byte, lines int) {
	h, second := m.first()
	if h == nil {
		return nil, 0
	}
	s, from := h.shown, h.at
	if m.reverse {
		h.at--
		return s.text[s.start(from):s.marks[from].end], 1
	}
	for h.at++; h.at < len(s.marks) && (second == nil || h.before(second, false)); {
		h.at++
	}
	return s.text[s.start(from):s.marks[h.at-1].end], h.at - from
}

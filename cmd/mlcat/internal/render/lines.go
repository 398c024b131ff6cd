package render

import (
	"slices"

	"multilog/internal/hugepage"
	"multilog/tai64n"
)

// Lines are consecutive lines of a log in the form in which they are printed.
type Lines struct {
	Text  []byte // each line ends with a newline
	Marks []Mark // one for each line, if the Style has Marks
	Count int    // lines in Text

	// Last is the label of the last labelled line that the Renderer has read for this
	// text, whether it selected the line or not. It is set if the Style has Marks.
	Last Mark
}

// A Mark is the label of a line, and where the line ends in the text. A line that has
// no label of its own has the label of the line before it; while that is not known,
// Known is false.
type Mark struct {
	Label tai64n.Label
	Known bool
	End   int // bytes of text up to the end of the line

	Hit   bool // if the Style has context: the line is selected
	Apart bool // and: lines between this one and the one before it were left out
}

// Reset empties l.
func (l *Lines) Reset() {
	l.Text, l.Marks, l.Count, l.Last.Known = l.Text[:0], l.Marks[:0], 0, false
}

// Start returns where line i, counted from 0, begins in the text.
func (l *Lines) Start(i int) int {
	if i == 0 {
		return 0
	}
	return l.Marks[i-1].End
}

// Inherit gives the first lines, up to the first labelled one, the label before, which
// belongs to the line in front of them. Then it sets before to the label that holds
// behind the last line.
func (l *Lines) Inherit(before *Mark) {
	for i := range l.Marks {
		if l.Marks[i].Known {
			break
		}
		l.Marks[i].Label, l.Marks[i].Known = before.Label, before.Known
	}
	if l.Last.Known {
		*before = l.Last
	}
}

// grow makes room for n more bytes.
func (l *Lines) grow(n int) {
	if cap(l.Text) == 0 {
		l.Text = hugepage.Alloc(n)[:0]
	}
	l.Text = slices.Grow(l.Text, n)
}

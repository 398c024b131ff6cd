package engine

import (
	"slices"

	"multilog/cmd/mlcat/internal/render"
)

// separator stands between groups of lines that do not follow each other, as in grep's output.
const separator = "--\n"

// A Context leaves of the lines of one log, rendered in a Style that has context, the selected
// ones and their context. Its groups of lines are separated by a line of two dashes.
type Context struct {
	lead, trail int  // lines before and behind a selected one, in the direction of reading
	backward    bool // the log is read from its end
	divide      divide

	kept    []entry // the last lines that were not shown, at most lead
	due     int     // lines that are shown next
	any     bool    // lines were shown
	skipped bool    // lines were left out since

	shown []entry
	lines render.Lines
}

// divide says where a separator goes.
type divide int

const (
	divideBefore divide = iota // in front of the first line of a group
	divideBehind               // behind it, as lines are turned around later
	divideNever
)

// An entry is a line, with its text and its newline.
type entry struct {
	text string
	mark render.Mark
}

// NewContext returns a Context for the lines of one log as they come, from its beginning to its
// end.
func NewContext(style *render.Style) *Context { return newContext(style, Options{Lines: AllLines}) }

func newContext(style *render.Style, o Options) *Context {
	c := &Context{lead: style.Before, trail: style.After, backward: o.backward()}
	if c.backward {
		c.lead, c.trail = c.trail, c.lead
	}
	switch {
	case !style.Format.Divided():
		c.divide = divideNever
	case c.backward && !o.Reverse:
		c.divide = divideBehind
	}
	return c
}

// Filter returns what is shown of lines, and of lines before. It is valid until the next call.
func (c *Context) Filter(in *render.Lines) *render.Lines {
	c.shown = c.shown[:0]
	n := len(in.Marks)
	for k := range n {
		i := k
		apart := in.Marks[i].Apart
		if c.backward {
			i = n - 1 - k
			apart = i+1 < n && in.Marks[i+1].Apart
		}
		if apart {
			c.kept, c.skipped = c.kept[:0], true
		}
		c.take(entry{string(in.Text[in.Start(i):in.Marks[i].End]), in.Marks[i]})
	}
	if c.backward {
		slices.Reverse(c.shown)
	}
	c.lines.Reset()
	for _, e := range c.shown {
		c.lines.Text = append(c.lines.Text, e.text...)
		e.mark.End = len(c.lines.Text)
		c.lines.Marks = append(c.lines.Marks, e.mark)
		c.lines.Count++
	}
	c.lines.Last = in.Last
	return &c.lines
}

// take shows or keeps the next line.
func (c *Context) take(e entry) {
	switch {
	case e.mark.Hit:
		c.show(append(c.kept, e))
		c.kept = c.kept[:0]
		c.due = c.trail
	case c.due > 0:
		c.due--
		c.show([]entry{e})
	default:
		if c.kept = append(c.kept, e); len(c.kept) > c.lead {
			c.kept, c.skipped = slices.Delete(c.kept, 0, 1), true
		}
	}
}

// show shows lines that follow each other.
func (c *Context) show(lines []entry) {
	if c.skipped && c.any {
		switch c.divide {
		case divideBefore:
			lines[0].text = separator + lines[0].text
		case divideBehind:
			lines[0].text += separator
		}
	}
	c.skipped, c.any = false, true
	c.shown = append(c.shown, lines...)
}

// contextStream is a Stream with context.
type contextStream struct {
	from    Stream
	context *Context
}

func (s *contextStream) Next() *render.Lines {
	for {
		in := s.from.Next()
		if in == nil {
			return nil
		}
		if out := s.context.Filter(in); out.Count > 0 {
			return out
		}
	}
}

package render

import (
	"bytes"

	"multilog/cmd/mlcat/internal/pattern"
	"multilog/internal/logdir"
	"multilog/internal/visible"
	"multilog/tai64n"
	"multilog/tai64n/localtime"
)

// A Style says which lines are selected and how they look. It must not change while
// Renderers use it.
type Style struct {
	Format  *Format
	Zone    *localtime.Zone  // of the formats that show local time
	TAI     bool             // labels count leap seconds
	Color   bool             // color times and matches, if the format can
	Escape  bool             // show control characters as \xNN, unless the format escapes them itself
	Pattern *pattern.Pattern // selects lines; nil selects all
	Invert  bool             // select the lines that Pattern does not match
	Exclude *pattern.Pattern // leave out the lines that it matches; nil leaves out none
	Before  int              // render so many lines before each selected one, too
	After   int              // render so many lines behind each selected one, too
	Marks   bool             // note the label and the end of each line
	Logs    []Log            // by their numbers
	Names   bool             // show in each line which log it is from; JSON has that always
}

// A Renderer renders lines in one style. It is for one goroutine.
type Renderer struct {
	format        formatter
	style         *Style
	origins       [][]byte          // by the numbers of the logs
	origin        []byte            // of the lines that come
	search        *pattern.Searcher // nil selects all lines
	invert        bool
	exclude       *pattern.Searcher // nil leaves out none
	before, after int
	escape        bool
	marks         bool
}

// New returns a Renderer for lines in that style.
func New(s *Style) *Renderer {
	r := &Renderer{format: s.Format.make(s), style: s, invert: s.Invert, escape: s.Escape && !s.Format.escapes, marks: s.Marks}
	switch {
	case s.Pattern != nil:
		r.search = s.Pattern.NewSearcher(logdir.LineHead)
		if s.Exclude != nil {
			r.exclude = s.Exclude.NewSearcher(logdir.LineHead)
		}
		r.before, r.after = s.Before, s.After
	case s.Exclude != nil:
		r.search, r.invert = s.Exclude.NewSearcher(logdir.LineHead), true
		r.before, r.after = s.Before, s.After
	}
	return r
}

// From tells that the lines that come are from that log, one of the Style's, and returns r.
// Before, the lines are from none.
func (r *Renderer) From(log int) *Renderer {
	for len(r.origins) <= log {
		r.origins = append(r.origins, nil)
	}
	if r.origins[log] == nil && log < len(r.style.Logs) {
		r.origins[log] = r.style.Format.origin(r.style, log)
	}
	r.origin = r.origins[log]
	return r
}

// HasContext reports whether lines are rendered that are not selected, but may be the context of
// some that are. The marks tell which is which; so Marks must be set.
func (s *Style) HasContext() bool {
	return (s.Pattern != nil || s.Exclude != nil) && s.Before+s.After > 0
}

// Render appends to dst the selected ones of lines, which must be whole: the last one
// must end with a newline, too.
func (r *Renderer) Render(dst *Lines, lines []byte) {
	if r.search == nil {
		dst.grow(len(lines) + len(lines)/8)
		r.all(dst, lines)
	} else if r.before+r.after > 0 {
		r.surrounded(dst, lines)
	} else {
		r.filter(dst, lines)
	}
	if !r.marks {
		return
	}
	if label, ok := logdir.LastLabel(lines); ok {
		dst.Last = Mark{Label: label, Known: true}
	}
}

// all renders all lines.
func (r *Renderer) all(dst *Lines, lines []byte) {
	for len(lines) > 0 {
		end := bytes.IndexByte(lines, '\n')
		if r.exclude == nil || !r.exclude.MatchLine(lines[:end]) {
			r.line(dst, lines[:end])
		}
		lines = lines[end+1:]
	}
}

// line renders one line, which is given without its newline.
func (r *Renderer) line(dst *Lines, line []byte) {
	if r.escape {
		line = visible.Line(line)
	}
	label, ok := tai64n.Parse(line)
	dst.Text = append(r.format.appendLine(dst.Text, line, label, ok, r.origin), '\n')
	dst.Count++
	if !r.marks {
		return
	}
	if !ok {
		label, ok = logdir.Label(line)
	}
	m := Mark{Label: label, Known: ok, End: len(dst.Text)}
	if n := len(dst.Marks); !ok && n > 0 {
		m.Label, m.Known = dst.Marks[n-1].Label, dst.Marks[n-1].Known
	}
	dst.Marks = append(dst.Marks, m)
}

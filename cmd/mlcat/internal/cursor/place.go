package cursor

import (
	"bytes"

	"multilog/cmd/mlcat/internal/source"
	"multilog/internal/logdir"
	"multilog/tai64n"
)

// Place returns the place in s behind the last line that was read or, with again, the
// place of that line. If lines after it may have been removed, Place reports that to
// s.Warn. It does so, too, if labels step back and the line is not there any more.
func (m Mark) Place(s *source.Source, again bool) source.Place {
	switch {
	case m == Mark{}:
		return source.Place{}
	case m.byPlace():
		return m.where.place(s)
	}
	if p, ok := m.exact(s, again); ok {
		return p
	}
	p, known := s.Find(m.label)
	if !known {
		s.Warn(NotFound{s.Path()})
		return m.where.nextFile(s)
	}
	warnRemoved(s, p, m.label)
	count, extra := m.count, m.extra
	if again {
		count, extra = count-1, 0
	}
	for (count > 0 || extra > 0) && p.File < s.Len() {
		c := s.Blocks(p.File)
		if c == nil || p.Off >= c.Size() {
			p = source.Place{File: p.File + 1}
			continue
		}
		line, err := c.LineAt(p.Off)
		if err != nil {
			s.Warn(s.ReadError(p.File, err))
			return p
		}
		label, labelled := logdir.Label(line)
		switch {
		case labelled && (label != m.label || count == 0):
			return p
		case labelled:
			count--
		case count == 0:
			extra--
		}
		p.Off += int64(len(line))
	}
	return p
}

// warnRemoved warns that lines after label may have been removed, if p is the beginning
// of the log and its first line is labelled later.
func warnRemoved(s *source.Source, p source.Place, label tai64n.Label) {
	if p != (source.Place{}) || s.Len() == 0 || s.File(0).Label == "" {
		return
	}
	c := s.Blocks(0)
	if c == nil {
		return
	}
	line, err := c.LineAt(0)
	if first, ok := logdir.Label(line); err == nil && ok && label.Before(first) {
		s.Warn(source.Missing{Path: s.Path(), Gap: logdir.Gap{Files: -1, From: label.String(), To: first.String()}})
	}
}

// A NotFound is the warning that the line of a cursor is not in the log at Path any more,
// whose labels step back.
type NotFound struct{ Path string }

func (n NotFound) Error() string {
	return n.Path + ": the line at the cursor is not there any more, and labels step back: going on at the next file; lines may be shown again or left out"
}

// exact returns what Place returns, if the mark's file is there and has the mark's label
// in front of the mark's place.
func (m Mark) exact(s *source.Source, again bool) (source.Place, bool) {
	i, ok := m.where.file(s)
	if !ok {
		return source.Place{}, false
	}
	p := source.Place{File: i, Off: m.where.off}
	c := s.Blocks(i)
	if c == nil || c.Size() < p.Off || At(s, p).label != m.label {
		return p, false
	}
	start, err := c.LineStart(p.Off)
	if err != nil || start != p.Off && p.Off < c.Size() {
		return p, false
	}
	if !again {
		return p, true
	}
	for range m.extra + 1 {
		if p.Off == 0 { // the line begins in the file before
			return p, false
		}
		if p.Off, err = c.LineStart(p.Off - 1); err != nil {
			return p, false
		}
	}
	line, err := c.LineAt(p.Off)
	label, ok := logdir.Label(line)
	return p, err == nil && ok && label == m.label
}

// file returns the number of the file in s, if it is there. A compressor leaves a file
// after the same old file, with another identity.
func (w where) file(s *source.Source) (i int, ok bool) {
	if w.id == "" {
		return 0, false
	}
	for i := range s.Len() {
		if f := s.File(i); f.ID() == w.id && f.After == w.after {
			return i, true
		}
	}
	for i := range s.Len() {
		if s.File(i).ID() == w.id {
			return i, true
		}
	}
	for i := range s.Len() {
		if s.File(i).After == w.after {
			return i, true
		}
	}
	return 0, false
}

// place returns the place in a log without labels. If the file is gone, it is the beginning
// of the file that follows.
func (w where) place(s *source.Source) source.Place {
	for i := range s.Len() {
		if f := s.File(i); f.ID() == w.id && f.After == w.after {
			return source.Place{File: i, Off: w.off}
		}
	}
	for i := range s.Len() {
		switch f := s.File(i); {
		case f.After == w.after:
			return source.Place{File: i, Off: w.off}
		case f.After > w.after: // the file was removed
			return source.Place{File: i}
		}
	}
	return source.Place{File: s.Len()}
}

// nextFile returns the beginning of the first file that may be the one behind w, or that
// has lines behind it.
func (w where) nextFile(s *source.Source) source.Place {
	for i := range s.Len() {
		if s.File(i).After >= w.after {
			return source.Place{File: i}
		}
	}
	return source.Place{}
}

// At returns the mark for the lines of s before p. For a log that another program reads it
// is the mark of that.
func At(s *source.Source, p source.Place) Mark {
	if s.Live != nil {
		m, _ := parseMark(s.Live.Cursor()) // it is made by String
		return m
	}
	if p.Off == 0 {
		p.File--
		p.Off = -1
	}
	for ; p.File >= 0; p.File, p.Off = p.File-1, -1 {
		c := s.Blocks(p.File)
		if c == nil {
			continue
		}
		if p.Off < 0 {
			p.Off = c.Size()
		}
		label, count, extra, err := c.LabelBefore(p.Off)
		if err != nil {
			s.Warn(s.ReadError(p.File, err))
		}
		if count > 0 {
			return Mark{label: label, count: count, extra: extra, where: whereIn(s.File(p.File), p.Off)}
		}
		if p.Off > 0 { // if the last file has no labels, those of older files do not help
			return Mark{where: whereIn(s.File(p.File), p.Off)}
		}
	}
	return Mark{}
}

// whereIn returns the place behind the first off bytes of a file.
func whereIn(f *logdir.File, off int64) where { return where{f.After, f.ID(), off} }

// A Reader tells where it is in a log: in which file, or nil before the first, and how
// many bytes of it it has returned.
type Reader interface {
	Position() (file *logdir.File, off int64)
}

// Advance moves the mark behind lines, which r has just returned.
func (m *Mark) Advance(lines []byte, r Reader) {
	if len(lines) == 0 {
		return
	}
	m.pass(lines)
	f, off := r.Position()
	switch {
	case f != nil:
		m.where = whereIn(f, off)
	case !m.label.IsZero():
		m.where = where{}
	}
}

// Part returns the mark behind lines, the first ones of what a reader has returned at m.
// end is the mark behind all of that, and rest the number of bytes behind lines.
func (m Mark) Part(lines []byte, end Mark, rest int) Mark {
	if len(lines) == 0 {
		return m
	}
	m.pass(lines)
	if m.where = end.where; m.where.id != "" {
		m.where.off -= int64(rest)
	}
	return m
}

// pass moves the label of the mark behind lines.
func (m *Mark) pass(lines []byte) {
	label, count, extra := logdir.LastLabels(lines)
	switch {
	case count > 0:
		if label == m.label && count == bytes.Count(lines, []byte("\n"))-extra {
			count += m.count
		}
		m.label, m.count, m.extra = label, count, extra
	case !m.label.IsZero():
		m.extra += bytes.Count(lines, []byte("\n"))
	}
}

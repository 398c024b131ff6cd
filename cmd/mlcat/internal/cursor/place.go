package cursor

import (
	"bytes"

	"multilog/cmd/mlcat/internal/source"
	"multilog/internal/logdir"
	"multilog/tai64n"
)

// Place returns the place in s behind the last line that was read or, with again, the
// place of that line. If lines after it may have been removed, Place reports that to
// s.Warn.
func (m Mark) Place(s *source.Source, again bool) source.Place {
	switch {
	case m.byPlace:
		return m.sameFile(s)
	case m.label.IsZero():
		return source.Place{}
	}
	p := s.Bound(m.label)
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
		label, labelled := tai64n.Parse(line)
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
	if first, ok := tai64n.Parse(line); err == nil && ok && label.Before(first) {
		s.Warn(source.Missing{Path: s.Path(), Gap: logdir.Gap{Files: -1, From: label.String(), To: first.String()}})
	}
}

// sameFile returns the place behind a mark of a log without labels. If the file of the
// mark is gone, it is the beginning of the file that follows.
func (m Mark) sameFile(s *source.Source) source.Place {
	for i := range s.Len() {
		if f := s.File(i); f.ID() == m.id && f.After == m.after {
			return source.Place{File: i, Off: m.off}
		}
	}
	for i := range s.Len() {
		switch f := s.File(i); {
		case f.After == m.after:
			return source.Place{File: i, Off: m.off}
		case f.After > m.after: // the file was removed
			return source.Place{File: i}
		}
	}
	return source.Place{File: s.Len()}
}

// At returns the mark for the lines of s before p.
func At(s *source.Source, p source.Place) Mark {
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
			return Mark{label: label, count: count, extra: extra}
		}
		if p.Off > 0 { // if the last file has no labels, those of older files do not help
			return markIn(s.File(p.File), p.Off)
		}
	}
	return Mark{}
}

// markIn returns the mark for the first off bytes of a file without labels.
func markIn(f *logdir.File, off int64) Mark {
	return Mark{byPlace: true, after: f.After, id: f.ID(), off: off}
}

// A Reader tells where it is in a log: in which file, or nil before the first, and how
// many bytes of it it has returned.
type Reader interface {
	Position() (file *logdir.File, off int64)
}

// Advance moves the mark behind lines, which r has just returned.
func (m *Mark) Advance(lines []byte, r Reader) {
	label, count, extra := logdir.LastLabels(lines)
	switch {
	case len(lines) == 0:
	case count > 0:
		if label == m.label && count == bytes.Count(lines, []byte("\n"))-extra {
			count += m.count
		}
		*m = Mark{label: label, count: count, extra: extra}
	case m.label.IsZero():
		if f, off := r.Position(); f != nil {
			*m = markIn(f, off)
		}
	default:
		m.extra += bytes.Count(lines, []byte("\n"))
	}
}

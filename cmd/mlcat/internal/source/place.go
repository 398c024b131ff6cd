package source

import (
	"multilog/internal/logdir"
	"multilog/tai64n"
)

// A Place is where a line starts in a source.
type Place struct {
	File int   // the number of the file
	Off  int64 // bytes from the start of its content
}

// Before reports whether p comes before q.
func (p Place) Before(q Place) bool { return p.File < q.File || p.File == q.File && p.Off < q.Off }

// EndAtWholeLine leaves out a last line that is still being written.
func (s *Source) EndAtWholeLine() { s.EndAt(s.wholeLines()) }

// bound returns the place of the first line that is not labelled before target, in a log
// whose labels ascend. If until is not set, it takes all lines of a file without labels to
// be later, unless the file was last written before target; otherwise, to be earlier.
func (s *Source) bound(target tai64n.Label, until bool) Place {
	for i, e := range s.files {
		last, okLast := e.Until()
		if okLast && last.Before(target) {
			continue
		}
		c := s.Blocks(i)
		if c == nil {
			continue
		}
		off, labelled, err := c.LowerBound(target)
		if err != nil {
			s.warn(s.ReadError(i, err))
			return Place{i, 0}
		}
		s.timed, s.untimed = s.timed || labelled, s.untimed || !labelled && c.Size() > 0
		if !labelled {
			if until || !okLast && s.writtenBefore(i, target) {
				continue
			}
			return Place{i, 0}
		}
		if off < c.Size() {
			return Place{i, off}
		}
	}
	return Place{len(s.files), 0}
}

// writtenBefore reports whether file i was last written before target.
func (s *Source) writtenBefore(i int, target tai64n.Label) bool {
	modified, err := s.files[i].Modified()
	return err == nil && tai64n.Of(modified).Before(target)
}

// wholeLines returns the place behind the last complete line.
//
// The rest of a line that is being written will follow in the same file or, if that is
// full, in the next one. A line has no rest if it ends a file whose logger was killed,
// or an old file that no other file follows.
func (s *Source) wholeLines() Place {
	end := Place{len(s.files), 0}
	for i := len(s.files) - 1; i >= 0; i-- {
		e := s.files[i]
		if e.Torn() || i == len(s.files)-1 && logdir.IsOld(e.Name) {
			break
		}
		c := s.Blocks(i)
		switch {
		case c == nil:
			return end
		case c.Size() == 0:
			continue
		}
		off, err := c.LineStart(c.Size())
		if err != nil {
			s.warn(s.ReadError(i, err))
			break
		}
		if off == c.Size() {
			break
		}
		end = Place{i, off}
		if head, err := c.BlockHead(0, tai64n.Len); off > 0 || err != nil || logdir.LineHead(head) > 0 {
			break // the line does not begin in the file before
		}
	}
	return end
}

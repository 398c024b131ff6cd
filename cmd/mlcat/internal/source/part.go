package source

import "slices"

// A Part is consecutive lines of a source: from the line at From up to, but not including,
// the one at To.
type Part struct{ From, To Place }

// Files returns the range of files of which something is in the part: from first up to,
// but not including, end.
func (p Part) Files() (first, end int) {
	end = p.To.File
	if p.To.Off > 0 {
		end++
	}
	return p.From.File, end
}

// Span returns which bytes of file i are in the part: from byte from up to byte to, or up
// to the end of the file if to is -1.
func (p Part) Span(i int) (from, to int64) {
	to = -1
	if i == p.From.File {
		from = p.From.Off
	}
	if i == p.To.File {
		to = p.To.Off
	}
	return from, to
}

// Wanted returns the parts of the source that are wanted, in order: one, unless lines
// were left out in between. The caller must not change them.
func (s *Source) Wanted() []Part { return s.parts }

// StartAt leaves out what comes before p.
func (s *Source) StartAt(p Place) {
	for i := range s.parts {
		if s.parts[i].From.Before(p) {
			s.parts[i].From = p
		}
	}
	s.dropEmpty()
}

// EndAt leaves out what comes from p on.
func (s *Source) EndAt(p Place) {
	for i := range s.parts {
		if p.Before(s.parts[i].To) {
			s.parts[i].To = p
		}
	}
	s.dropEmpty()
}

// dropEmpty removes the parts without lines. If there are no others, the first one stays,
// with its end at its beginning.
func (s *Source) dropEmpty() {
	start := s.parts[0].From
	s.parts = slices.DeleteFunc(s.parts, func(p Part) bool { return !p.From.Before(p.To) })
	if len(s.parts) == 0 {
		s.parts = []Part{{start, start}}
	}
}

// End returns the place behind the last wanted line.
func (s *Source) End() Place { return s.parts[len(s.parts)-1].To }

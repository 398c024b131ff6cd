package script

// This file decides which sinks get a line. The last matching pattern before a sink
// decides, so Choose tries the rules between two sinks backwards. It tries only few
// of them: with t, a label contains no space, so the first space that a pattern such
// as "* status: *" can find stands after the label. The byte after that space, the
// key, selects the patterns that can match.

// segment holds the rules between two sinks, last rule first. by holds them by the
// key of the line, which is its byte at Script.keyAt. any is for lines that are too
// short to have a key, and for keys that no pattern names.
type segment struct {
	by  [256][]uint32
	any []uint32
}

// index builds the segments that Choose uses.
func (s *Script) index() {
	if s.Stamp == StampTAI64N {
		s.keyAt = LabelBytes
		for i := range s.rules {
			s.rules[i].pattern.passLabel()
		}
	}
	tried := 0
	for _, sink := range s.Sinks {
		s.segments = append(s.segments, s.segment(tried, sink.rules))
		tried = sink.rules
	}
}

// segment returns the segment of the rules from to to-1.
func (s *Script) segment(from, to int) *segment {
	g := &segment{}
	for r := to - 1; r >= from; r-- {
		c, known := s.rules[r].pattern.key(s.Stamp)
		if known {
			g.by[c] = append(g.list(c), uint32(r))
			continue
		}
		for c := range g.by {
			if g.by[c] != nil {
				g.by[c] = append(g.by[c], uint32(r))
			}
		}
		g.any = append(g.any, uint32(r))
	}
	return g
}

// list returns the list of key c. The first call for c copies it from any.
func (g *segment) list(c byte) []uint32 {
	if g.by[c] == nil {
		g.by[c] = append(make([]uint32, 0, len(g.any)+1), g.any...)
	}
	return g.by[c]
}

// candidates returns the rules that can match a line.
func (g *segment) candidates(line []byte, keyAt int) []uint32 {
	if len(line) > keyAt {
		if list := g.by[line[keyAt]]; list != nil {
			return list
		}
	}
	return g.any
}

// passLabel makes a pattern that begins with a star and a space begin after the
// TAI64N label, where the first space is.
func (p *pattern) passLabel() {
	if len(p.pieces) == 0 || p.glob != nil {
		return
	}
	if q := &p.pieces[0]; q.skip && q.literal != "" && q.literal[0] == ' ' {
		q.skip, p.from = false, LabelBytes-1
	}
}

// key returns the key that a line must have for p to match. known reports whether
// there is just one.
func (p *pattern) key(stamp Stamp) (c byte, known bool) {
	if len(p.pieces) == 0 || p.glob != nil || p.pieces[0].skip {
		return 0, false
	}
	literal := p.pieces[0].literal
	switch {
	case stamp == StampNone && len(literal) > 0:
		return literal[0], true
	case p.from > 0 && len(literal) > 1:
		return literal[1], true
	}
	return 0, false
}

// Choose sets chosen[i] to true if Sinks[i] gets the line, and to false if not, for
// all sinks. line must not be empty and includes its stamp. Choose ignores a newline
// at its end and bytes beyond LineBytes. chosen must be as long as Sinks. Choose
// allocates nothing.
func (s *Script) Choose(line []byte, chosen []bool) {
	line = line[:min(len(line), LineBytes)]
	if last := len(line) - 1; line[last] == '\n' {
		line = line[:last]
	}
	selected := true
	for i := range s.Sinks {
		for _, r := range s.segments[i].candidates(line, s.keyAt) {
			if rule := &s.rules[r]; rule.pattern.match(line) {
				selected = rule.selects
				break
			}
		}
		chosen[i] = selected
	}
}

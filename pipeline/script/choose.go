package script

// The last pattern before a sink that matches decides, so the rules between
// two sinks are tried backwards. Most of them are not tried at all: with t the
// label is known to hold no space, so a pattern such as "* status: *" must find
// its " " behind the label, and the next byte there tells which of many
// patterns are worth a try.

// segment holds the rules between two sinks, the last one first, by the byte
// that stands at Script.keyAt in the line. The list any is for lines that are
// too short to have one, and for bytes that no pattern names.
type segment struct {
	by  [256][]uint32
	any []uint32
}

// index prepares the rules for Choose.
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

// list returns the list of a byte. The first call for a byte makes it from any.
func (g *segment) list(c byte) []uint32 {
	if g.by[c] == nil {
		g.by[c] = append(make([]uint32, 0, len(g.any)+1), g.any...)
	}
	return g.by[c]
}

// candidates returns the rules that may match a line.
func (g *segment) candidates(line []byte, keyAt int) []uint32 {
	if len(line) > keyAt {
		if list := g.by[line[keyAt]]; list != nil {
			return list
		}
	}
	return g.any
}

// passLabel makes a pattern that begins with a star and a space begin behind
// a TAI64N label, where the first space is.
func (p *pattern) passLabel() {
	if len(p.pieces) == 0 || p.glob != nil {
		return
	}
	if q := &p.pieces[0]; q.skip && q.literal != "" && q.literal[0] == ' ' {
		q.skip, p.from = false, LabelBytes-1
	}
}

// key returns the byte that a line must have at Script.keyAt for p to match,
// if that is known.
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

// Choose sets chosen[i] to whether Sinks[i] gets the line, for all sinks. The
// line includes its stamp; a newline at its end does not count, nor do bytes
// beyond LineBytes. chosen must be as long as Sinks. Choose allocates nothing.
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

package pipeline

// Who gets a line. The last pattern before a sink that matches decides, so the
// rules between two sinks are tried backwards. Most of them are not tried at
// all: with t the label is known to hold no space, so a pattern such as
// "* status: *" must find its " " behind the label, and the next byte there
// tells which of many patterns are worth a try.

// segment is the rules between two sinks, the last one first, by the byte that
// stands at Script.keyAt in the line. Lines that are too short for one have any.
type segment struct {
	by  [256][]uint32
	any []uint32
}

// index prepares the rules for choose. It is called once, after parsing.
func (s *Script) index() {
	if s.stamp == stampTAI64N {
		s.keyAt = labelBytes
		for i := range s.rules {
			s.rules[i].pattern.passLabel()
		}
	}
	tried := 0
	for _, sink := range s.sinks {
		s.segments = append(s.segments, s.segment(tried, sink.rules))
		tried = sink.rules
	}
}

func (s *Script) segment(from, to int) *segment {
	g := &segment{}
	for r := to - 1; r >= from; r-- {
		c, known := s.rules[r].pattern.key(s.stamp)
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

// list is the list of a byte, made from any's when the byte gets one of its own.
func (g *segment) list(c byte) []uint32 {
	if g.by[c] == nil {
		g.by[c] = append(make([]uint32, 0, len(g.any)+1), g.any...)
	}
	return g.by[c]
}

// candidates are the rules that may match a line.
func (g *segment) candidates(line []byte, keyAt int) []uint32 {
	if len(line) > keyAt {
		if list := g.by[line[keyAt]]; list != nil {
			return list
		}
	}
	return g.any
}

// passLabel has a pattern that begins with a star and a space begin behind a
// TAI64N label, where the first space is.
func (p *pattern) passLabel() {
	if len(p.pieces) == 0 || p.glob != nil {
		return
	}
	if q := &p.pieces[0]; q.skip && q.literal != "" && q.literal[0] == ' ' {
		q.skip, p.from = false, labelBytes-1
	}
}

// key is the byte that a line must have at Script.keyAt for p to match, if
// that is known.
func (p *pattern) key(stamp stampKind) (c byte, known bool) {
	if len(p.pieces) == 0 || p.glob != nil || p.pieces[0].skip {
		return 0, false
	}
	literal := p.pieces[0].literal
	switch {
	case stamp == stampNone && len(literal) > 0:
		return literal[0], true
	case p.from > 0 && len(literal) > 1:
		return literal[1], true
	}
	return 0, false
}

// choose finds out which sinks get the line.
func (b *batch) choose(line []byte) {
	line = line[:min(len(line), lineBytes)]
	if last := len(line) - 1; line[last] == '\n' {
		line = line[:last]
	}
	s := b.script
	selected := true
	for i := range s.sinks {
		for _, r := range s.segments[i].candidates(line, s.keyAt) {
			if rule := &s.rules[r]; rule.pattern.match(line) {
				selected = rule.selects
				break
			}
		}
		b.chosen[i] = selected
		if sink := &s.sinks[i]; sink.kind == toDir {
			b.outputs[sink.index].selected = selected
		}
	}
}

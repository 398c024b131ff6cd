package pattern

import "bytes"

// A Searcher finds the lines that a pattern matches. Only one goroutine at a time may
// use it.
type Searcher struct {
	*Pattern
	head    func(line []byte) int
	finders []*finder
	dfa     *dfa
	also    []*Searcher // a line must match these, too
}

// NewSearcher returns a searcher. The pattern does not see the first head(line) bytes
// of a line, such as its label. The argument of head may continue after the line with
// a newline and more; head must return the same as without that.
func (p *Pattern) NewSearcher(head func(line []byte) int) *Searcher {
	s := &Searcher{Pattern: p, head: head, dfa: newDFA(p.nfa)}
	for _, other := range p.also {
		s.also = append(s.also, other.NewSearcher(head))
	}
	return s
}

// Start prepares the searcher for another block of whole lines, of which the last may
// lack its newline.
func (s *Searcher) Start(block []byte) {
	if s.finders == nil && len(s.required) > 0 {
		var h histogram
		h.count(block)
		for _, l := range s.required {
			s.finders = append(s.finders, newFinder(l, &h))
		}
	}
	for _, f := range s.finders {
		f.restart()
	}
}

// Next returns the first matching line, block[start:end] without its newline, that
// begins at or after from. ok is false if there is none. A line must begin at from,
// and the caller must have called Start with the same block.
func (s *Searcher) Next(block []byte, from int) (start, end int, ok bool) {
	for {
		start, end, ok = s.next(block, from)
		if !ok || s.alsoMatch(block[start:end]) {
			return start, end, ok
		}
		from = end + 1
	}
}

// alsoMatch reports whether line matches the other patterns.
func (s *Searcher) alsoMatch(line []byte) bool {
	for _, other := range s.also {
		if !other.MatchLine(line) {
			return false
		}
	}
	return true
}

// next is Next without the other patterns.
func (s *Searcher) next(block []byte, from int) (start, end int, ok bool) {
	if len(s.finders) == 0 && !s.dfa.hopeless() {
		return s.scan(block, from)
	}
	for from < len(block) {
		near := from
		if len(s.finders) > 0 {
			if near = s.nearest(block, from); near == len(block) {
				return 0, 0, false
			}
		}
		start = from + bytes.LastIndexByte(block[from:near], '\n') + 1
		end = lineEnd(block, near)
		if s.foundAt(near, start, block) || s.matchLine(block[start:end]) {
			return start, end, true
		}
		from = end + 1
	}
	return 0, 0, false
}

// foundAt reports whether it is certain that the line which begins at start matches, because
// its text has the literal at near, and needs nothing else.
func (s *Searcher) foundAt(near, start int, block []byte) bool {
	return s.whole && s.finders[0].certain && near >= start+s.head(block[start:])
}

// nearest returns the offset of the first required literal at or after from, or
// len(block) if there is none.
func (s *Searcher) nearest(block []byte, from int) int {
	near := s.finders[0].find(block, from)
	for _, f := range s.finders[1:] {
		near = min(near, f.find(block, from))
	}
	return near
}

// scan is Next with the automaton alone.
func (s *Searcher) scan(block []byte, from int) (start, end int, ok bool) {
	for from < len(block) {
		start = from
		at := from + s.head(block[from:])
		state := s.dfa.head
		if state != matched {
			var n int
			n, state = s.dfa.run(block[at:], state)
			at += n
			if state == lineHead {
				from = at
				continue
			}
			if state != matched && !(state >= firstSet && s.dfa.matchesAtEnd(state)) {
				return 0, 0, false
			}
			if block[at-1] == '\n' { // the match is at the end of the line
				at--
			}
		}
		end = lineEnd(block, at)
		if s.confirm(block[start:end]) {
			return start, end, true
		}
		from = end + 1
	}
	return 0, 0, false
}

// lineEnd returns the offset of the first newline at or after from, or len(block).
func lineEnd(block []byte, from int) int {
	if i := bytes.IndexByte(block[from:], '\n'); i >= 0 {
		return from + i
	}
	return len(block)
}

// MatchLine reports whether the pattern matches line, which has no newline.
func (s *Searcher) MatchLine(line []byte) bool { return s.matchLine(line) && s.alsoMatch(line) }

// matchLine is MatchLine without the other patterns.
func (s *Searcher) matchLine(line []byte) bool {
	text := line[s.head(line):]
	if s.whole && !s.required[0].fold {
		return bytes.Contains(text, []byte(s.required[0].text))
	}
	if s.dfa.hopeless() {
		return s.re.Match(text)
	}
	state := s.dfa.head
	if state != matched {
		_, state = s.dfa.run(text, state)
	}
	if state != matched && !s.dfa.matchesAtEnd(state) {
		return false
	}
	return s.confirm(line)
}

// confirm reports whether the expression matches a line that the automaton accepts. It
// asks package regexp only if the automaton may accept too much.
func (s *Searcher) confirm(line []byte) bool {
	text := line[s.head(line):]
	if s.nfa.loose || !isASCII(text) {
		return s.re.Match(text)
	}
	return true
}

func isASCII(text []byte) bool {
	for len(text) >= 8 {
		if (text[0]|text[1]|text[2]|text[3]|text[4]|text[5]|text[6]|text[7])&0x80 != 0 {
			return false
		}
		text = text[8:]
	}
	for _, b := range text {
		if b >= 0x80 {
			return false
		}
	}
	return true
}

package pattern

import (
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// maxStates bounds an automaton to 4 MiB of table. One that needs more starts
// again from nothing; one that keeps doing so was not worth building.
const (
	maxStates   = 4096
	maxRestarts = 16
)

// The states with a meaning of their own. All others are sets of instructions.
const (
	unknown  = iota // this transition has not been computed yet
	matched         // the line matches, whatever follows
	lineHead        // a newline was read
	firstSet
)

const bothEnds = syntax.EmptyBeginLine | syntax.EmptyBeginText | syntax.EmptyEndLine | syntax.EmptyEndText

// A dfa is an nfa made deterministic as far as the bytes seen so far demand. The
// state that bytes lead to stands at next[state<<8|byte].
type dfa struct {
	*nfa
	next     []uint32
	sets     [][]uint32        // per state: its instructions
	ids      map[string]uint32 // and the way back
	from, to *pcSet
	head     uint32 // the state before the first byte of a line
	restarts int
}

func newDFA(n *nfa) *dfa {
	d := &dfa{nfa: n, from: newPCSet(len(n.prog.Inst)), to: newPCSet(len(n.prog.Inst))}
	d.reset()
	return d
}

func (d *dfa) reset() {
	d.next = slices.Grow(d.next[:0], 64<<8)[:firstSet<<8]
	clear(d.next)
	d.sets = make([][]uint32, firstSet)
	d.ids = make(map[string]uint32)
	d.to.clear()
	if d.closure(d.to, uint32(d.prog.Start), syntax.EmptyBeginLine|syntax.EmptyBeginText) {
		d.head = matched
		return
	}
	d.head = d.newState(d.to) // never one that is reached later: ^ holds only here
}

// hopeless reports whether this expression's states don't fit.
func (d *dfa) hopeless() bool { return d.restarts > maxRestarts }

// state returns the number of the state that set is.
func (d *dfa) state(set *pcSet) uint32 {
	pcs := slices.Clone(set.list)
	slices.Sort(pcs)
	key := make([]byte, 0, 2*len(pcs))
	for _, pc := range pcs {
		key = append(key, byte(pc), byte(pc>>8), byte(pc>>16))
	}
	if id, ok := d.ids[string(key)]; ok {
		return id
	}
	id := d.newState(set)
	d.ids[string(key)] = id
	return id
}

func (d *dfa) newState(set *pcSet) uint32 {
	d.sets = append(d.sets, slices.Clone(set.list))
	d.next = append(d.next, make([]uint32, 256)...)
	return uint32(len(d.sets) - 1)
}

// step computes the state that b leads to from state, which is a set. After a
// restart the number of state means nothing any more, so the caller must go on
// with what step returned.
func (d *dfa) step(state uint32, b byte) uint32 {
	if b == '\n' {
		if d.matchesAtEnd(state) {
			d.next[state<<8|'\n'] = matched
			return matched
		}
		d.next[state<<8|'\n'] = lineHead
		return lineHead
	}
	d.to.clear()
	match := false
	for _, pc := range d.sets[state] {
		switch d.prog.Inst[pc].Op {
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			if b < utf8.RuneSelf && d.ascii[pc].has(b) {
				match = d.closure(d.to, d.prog.Inst[pc].Out, 0) || match
			} else if b >= utf8.RuneSelf && d.wide[pc] {
				match = d.closure(d.to, d.prog.Inst[pc].Out, 0) || match
				d.to.add(pc) // more bytes of this character
			}
		}
	}
	match = d.closure(d.to, uint32(d.prog.Start), 0) || match // a match may begin here
	if match {
		d.next[state<<8|uint32(b)] = matched
		return matched
	}
	if len(d.sets) >= maxStates {
		d.restarts++
		keep := newPCSet(len(d.prog.Inst))
		for _, pc := range d.to.list {
			keep.add(pc)
		}
		d.reset()
		return d.state(keep)
	}
	id := d.state(d.to)
	d.next[state<<8|uint32(b)] = id
	return id
}

// matchesAtEnd reports whether a line that ends in state matches.
func (d *dfa) matchesAtEnd(state uint32) bool {
	d.to.clear()
	for _, pc := range d.sets[state] {
		d.to.member[pc] = false
		flags := syntax.EmptyEndLine | syntax.EmptyEndText
		if state == d.head {
			flags = bothEnds
		}
		if d.closure(d.to, pc, flags) {
			return true
		}
	}
	return false
}

// run follows text from state until a match, a newline or the end. It returns
// where it stopped, behind the byte that led there, and the state.
func (d *dfa) run(text []byte, state uint32) (int, uint32) {
	next := d.next
	for i, b := range text {
		to := next[state<<8|uint32(b)]
		if to < firstSet {
			if to == unknown {
				to = d.step(state, b)
				next = d.next
			}
			if to == matched || to == lineHead {
				return i + 1, to
			}
		}
		state = to
	}
	return len(text), state
}

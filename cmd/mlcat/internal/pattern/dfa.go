package pattern

import (
	"regexp/syntax"
	"slices"
	"unicode/utf8"
)

// maxStates limits the table of an automaton to 4 MiB. An automaton that needs more
// starts over with an empty table; after maxRestarts the searcher gives it up.
const (
	maxStates   = 4096
	maxRestarts = 16
)

// The special states. All others, from firstSet on, are sets of instructions.
const (
	unknown  = iota // the transition has not been computed yet
	matched         // the line matches, whatever follows
	lineHead        // after a newline
	firstSet
)

const bothEnds = syntax.EmptyBeginLine | syntax.EmptyBeginText | syntax.EmptyEndLine | syntax.EmptyEndText

// A dfa is a deterministic automaton made from an nfa. It computes a state when the
// input first reaches it.
type dfa struct {
	*nfa
	next     []uint32          // next[state<<8|byte] is the state that byte leads to
	sets     [][]uint32        // the instructions of each state
	ids      map[string]uint32 // the state of each set of instructions
	to       *pcSet            // scratch
	head     uint32            // the state before the first byte of a line
	restarts int
}

func newDFA(n *nfa) *dfa {
	d := &dfa{nfa: n, to: newPCSet(len(n.prog.Inst))}
	d.reset()
	return d
}

// reset removes all states but the special ones and head.
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
	d.head = d.newState(d.to) // not in ids, since ^ holds in no state reached later
}

// hopeless reports whether the expression has too many states.
func (d *dfa) hopeless() bool { return d.restarts > maxRestarts }

// state returns the state that consists of set.
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

// newState adds a state that consists of set.
func (d *dfa) newState(set *pcSet) uint32 {
	d.sets = append(d.sets, slices.Clone(set.list))
	d.next = append(d.next, make([]uint32, 256)...)
	return uint32(len(d.sets) - 1)
}

// step computes the state to which b leads from state, which must be a set. step may
// start over with an empty table; then state is no longer valid, and only the result
// is.
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
				d.to.add(pc) // for more bytes of this character
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

// run follows text from state until a match, a newline or the end of text. It returns
// the number of bytes of text that it has read, and the state after them.
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

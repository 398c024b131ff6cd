package pattern

import (
	"regexp/syntax"
	"unicode"
	"unicode/utf8"
)

// An nfa is a compiled expression over bytes instead of runes. It accepts every line
// that the expression matches, and some others, since it only preselects lines: it
// treats a character outside ASCII as any run of bytes outside ASCII, and it treats
// every place as a word boundary.
type nfa struct {
	prog  *syntax.Prog
	ascii []byteSet // for each instruction, the ASCII bytes that it accepts
	wide  []bool    // for each instruction, whether it accepts characters outside ASCII
	loose bool      // the expression has word boundaries
}

// A byteSet is a set of ASCII bytes.
type byteSet [2]uint64

func (s *byteSet) add(b byte)      { s[b>>6] |= 1 << (b & 63) }
func (s *byteSet) has(b byte) bool { return b < utf8.RuneSelf && s[b>>6]>>(b&63)&1 != 0 }

func newNFA(prog *syntax.Prog) *nfa {
	n := &nfa{prog: prog, ascii: make([]byteSet, len(prog.Inst)), wide: make([]bool, len(prog.Inst))}
	for pc := range prog.Inst {
		inst := &prog.Inst[pc]
		switch inst.Op {
		case syntax.InstRune, syntax.InstRune1, syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
			for b := range byte(utf8.RuneSelf) {
				if inst.MatchRune(rune(b)) {
					n.ascii[pc].add(b)
				}
			}
			n.wide[pc] = takesWide(inst)
		case syntax.InstEmptyWidth:
			if syntax.EmptyOp(inst.Arg)&(syntax.EmptyWordBoundary|syntax.EmptyNoWordBoundary) != 0 {
				n.loose = true
			}
		}
	}
	return n
}

// takesWide reports whether inst matches a character outside ASCII.
func takesWide(inst *syntax.Inst) bool {
	switch inst.Op {
	case syntax.InstRuneAny, syntax.InstRuneAnyNotNL:
		return true
	}
	for _, r := range inst.Rune {
		if r >= utf8.RuneSelf {
			return true
		}
	}
	if len(inst.Rune) == 1 && syntax.Flags(inst.Arg)&syntax.FoldCase != 0 {
		for r := unicode.SimpleFold(inst.Rune[0]); r != inst.Rune[0]; r = unicode.SimpleFold(r) {
			if r >= utf8.RuneSelf {
				return true
			}
		}
	}
	return false
}

// closure adds to set the instructions that can be reached from pc without a byte of
// input, at a place for which flags hold. It reports whether a match is among them.
func (n *nfa) closure(set *pcSet, pc uint32, flags syntax.EmptyOp) (match bool) {
	if !set.add(pc) {
		return false
	}
	inst := &n.prog.Inst[pc]
	switch inst.Op {
	case syntax.InstMatch:
		return true
	case syntax.InstAlt, syntax.InstAltMatch:
		a := n.closure(set, inst.Out, flags)
		b := n.closure(set, inst.Arg, flags)
		return a || b
	case syntax.InstCapture, syntax.InstNop:
		return n.closure(set, inst.Out, flags)
	case syntax.InstEmptyWidth:
		const word = syntax.EmptyWordBoundary | syntax.EmptyNoWordBoundary
		if need := syntax.EmptyOp(inst.Arg) &^ word; need&^flags == 0 {
			return n.closure(set, inst.Out, flags)
		}
	}
	return false
}

// A pcSet is a set of instructions, in the order in which they were added.
type pcSet struct {
	member []bool
	list   []uint32
}

func newPCSet(size int) *pcSet { return &pcSet{member: make([]bool, size)} }

// add adds pc and reports whether it is new.
func (s *pcSet) add(pc uint32) bool {
	if s.member[pc] {
		return false
	}
	s.member[pc] = true
	s.list = append(s.list, pc)
	return true
}

func (s *pcSet) clear() {
	for _, pc := range s.list {
		s.member[pc] = false
	}
	s.list = s.list[:0]
}

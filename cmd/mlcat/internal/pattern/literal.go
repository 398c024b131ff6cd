package pattern

import (
	"bytes"
	"regexp/syntax"
	"unicode/utf8"
)

// A literal is text that a match contains. With fold, upper and lower case are the
// same.
type literal struct {
	text string // in lower case with fold
	fold bool
}

const (
	maxLiterals     = 4 // a search for more is slower than the automaton
	minLiteralBytes = 2 // shorter literals occur in too many lines
)

// requiredLiterals returns literals of which every match of re contains at least one,
// or nil if a search for them would not pay.
func requiredLiterals(re *syntax.Regexp) []literal {
	set := required(re)
	if len(set) == 0 || len(set) > maxLiterals {
		return nil
	}
	single := len(set) == 1 && re.Op == syntax.OpLiteral
	for _, l := range set {
		if len(l.text) < minLiteralBytes && !single {
			return nil
		}
		if l.fold && !l.hasAnchor() {
			return nil
		}
	}
	return set
}

// required returns literals of which every match of re contains at least one, or nil
// if it finds none.
func required(re *syntax.Regexp) []literal {
	switch re.Op {
	case syntax.OpLiteral:
		return literalOf(re)
	case syntax.OpCapture, syntax.OpPlus:
		return required(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return required(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []literal
		for _, sub := range re.Sub {
			if set := required(sub); better(set, best) {
				best = set
			}
		}
		return best
	case syntax.OpAlternate:
		var all []literal
		for _, sub := range re.Sub {
			set := required(sub)
			if len(set) == 0 {
				return nil
			}
			all = append(all, set...)
		}
		return all
	}
	return nil
}

// literalOf returns the literal that re consists of, or nil if it can't be searched for
// as bytes.
func literalOf(re *syntax.Regexp) []literal {
	text := make([]byte, 0, len(re.Rune))
	for _, r := range re.Rune {
		if r == utf8.RuneError { // also matches bytes that are not UTF-8
			return nil
		}
		text = utf8.AppendRune(text, r)
	}
	if re.Flags&syntax.FoldCase == 0 {
		return []literal{{text: string(text)}}
	}
	return []literal{{text: string(bytes.ToLower(text)), fold: true}}
}

// better reports whether set is more selective than than: its literals are fewer or
// longer.
func better(set, than []literal) bool {
	if len(set) == 0 || len(than) == 0 {
		return len(set) > 0
	}
	return shortest(set)*len(than) > shortest(than)*len(set)
}

// shortest returns the length in bytes of the shortest literal.
func shortest(set []literal) int {
	n := len(set[0].text)
	for _, l := range set[1:] {
		n = min(n, len(l.text))
	}
	return n
}

// hasAnchor reports whether a byte of a folded literal is one by which it can be found.
func (l literal) hasAnchor() bool {
	for i := range len(l.text) {
		if isAnchor(l.text[i]) {
			return true
		}
	}
	return false
}

// isAnchor reports whether b, of a folded literal, occurs in every match, either as it is or as
// its ASCII upper case. k and s do not, because letters outside ASCII fold to them; nor do
// bytes of letters outside ASCII, whose cases may differ in length.
func isAnchor(b byte) bool { return b < utf8.RuneSelf && b != 'k' && b != 's' }

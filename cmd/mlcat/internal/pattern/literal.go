package pattern

import (
	"bytes"
	"regexp/syntax"
	"unicode/utf8"
)

// A literal is text that a match contains. With fold it is there in any case.
type literal struct {
	text string // lower case with fold
	fold bool
}

const (
	maxLiterals     = 4 // more are slower to look for than the automaton is
	minLiteralBytes = 2 // shorter ones are everywhere
)

// requiredLiterals returns literals of which every match of re contains one, or
// nil when there are none worth looking for.
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
		if l.fold && l.anchors() == "" {
			return nil
		}
	}
	return set
}

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

func literalOf(re *syntax.Regexp) []literal {
	text := make([]byte, 0, len(re.Rune))
	for _, r := range re.Rune {
		if r == utf8.RuneError { // it also matches bytes that are no UTF-8
			return nil
		}
		text = utf8.AppendRune(text, r)
	}
	if re.Flags&syntax.FoldCase == 0 {
		return []literal{{text: string(text)}}
	}
	return []literal{{text: string(bytes.ToLower(text)), fold: true}}
}

// better reports whether set is the more selective one: fewer, longer literals.
func better(set, than []literal) bool {
	if len(set) == 0 || len(than) == 0 {
		return len(set) > 0
	}
	return shortest(set)*len(than) > shortest(than)*len(set)
}

func shortest(set []literal) int {
	n := len(set[0].text)
	for _, l := range set[1:] {
		n = min(n, len(l.text))
	}
	return n
}

// anchors returns the bytes of a folded literal that occur in a match either as
// they are or as the ASCII letter's upper case, and as nothing else. Letters
// outside ASCII fold to other lengths, and some to k and s.
func (l literal) anchors() string {
	var anchors []byte
	for i := range len(l.text) {
		if b := l.text[i]; b < utf8.RuneSelf && b != 'k' && b != 's' {
			anchors = append(anchors, b)
		}
	}
	return string(anchors)
}

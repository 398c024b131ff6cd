// Package pattern finds the lines of a log that a regular expression or a fixed
// string matches, at the speed of reading them.
//
// The syntax is RE2's, as package regexp has it, and what that package says of a
// line is what holds. It is asked only about lines that two cheaper tests let
// through: text that every match must contain, looked for in whole blocks, and a
// deterministic automaton that takes one table look-up per byte.
package pattern

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Options say how the texts of a pattern are meant.
type Options struct {
	Fixed      bool // the texts are strings, not expressions
	IgnoreCase bool
}

// A Pattern matches lines. It does not change and may be shared; what a scan has
// to remember is in a [Searcher].
type Pattern struct {
	re       *regexp.Regexp
	nfa      *nfa
	required []literal // every matching line contains one of them; nil when unknown
	whole    bool      // containing the one required literal is all a match takes
}

// Compile returns the pattern that matches where one of texts does.
func Compile(texts []string, opt Options) (*Pattern, error) {
	parts := make([]string, len(texts))
	for i, text := range texts {
		if strings.ContainsRune(text, '\n') {
			return nil, fmt.Errorf("unable to understand pattern %q: a line holds no newline", text)
		}
		if opt.Fixed {
			text = regexp.QuoteMeta(text)
		} else if _, err := syntax.Parse(text, syntax.Perl); err != nil {
			return nil, fmt.Errorf("unable to understand pattern %q: %w", text, withoutPrefix(err))
		}
		parts[i] = text
	}
	expr := parts[0]
	if len(parts) > 1 {
		expr = "(?:" + strings.Join(parts, ")|(?:") + ")"
	}
	if opt.IgnoreCase {
		expr = "(?i:" + expr + ")"
	}
	re, err := regexp.Compile(expr)
	if err != nil {
		return nil, fmt.Errorf("unable to understand pattern %q: %w", strings.Join(texts, "|"), withoutPrefix(err))
	}
	tree, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, fmt.Errorf("unable to understand pattern %q: %w", strings.Join(texts, "|"), withoutPrefix(err))
	}
	prog, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, fmt.Errorf("unable to understand pattern %q: %w", strings.Join(texts, "|"), withoutPrefix(err))
	}
	p := &Pattern{re: re, nfa: newNFA(prog), required: requiredLiterals(tree)}
	p.whole = len(p.required) == 1 && !p.required[0].fold && tree.Op == syntax.OpLiteral
	return p, nil
}

// withoutPrefix takes regexp's own prefix off its errors: ours says the same.
func withoutPrefix(err error) error {
	return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
}

// Find returns the places of line that the pattern matches, as pairs of offsets.
func (p *Pattern) Find(line []byte) [][]int { return p.re.FindAllIndex(line, -1) }

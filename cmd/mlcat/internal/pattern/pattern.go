package pattern

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Options tell how to interpret the texts of a pattern.
type Options struct {
	Fixed      bool // the texts are strings, not expressions
	IgnoreCase bool // upper and lower case are the same
}

// A Pattern matches lines. It never changes, so goroutines may share it. The state of
// a search is in a [Searcher].
type Pattern struct {
	re       *regexp.Regexp
	nfa      *nfa
	required []literal // every matching line contains one of them; nil if there are none
	whole    bool      // a line matches if it contains the one required literal
}

// Compile returns the pattern that matches a line if one of texts does. There must be
// at least one text. The error names the text that is invalid.
func Compile(texts []string, opt Options) (*Pattern, error) {
	parts := make([]string, len(texts))
	for i, text := range texts {
		if strings.ContainsRune(text, '\n') {
			return nil, fmt.Errorf("unable to understand pattern %q: it contains a newline, but no line does", text)
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

// withoutPrefix removes the prefix of package regexp from err, which would repeat ours.
func withoutPrefix(err error) error {
	return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
}

// Find returns all matches in line, each as the offsets of its start and its end.
func (p *Pattern) Find(line []byte) [][]int { return p.re.FindAllIndex(line, -1) }

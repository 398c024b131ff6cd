package pattern

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Options tell how to interpret the texts of a pattern.
type Options struct {
	Fixed bool // the texts are strings, not expressions
	Case  Case // of each text by itself
	All   bool // a line must match all texts, not one of them
}

// A Pattern matches lines. It never changes, so goroutines may share it. The state of
// a search is in a [Searcher].
type Pattern struct {
	re       *regexp.Regexp
	nfa      *nfa
	required []literal // every matching line contains one of them; nil if there are none
	whole    bool      // a line matches if it contains the one required literal

	also  []*Pattern     // a line must match these, too
	shown *regexp.Regexp // what Find finds
}

// Compile returns the pattern that matches a line if one of texts does, or if all do where the
// options say so. There must be at least one text. The error names the text that is invalid.
func Compile(texts []string, opt Options) (*Pattern, error) {
	p, err := compile(texts, opt)
	if err != nil || !opt.All || len(texts) == 1 {
		return p, err
	}
	var each []*Pattern
	best := 0
	for i, text := range texts {
		one, err := compile([]string{text}, opt)
		if err != nil {
			return nil, err
		}
		each = append(each, one)
		if better(one.required, each[best].required) {
			best = i
		}
	}
	first := each[best] // finds lines fastest
	first.also = append(each[:best:best], each[best+1:]...)
	first.shown = p.re
	return first, nil
}

// compile is Compile for lines that match one of texts.
func compile(texts []string, opt Options) (*Pattern, error) {
	parts := make([]string, len(texts))
	for i, text := range texts {
		if strings.ContainsRune(text, '\n') {
			return nil, fmt.Errorf("unable to understand pattern %q: it contains a newline, but no line does", text)
		}
		fold := opt.Case.folds(text, opt.Fixed)
		if opt.Fixed {
			text = regexp.QuoteMeta(text)
		} else if _, err := syntax.Parse(text, syntax.Perl); err != nil {
			return nil, fmt.Errorf("unable to understand pattern %q: %w", text, withoutPrefix(err))
		}
		if fold {
			text = "(?i:" + text + ")"
		}
		parts[i] = text
	}
	expr := parts[0]
	if len(parts) > 1 {
		expr = "(?:" + strings.Join(parts, ")|(?:") + ")"
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
	p := &Pattern{re: re, shown: re, nfa: newNFA(prog), required: requiredLiterals(tree)}
	p.whole = len(p.required) == 1 && tree.Op == syntax.OpLiteral
	return p, nil
}

// withoutPrefix removes the prefix of package regexp from err, which would repeat ours.
func withoutPrefix(err error) error {
	return fmt.Errorf("%s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
}

// Find returns all matches in line, each as the offsets of its start and its end.
func (p *Pattern) Find(line []byte) [][]int { return p.shown.FindAllIndex(line, -1) }

package pattern

import (
	"regexp"
	"strings"
	"unicode"
)

// A Case says if upper and lower case are the same.
type Case int

// The kinds of Case.
const (
	// SmartCase ignores case in a text that has no capitals, as journalctl does. In an
	// expression, letters behind a backslash, as in \S, names of groups and flags do not count.
	SmartCase Case = iota

	CaseSensitive
	IgnoreCase
)

// notLiteral matches what may have letters in an expression that are not matched: escapes,
// names of groups, and flags.
var notLiteral = regexp.MustCompile(`\\[pP]\{[^}]*\}|\\[pP].|\\x\{[^}]*\}|\\x..|\\.|\(\?P?<[^>]*>|\(\?[a-zA-Z-]*`)

// folds reports whether case is ignored in text.
func (c Case) folds(text string, fixed bool) bool {
	if c != SmartCase {
		return c == IgnoreCase
	}
	if !fixed && !strings.Contains(text, `\Q`) {
		text = notLiteral.ReplaceAllString(text, "")
	}
	lower := strings.IndexFunc(text, unicode.IsLower) >= 0 // otherwise there is nothing to ignore
	return lower && strings.IndexFunc(text, unicode.IsUpper) < 0
}

package naive

import (
	"math/big"
	"strings"
)

// The kinds of actions are the characters that they begin with.
const (
	Select   = '+'
	Deselect = '-'
	Stderr   = 'e'
	Status   = '='
	Dir      = '.' // also for /
)

// Action is an action of a script that does something with a line.
type Action struct {
	Kind byte
	Text string // pattern or path

	// For Dir only:
	Size         int64 // the most bytes in a file
	Count        int   // the most files, with current
	HasProcessor bool
	Processor    string
}

// Script is a parsed command line.
type Script struct {
	Label   bool // the script begins with t
	Actions []Action
}

// Parse parses a command line.
func Parse(args []string) Script {
	var s Script
	size, count := int64(99999), int64(10)
	hasProcessor, processor := false, ""
	for i, arg := range args {
		switch {
		case strings.HasPrefix(arg, "t") && i == 0:
			s.Label = true
		case strings.HasPrefix(arg, "+"), strings.HasPrefix(arg, "-"), strings.HasPrefix(arg, "="):
			s.Actions = append(s.Actions, Action{Kind: arg[0], Text: arg[1:]})
		case strings.HasPrefix(arg, "e"):
			s.Actions = append(s.Actions, Action{Kind: Stderr})
		case strings.HasPrefix(arg, "s"):
			size = within(4096, digits(arg[1:]), 16777215)
		case strings.HasPrefix(arg, "n"):
			count = within(2, digits(arg[1:]), 1_000_000_000)
		case strings.HasPrefix(arg, "!"):
			hasProcessor, processor = true, arg[1:]
		case strings.HasPrefix(arg, "."), strings.HasPrefix(arg, "/"):
			s.Actions = append(s.Actions, Action{
				Kind: Dir, Text: arg, Size: size, Count: int(count),
				HasProcessor: hasProcessor, Processor: processor,
			})
		}
	}
	return s
}

// digits returns the number at the start of text, 0 if there is none.
func digits(text string) *big.Int {
	n := new(big.Int)
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			break
		}
		n.Mul(n, big.NewInt(10))
		n.Add(n, big.NewInt(int64(c-'0')))
	}
	return n
}

// within returns n, or the limit that n exceeds.
func within(least int64, n *big.Int, most int64) int64 {
	if n.Cmp(big.NewInt(least)) < 0 {
		return least
	}
	if n.Cmp(big.NewInt(most)) > 0 {
		return most
	}
	return n.Int64()
}

// Takers reports, for each action, whether it takes lines and gets this one. line is
// the part of the line that patterns see.
func (s *Script) Takers(line string) []bool {
	takes := make([]bool, len(s.Actions))
	selected := true
	for i, a := range s.Actions {
		switch {
		case a.Kind == Select && !selected && Match(a.Text, line):
			selected = true
		case a.Kind == Deselect && selected && Match(a.Text, line):
			selected = false
		case a.Kind != Select && a.Kind != Deselect:
			takes[i] = selected
		}
	}
	return takes
}

package naive

import (
	"math/big"
	"strings"
)

// Kinds of actions, by the character that they begin with.
const (
	Select   = '+'
	Deselect = '-'
	Stderr   = 'e'
	Status   = '='
	Dir      = '.' // and /
)

// Action is an action of a script that does something with a line.
type Action struct {
	Kind byte
	Text string // pattern or path

	// Of a directory:
	Size         int64 // of a file, in bytes
	Count        int   // of files, current among them
	HasProcessor bool
	Processor    string
}

// Script is what a command line says.
type Script struct {
	Label   bool
	Actions []Action
}

// Parse reads a command line.
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

// digits is the number that text begins with.
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

// within is n, or the limit that it is beyond.
func within(least int64, n *big.Int, most int64) int64 {
	if n.Cmp(big.NewInt(least)) < 0 {
		return least
	}
	if n.Cmp(big.NewInt(most)) > 0 {
		return most
	}
	return n.Int64()
}

// Takers says, for each action, whether it is one that takes lines and gets
// this one: all of the line that patterns see.
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

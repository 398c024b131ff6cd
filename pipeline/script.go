package pipeline

import (
	"strings"

	"multilog/rotate"
)

// A script is multilog's command line: one action per argument, told by its
// first character. What is no action is ignored, as daemontools does, so that
// a script may hold words for one logger that another does not know.

// Limits of a script's numbers.
const (
	minFileBytes     = 4096
	maxFileBytes     = 16777215
	defaultFileBytes = 99999
	minFiles         = 2
	defaultFiles     = 10
)

// rule is a pattern and what a match does to a line.
type rule struct {
	pattern pattern
	selects bool // +pattern; -pattern deselects
}

// sinkKind is what becomes of a selected line.
type sinkKind uint8

const (
	toStderr sinkKind = iota // e
	toStatus                 // =file
	toDir                    // ./dir, /dir
)

// sink is an action that takes lines. It takes those that the rules before it
// in the script leave selected.
type sink struct {
	kind  sinkKind
	index int // in Script.Status or Script.Dirs
	rules int // how many of Script.rules stand before it
}

// Script is a parsed command line.
type Script struct {
	Label  bool            // t
	Status []string        // the files of = actions
	Dirs   []rotate.Config // the log directories

	rules []rule
	sinks []sink
}

// Parse reads a script. There is nothing that it refuses.
func Parse(args []string) *Script {
	s := &Script{}
	conf := rotate.Config{Size: defaultFileBytes, Count: defaultFiles}
	for i, arg := range args {
		if arg == "" {
			continue
		}
		switch rest := arg[1:]; arg[0] {
		case 't':
			s.Label = s.Label || i == 0
		case '+', '-':
			s.rules = append(s.rules, rule{pattern: compile(rest), selects: arg[0] == '+'})
		case 'e':
			s.add(toStderr, 0)
		case '=':
			s.Status = append(s.Status, rest)
			s.add(toStatus, len(s.Status)-1)
		case 's':
			conf.Size = min(max(number(rest), minFileBytes), maxFileBytes)
		case 'n':
			conf.Count = int(max(number(rest), minFiles))
		case '!':
			conf.HasProcessor, conf.Processor = true, rest
		case '.', '/':
			conf.Name = arg
			s.Dirs = append(s.Dirs, conf)
			s.add(toDir, len(s.Dirs)-1)
		}
	}
	return s
}

func (s *Script) add(kind sinkKind, index int) {
	s.sinks = append(s.sinks, sink{kind: kind, index: index, rules: len(s.rules)})
}

// plain says that the lines need not be looked at: all of them go to every
// directory as they are, and nowhere else.
func (s *Script) plain() bool {
	if s.Label || len(s.rules) > 0 {
		return false
	}
	for _, k := range s.sinks {
		if k.kind != toDir {
			return false
		}
	}
	return true
}

// number is the value of the decimal digits that text begins with: 0 if there
// are none, and at most a billion.
func number(text string) int64 {
	const most = 1_000_000_000
	n := int64(0)
	for i := 0; i < len(text) && strings.IndexByte("0123456789", text[i]) >= 0; i++ {
		n = min(n*10+int64(text[i]-'0'), most)
	}
	return n
}

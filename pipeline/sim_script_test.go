package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"strconv"
)

// What histories consist of: a script, and numbered lines of all lengths.

// simRule selects or deselects the lines of one kind.
type simRule struct {
	kind    byte
	selects bool
}

// simDir is a directory of a script, and the rules before it.
type simDir struct {
	name  string
	rules []simRule
	count int
	cap   int  // bytes; 0 for none
	keeps bool // it has a k
}

func (d *simDir) selects(kind byte) bool {
	selected := true
	for _, r := range d.rules {
		if r.kind == kind {
			selected = r.selects
		}
	}
	return selected
}

// simScript is a script and what it means.
type simScript struct {
	label  bool
	dirs   []simDir
	args   []string
	status bool
}

const simKinds = "abc"

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

func randomScript(r *rand.Rand) *simScript {
	s := &simScript{label: r.IntN(2) == 0}
	if s.label {
		s.args = append(s.args, "t")
	}
	if r.IntN(8) == 0 {
		s.status = true
		s.args = append(s.args, "=status")
	}
	var rules []simRule
	conf := simDir{count: 10}
	for i := range pick(r, 1, 1, 1, 2, 2, 3) {
		for range pick(r, 0, 0, 1, 2) {
			rule := simRule{kind: simKinds[r.IntN(len(simKinds))], selects: r.IntN(3) == 0}
			rules = append(rules, rule)
			s.args = append(s.args, s.pattern(rule))
		}
		if i == 0 || r.IntN(2) == 0 {
			conf.count = pick(r, 2, 2, 3, 5)
			s.args = append(s.args, "s"+strconv.Itoa(pick(r, 4096, 4096, 4096, 5000, 7000)), "n"+strconv.Itoa(conf.count))
		}
		if r.IntN(4) == 0 {
			s.args = append(s.args, "!process")
		}
		if r.IntN(8) == 0 {
			s.args = append(s.args, pick(r, "a1ms", "a100ms", "a10s"))
		}
		if r.IntN(8) == 0 {
			s.args = append(s.args, pick(r, "y1ms", "y100ms", "y10s"))
		}
		if r.IntN(10) == 0 {
			conf.cap = pick(r, 4096, 7000, 15000)
			s.args = append(s.args, "c"+strconv.Itoa(conf.cap))
		}
		if r.IntN(12) == 0 {
			conf.keeps = true
			s.args = append(s.args, "k5000")
		}
		conf.name = fmt.Sprintf("./dir%d", i)
		conf.rules = append([]simRule(nil), rules...)
		s.dirs = append(s.dirs, conf)
		s.args = append(s.args, conf.name)
	}
	if r.IntN(16) == 0 {
		s.args = append(s.args, "e")
	}
	return s
}

func (s *simScript) pattern(r simRule) string {
	p := "-"
	if r.selects {
		p = "+"
	}
	if s.label {
		return p + "@* " + string(r.kind) + "*"
	}
	return p + string(r.kind) + "*"
}

// simLine is a line of the input.
type simLine struct {
	text []byte // with its newline
	kind byte
}

// simLines generates lines, each with a number of its own.
type simLines struct {
	all    []simLine
	first  int   // of the stream
	starts []int // in the stream, from first on
	stream []byte
}

const numberDigits = 5

// numberOf returns the number of a line, or -1.
func (l *simLines) numberOf(line []byte) int {
	if len(line) < 2+numberDigits {
		return -1
	}
	n := 0
	for _, c := range line[1 : 1+numberDigits] {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	if n >= len(l.all) || string(l.all[n].text) != string(line) {
		return -1
	}
	return n
}

// filler never repeats itself. If a batch was followed by the same bytes once more, the
// two could not be told apart after a kill between the read of the batch and the mark
// in the lock page.
var filler = func() (b [16384]byte) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = "abcdefghijklmnopqrstuvwxyz      "[r.IntN(32)]
	}
	return b
}()

// newStream generates another stream of some lines.
func (l *simLines) newStream(r *rand.Rand) {
	l.first, l.starts = len(l.all), l.starts[:0]
	most := pick(r, 0, 3000, 8000, 12000, 20000)
	mean := pick(r, 30, 150, 150, 400, 400, 900)
	odd := pick(r, 0, 0, 8, 3)
	var stream []byte
	for len(stream) < most {
		size := 8 + r.IntN(2*mean)
		if odd > 0 && r.IntN(odd) == 0 {
			size = pick(r, 960+r.IntN(80), 990+r.IntN(20), 2001+r.IntN(1000), 4090+r.IntN(5000))
		}
		kind := simKinds[r.IntN(len(simKinds))]
		l.starts = append(l.starts, len(stream))
		n := len(l.all)
		stream = append(stream, kind)
		for d := 10000; d > 0; d /= 10 {
			stream = append(stream, byte('0'+n/d%10))
		}
		stream = append(stream, ' ')
		at := r.IntN(100)
		stream = append(stream, filler[at:at+size-7]...)
		stream = append(stream, '\n')
		l.all = append(l.all, simLine{kind: kind})
	}
	for i := range l.starts {
		end := len(stream)
		if i+1 < len(l.starts) {
			end = l.starts[i+1]
		}
		l.all[l.first+i].text = stream[l.starts[i]:end:end]
	}
	l.stream = stream
	if len(stream) > 0 && r.IntN(3) == 0 {
		l.stream = stream[: len(stream)-1 : len(stream)-1] // the last line is unfinished
	}
}

// lineAt returns the line, counted from the stream's first, that contains the offset.
func (l *simLines) lineAt(offset int) int {
	return sort.SearchInts(l.starts, offset+1) - 1
}

// pieces returns the ends of the pieces in which the stream is written.
func (l *simLines) pieces(r *rand.Rand) (ends []int) {
	size := len(l.stream)
	for range min(size, pick(r, 0, 3, 10, 30)) {
		switch r.IntN(3) {
		case 0:
			ends = append(ends, r.IntN(size))
		case 1:
			ends = append(ends, l.starts[r.IntN(len(l.starts))])
		case 2: // within the beginning of a line
			ends = append(ends, min(size, l.starts[r.IntN(len(l.starts))]+r.IntN(12)))
		}
	}
	return ends
}

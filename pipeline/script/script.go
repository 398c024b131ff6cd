package script

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"multilog/internal/seekable"
	"multilog/internal/zstdcmd"
	"multilog/rotate"
)

// LineBytes is how much of a line, stamp included, patterns, status files and
// standard error see.
const LineBytes = 1000

// Limits and defaults of a script's numbers.
const (
	minFileBytes     = 4096
	maxFileBytes     = 16777215 // by s, as in daemontools
	maxBigFileBytes  = 2 << 30  // by b
	maxTotalBytes    = 1 << 60  // of c and k
	maxTimeHours     = 876_000  // of a and y, a century: it can be added to any time of ours
	defaultFileBytes = 99999
	minFiles         = 2
	defaultFiles     = 10
	maxCodeBytes     = 32 // of w
	defaultLevel     = 3  // of z
)

// rule is a pattern and what a match does to a line.
type rule struct {
	pattern pattern
	selects bool // +pattern; -pattern deselects
}

// SinkKind is what becomes of a line that a sink gets.
type SinkKind uint8

// The kinds of sinks.
const (
	ToStderr SinkKind = iota // e: the line is printed to standard error
	ToStatus                 // =file: the file holds the line
	ToDir                    // ./dir, /dir: the line is appended to a log
)

// Sink is an action that takes lines. It takes those that the patterns before
// it in the script leave selected.
type Sink struct {
	Kind  SinkKind
	Index int // in Script.Status or Script.Dirs; 0 for ToStderr
	rules int // how many of Script.rules stand before it
}

// Script is a parsed command line. It does not change after Parse.
type Script struct {
	Stamp  Stamp
	Status []string        // the files of = actions, in the script's order
	Dirs   []rotate.Config // the log directories, in the script's order
	Sinks  []Sink          // the actions that take lines, in the script's order

	rules    []rule
	segments []*segment // by sink
	keyAt    int        // the byte of a line that narrows down which rules can match
}

// parser reads a script. It keeps what holds for the directories that follow.
type parser struct {
	script Script
	conf   rotate.Config
	big    int64  // of b, in bytes; 0 if there was none
	glob   bool   // after F: patterns are those of fnmatch(3)
	code   string // of w
	zstd   bool   // after z: the processor is ours
}

// Parse reads a script. It returns an error for a word of this program's own
// whose number it does not understand or accept; the error names the word and
// says what is accepted. Words that are no actions are ignored.
func Parse(args []string) (*Script, error) {
	p := parser{conf: rotate.Config{Size: defaultFileBytes, Count: defaultFiles}, code: "s"}
	for i, arg := range args {
		if arg == "" {
			continue
		}
		if i == 0 {
			p.script.Stamp = stampOf(arg)
		}
		p.action(arg)
		if err := p.extension(arg); err != nil {
			return nil, fmt.Errorf("unable to understand %s in the script: %w", arg, err)
		}
	}
	p.script.index()
	return &p.script, nil
}

// action reads an action of daemontools' multilog.
func (p *parser) action(arg string) {
	s := &p.script
	switch rest := arg[1:]; arg[0] {
	case '+', '-':
		s.rules = append(s.rules, rule{pattern: p.compile(rest), selects: arg[0] == '+'})
	case 'e':
		s.add(ToStderr, 0)
	case '=':
		s.Status = append(s.Status, rest)
		s.add(ToStatus, len(s.Status)-1)
	case 's':
		p.conf.Size = min(max(number(rest), minFileBytes), maxFileBytes)
	case 'n':
		p.conf.Count = int(max(number(rest), minFiles))
	case '!':
		p.conf.Command, p.zstd = []string{"/bin/sh", "sh", "-c", rest}, false
	case '.', '/':
		conf := p.conf
		conf.Name, conf.Code = arg, p.code
		if p.zstd {
			conf.Code += ".zst"
		}
		if p.big != 0 {
			conf.Size = p.big
		}
		s.Dirs = append(s.Dirs, conf)
		s.add(ToDir, len(s.Dirs)-1)
	}
}

// extension reads an action that daemontools' multilog ignores: daemontools-
// encore's F, S and w, and this program's own. The latter count only when a
// digit follows the letter; z also counts alone.
func (p *parser) extension(arg string) error {
	rest := arg[1:]
	switch {
	case arg == "F":
		p.glob = true
	case arg == "S":
		p.glob = false
	case arg[0] == 'w':
		if isCode(rest) {
			p.code = rest
		}
	case arg == "z":
		p.compress(defaultLevel)
	case rest == "" || rest[0] < '0' || rest[0] > '9':
	case arg[0] == 'z':
		return p.level(rest)
	case arg[0] == 'b':
		return sizeBetween(&p.big, rest, minFileBytes, maxBigFileBytes)
	case arg[0] == 'c':
		return sizeBetween(&p.conf.Cap, rest, 1, maxTotalBytes)
	case arg[0] == 'k':
		return sizeBetween(&p.conf.KeepFree, rest, 1, maxTotalBytes)
	case arg[0] == 'a':
		return duration(&p.conf.MaxAge, rest)
	case arg[0] == 'y':
		return duration(&p.conf.SyncWithin, rest)
	}
	return nil
}

func (p *parser) compile(text string) pattern {
	if p.glob {
		return pattern{glob: &text}
	}
	return compile(text)
}

// level reads what follows z. Anything but a number makes it an unknown word.
func (p *parser) level(text string) error {
	level, err := strconv.Atoi(text)
	if err != nil {
		return nil
	}
	if _, err := seekable.LevelOf(level); err != nil {
		return err
	}
	p.compress(level)
	return nil
}

// compress makes this program itself, under another name, the processor.
func (p *parser) compress(level int) {
	p.conf.Command = []string{"/proc/self/exe", zstdcmd.Name, "-" + strconv.Itoa(level)}
	p.zstd = true
}

// isCode reports whether text can stand behind the label and the dot in a file
// name, as wCODE asks.
func isCode(text string) bool {
	return text != "" && len(text) <= maxCodeBytes && strings.IndexByte(text, '/') < 0
}

// sizeBetween reads a size in bytes, such as 64MB or 1GiB.
func sizeBetween(to *int64, text string, least, most uint64) error {
	n, err := humanize.ParseBytes(text)
	if err != nil || n < least || n > most {
		return fmt.Errorf("a size from %s to %s is wanted, such as 64MB or 1GiB", humanize.IBytes(least), humanize.IBytes(most))
	}
	*to = int64(n)
	return nil
}

// duration reads a time such as 90s or 24h, in nanoseconds. A longer one than
// maxTimeHours counts as maxTimeHours.
func duration(to *int64, text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return errors.New("a time longer than 0 is wanted, such as 90s, 5m or 24h")
	}
	*to = int64(min(d, maxTimeHours*time.Hour))
	return nil
}

func (s *Script) add(kind SinkKind, index int) {
	s.Sinks = append(s.Sinks, Sink{Kind: kind, Index: index, rules: len(s.rules)})
}

// Uniform reports whether every line goes to every directory and nowhere
// else, so that no line has to be looked at.
func (s *Script) Uniform() bool {
	if len(s.rules) > 0 {
		return false
	}
	for i := range s.Sinks {
		if s.Sinks[i].Kind != ToDir {
			return false
		}
	}
	return true
}

// number returns the value of the decimal digits that text begins with: 0 if
// there are none, and at most a billion.
func number(text string) int64 {
	const most = 1_000_000_000
	n := int64(0)
	for i := 0; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		n = min(n*10+int64(text[i]-'0'), most)
	}
	return n
}

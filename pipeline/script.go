package pipeline

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

// A script is multilog's command line: one action per argument, told by its
// first character. What is no action is ignored, as daemontools does, so that
// a script may hold words for one logger that another does not know.

// Limits of a script's numbers.
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
	Status []string        // the files of = actions
	Dirs   []rotate.Config // the log directories

	stamp    stampKind
	rules    []rule
	sinks    []sink
	segments []*segment // by sink
	keyAt    int        // which byte of a line tells what rules may match
}

// parser reads a script; what holds for the directories that follow is in conf.
type parser struct {
	script Script
	conf   rotate.Config
	big    int64 // b; 0 if there was none
	glob   bool  // F: patterns are fnmatch's
	code   string
	zstd   bool
}

// Parse reads a script. Words that daemontools' multilog does not have, and
// that hold a number which can't be understood, are errors.
func Parse(args []string) (*Script, error) {
	p := parser{conf: rotate.Config{Size: defaultFileBytes, Count: defaultFiles}, code: "s"}
	for i, arg := range args {
		if arg == "" {
			continue
		}
		if i == 0 {
			p.script.stamp = stampOf(arg)
		}
		p.action(arg)
		if err := p.extension(arg); err != nil {
			return nil, fmt.Errorf("unable to understand %s in the script: %w", arg, err)
		}
	}
	p.script.index()
	return &p.script, nil
}

// action reads one of daemontools' actions.
func (p *parser) action(arg string) {
	s := &p.script
	switch rest := arg[1:]; arg[0] {
	case '+', '-':
		s.rules = append(s.rules, rule{pattern: p.compile(rest), selects: arg[0] == '+'})
	case 'e':
		s.add(toStderr, 0)
	case '=':
		s.Status = append(s.Status, rest)
		s.add(toStatus, len(s.Status)-1)
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
		s.add(toDir, len(s.Dirs)-1)
	}
}

// extension reads one of the actions that daemontools' multilog ignores:
// daemontools-encore's F, S and w, and this program's own. The latter count
// only with a digit behind the letter, z also alone; any other word is none.
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

// level reads what follows z; a z that is followed by anything but a number is
// none.
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

// compress makes the processor this very program, under another name.
func (p *parser) compress(level int) {
	p.conf.Command = []string{"/proc/self/exe", zstdcmd.Name, "-" + strconv.Itoa(level)}
	p.zstd = true
}

// isCode says whether text can be what wCODE puts behind the label and the dot.
func isCode(text string) bool {
	return text != "" && len(text) <= maxCodeBytes && strings.IndexByte(text, '/') < 0
}

// sizeBetween reads a size such as 64MB or 1GiB.
func sizeBetween(to *int64, text string, least, most uint64) error {
	n, err := humanize.ParseBytes(text)
	if err != nil || n < least || n > most {
		return fmt.Errorf("a size from %s to %s is wanted, such as 64MB or 1GiB", humanize.IBytes(least), humanize.IBytes(most))
	}
	*to = int64(n)
	return nil
}

// duration reads a time such as 90s or 24h; longer than maxTimeHours is as long.
func duration(to *int64, text string) error {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return errors.New("a time longer than 0 is wanted, such as 90s, 5m or 24h")
	}
	*to = int64(min(d, maxTimeHours*time.Hour))
	return nil
}

func (s *Script) add(kind sinkKind, index int) {
	s.sinks = append(s.sinks, sink{kind: kind, index: index, rules: len(s.rules)})
}

// uniform says that it does not matter what is in a line: all of them go to
// every directory, and nowhere else.
func (s *Script) uniform() bool {
	if len(s.rules) > 0 {
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
	for i := 0; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		n = min(n*10+int64(text[i]-'0'), most)
	}
	return n
}

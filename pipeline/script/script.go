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

// LineBytes is the number of bytes at the start of a line, including its stamp, that
// patterns and sinks other than directories see.
const LineBytes = 1000

// Limits and defaults of a script's numbers.
const (
	minFileBytes     = 4096
	maxFileBytes     = 16777215 // for s, as in daemontools
	maxBigFileBytes  = 2 << 30  // for b
	maxTotalBytes    = 1 << 60  // for c and k
	maxTimeHours     = 876_000  // for a and y: a century, so that adding it to a time cannot overflow
	defaultFileBytes = 99999
	minFiles         = 2
	defaultFiles     = 10
	maxCodeBytes     = 32 // for w
	defaultLevel     = 3  // for z
)

// rule is a pattern and what a match does to a line.
type rule struct {
	pattern pattern
	selects bool // +pattern; -pattern deselects
}

// SinkKind tells where a sink puts its lines.
type SinkKind uint8

// The kinds of sinks.
const (
	ToStderr SinkKind = iota // e: print the line to standard error
	ToStatus                 // =file: replace the content of the file with the line
	ToDir                    // ./dir, /dir: append the line to the log
)

// Sink is an action that takes lines: those that the patterns before it in the script
// leave selected.
type Sink struct {
	Kind  SinkKind
	Index int // in Script.Status or Script.Dirs; 0 for ToStderr
	rules int // the number of Script.rules before it
}

// Script is a parsed command line. It never changes.
type Script struct {
	Stamp  Stamp
	Status []string        // the files of = actions, in the script's order
	Dirs   []rotate.Config // the log directories, in the script's order
	Sinks  []Sink          // the actions that take lines, in the script's order

	rules    []rule
	segments []*segment // for each sink
	keyAt    int        // offset in a line of its key, which selects the rules to try
}

// parser parses a script. Its fields hold the settings for the directories that come
// next.
type parser struct {
	script Script
	conf   rotate.Config
	big    int64  // bytes, from b; 0 without it
	glob   bool   // F was the last of F and S: patterns are those of fnmatch(3)
	code   string // from w
	zstd   bool   // z was the last of z and !: the processor is our own
}

// Parse parses a script. It returns an error if the number in a word of this program's
// own is invalid or out of range; the error names the word and the range. Parse
// ignores words that are no actions.
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

// action parses an action of daemontools' multilog.
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
		p.conf.Size = clampSize(rest)
	case 'n':
		p.conf.Count = int(clampCount(rest))
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

// extension parses a word that daemontools' multilog ignores: daemontools-encore's F,
// S and w, and this program's own. The latter are actions only if a digit follows the
// letter, but z also alone.
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

// compile compiles the text of a pattern of the kind that F and S have chosen.
func (p *parser) compile(text string) pattern {
	if p.glob {
		return pattern{glob: &text}
	}
	return compile(text)
}

// level parses the text after z. If it is no number, the word is unknown and ignored.
func (p *parser) level(text string) error {
	level, err := strconv.Atoi(text)
	if errors.Is(err, strconv.ErrSyntax) {
		return nil
	}
	if _, err := seekable.LevelOf(level); err != nil {
		return err
	}
	p.compress(level)
	return nil
}

// Self stands for the path of this very program, as the first word of a command.
const Self = "/proc/self/exe"

// compress makes this program the processor, under the name of multilog-zstd.
func (p *parser) compress(level int) {
	p.conf.Command = []string{Self, zstdcmd.Name, "-" + strconv.Itoa(level)}
	p.zstd = true
}

// isCode reports whether text may follow the label and the dot in a file name, where
// wCODE puts it. u is for files that are not safe yet, and readers take svlogd's t for one
// that is being processed.
func isCode(text string) bool {
	return text != "" && text != "u" && text != "t" && len(text) <= maxCodeBytes && strings.IndexByte(text, '/') < 0
}

// sizeBetween parses a size such as 64MB or 1GiB and stores it in *to, in bytes. It
// returns an error if the size is not from least to most.
func sizeBetween(to *int64, text string, least, most uint64) error {
	n, err := humanize.ParseBytes(text)
	if err != nil || n < least || n > most {
		return fmt.Errorf("not a size from %s to %s, such as 64MB or 1GiB", humanize.IBytes(least), humanize.IBytes(most))
	}
	*to = int64(n)
	return nil
}

// duration parses a time such as 90s or 24h and stores it in *to, in nanoseconds, but
// at most maxTimeHours. It returns an error if the time is not longer than 0.
func duration(to *int64, text string) error {
	d, ok := parseTime(text)
	if !ok || d <= 0 {
		return errors.New("not a time longer than 0, such as 90s, 5m, 24h or 7d")
	}
	*to = int64(min(d, maxTimeHours*time.Hour))
	return nil
}

// parseTime parses a time as time.ParseDuration does. The time may begin with weeks and
// days, of 24 hours: 2w, 1w3d, 1d12h.
func parseTime(text string) (d time.Duration, ok bool) {
	const most = maxTimeHours * time.Hour
	var days time.Duration
	for _, unit := range []struct {
		letter string
		hours  float64
	}{{"w", 7 * 24}, {"d", 24}} {
		n, rest, ok := strings.Cut(text, unit.letter)
		if !ok {
			continue
		}
		value, err := strconv.ParseFloat(n, 64)
		if err != nil || strings.Trim(n, "0123456789.") != "" {
			return 0, false
		}
		days += time.Duration(min(value*unit.hours, maxTimeHours) * float64(time.Hour))
		if text = rest; text == "" {
			return min(days, most), true
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 && days > 0 {
		return 0, false
	}
	return min(d, most) + min(days, most), true
}

// add adds a sink after the rules so far.
func (s *Script) add(kind SinkKind, index int) {
	s.Sinks = append(s.Sinks, Sink{Kind: kind, Index: index, rules: len(s.rules)})
}

// Uniform reports whether every line goes to every directory and nowhere else, so
// that the caller need not call Choose.
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

// number returns the value of the decimal digits at the start of text, but at most a
// billion, and 0 if there are none.
func number(text string) int64 {
	const most = 1_000_000_000
	n := int64(0)
	for i := 0; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		n = min(n*10+int64(text[i]-'0'), most)
	}
	return n
}

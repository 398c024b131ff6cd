package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"multilog/internal/test/logger"
	"multilog/internal/test/memdir"
	"multilog/tai64n"
)

var (
	besideFor = flag.Duration("beside", time.Second, "how long TestReadBesideLogger reads beside each logger")
	besideAll = flag.Bool("beside-all", false, "TestReadBesideLogger has every combination of logger, count of files and way to read")
)

// besideLoggers are loggers at work, in directories with few and with many files. The
// loggers that prune remove files while mlcat reads them.
var besideLoggers = []struct {
	name   string
	files  int // there at first
	script string
	every  bool // only with -beside-all
}{
	{"plain-n20", 60, "t s4096 n20 ./main", false},
	{"plain-60", 60, "t s4096 n9999 ./main", true},
	{"plain-2000", 2000, "t s4096 n9999 ./main", false},
	{"z-n20", 60, "t z s4096 n20 ./main", true},
	{"z-60", 60, "t z s4096 n9999 ./main", true},
	{"z-2000", 2000, "t z s4096 n9999 ./main", true},
	{"gzip-n20", 60, "t s4096 n20 !gzip ./main", false},
	{"gzip-60", 60, "t s4096 n9999 !gzip ./main", false},
	{"gzip-2000", 2000, "t s4096 n9999 !gzip ./main", true},
}

// besideModes are the ways in which mlcat reads. Each line begins with its label and its
// number.
var besideModes = []struct {
	name string
	args []string
}{
	{"all", nil},
	{"last", []string{"-n", "300"}},
	{"reverse", []string{"-r"}},
	{"since", []string{"-S", "-10s"}}, // longer than a busy machine keeps a logger waiting
	{"cursor", []string{"--cursor-file=cursor"}},
}

// Beside a logger that rotates many times a second, each way to read shows each line
// once and in order, at least up to the line that was the last one when mlcat started. A
// line may be missing only if the logger removed it and a warning says so. There are no
// other warnings.
func TestReadBesideLogger(t *testing.T) {
	mlcat, ours := logger.Binary(t, "mlcat"), logger.Binary(t, "multilog")
	for _, l := range besideLoggers {
		for _, mode := range besideModes {
			if l.every && !*besideAll {
				continue
			}
			t.Run(l.name+"/"+mode.name, func(t *testing.T) {
				t.Parallel()
				duration := *besideFor
				if testing.Short() {
					duration = min(duration, time.Second/2)
				}
				b := &beside{t: t, dir: memdir.New(t), mlcat: mlcat, args: mode.args, prunes: strings.Contains(l.script, "n20")}
				b.begin(ours, l.files, strings.Fields(l.script))
				for end := time.Now().Add(duration); time.Now().Before(end) && b.failed < maxBesideFailed; {
					b.read()
				}
				b.end()
			})
		}
	}
}

// maxBesideFailed is the number of wrong runs after which a test ends.
const maxBesideFailed = 20

// beside is one logger, and the runs of mlcat beside it.
type beside struct {
	t      *testing.T
	dir    string
	mlcat  string
	args   []string
	prunes bool // the logger removes files

	logger *logger.Logger
	sent   atomic.Int64 // lines
	stop   chan struct{}
	done   chan struct{}

	runs, failed int
	next         int // the line that comes next, for a reader with a cursor
}

// begin fills the directory with files, starts the logger, and feeds it.
func (b *beside) begin(ours string, files int, script []string) {
	if b.prunes {
		files = min(files, 20)
	}
	b.start(ours, []string{"t", "s4096", "n9999", "./main"})
	for b.countOld("*") < files {
		b.send(400)
	}
	b.logger.EOF()
	b.logger.Exits(0)
	// The status file gets each line after it was written.
	b.start(ours, slices.Insert(script, len(script)-1, "=./status"))
	b.stop, b.done = make(chan struct{}), make(chan struct{})
	go b.feed()
	logger.Until(b.t, "the first line of the feed", func() bool { return b.logged() > 0 })
}

// feed sends 1,000 to 3,000 lines a second, in bursts as services do.
func (b *beside) feed() {
	defer close(b.done)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	behind := false
	for i := 0; ; i++ {
		select {
		case <-b.stop:
			return
		case <-tick.C:
			if i%feedLooks == 0 {
				behind = b.countOld("*.u") > maxPending
			}
			lines := 5 + i/20%11
			if behind {
				lines = 1
			}
			b.send(lines)
		}
	}
}

// maxPending is how many files may wait for a processor or for zstd before feed sends only
// 200 lines a second. Otherwise the logger would not come to its end when it should: a busy
// machine can't compress 3,000 lines a second.
const maxPending = 50

// feedLooks is how often feed sends lines before it looks at what waits.
const feedLooks = 100

func (b *beside) start(ours string, script []string) {
	b.logger = logger.Start(b.t, b.dir, nil, append([]string{ours}, script...)...)
}

func (b *beside) send(lines int) {
	var batch []byte
	n := int(b.sent.Load())
	for i := range lines {
		batch = fmt.Appendf(batch, "%d %s\n", n+i, strings.Repeat("x", (n+i)%90))
	}
	if _, err := b.logger.In.Write(batch); err != nil {
		b.t.Error(err)
	}
	b.sent.Add(int64(lines))
}

// countOld returns the number of old files whose names end as in pattern.
func (b *beside) countOld(pattern string) int {
	names, err := filepath.Glob(filepath.Join(b.dir, "main", "@"+pattern))
	if err != nil {
		b.t.Error(err)
	}
	return len(names)
}

func (b *beside) end() {
	close(b.stop)
	<-b.done
	b.logger.EOF()
	b.logger.Exits(0)
	if said := b.logger.Said(); said != "" {
		b.t.Errorf("the logger has said: %s", said)
	}
	b.t.Logf("%d runs of mlcat, %d of them wrong, %d lines logged", b.runs, b.failed, b.sent.Load())
}

// read runs mlcat once, and checks what it shows.
func (b *beside) read() {
	logged := b.logged()
	cmd := exec.Command(b.mlcat, append([]string{"-o", "tai64n", "main"}, b.args...)...)
	cmd.Dir = b.dir
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	b.runs++
	wrong := b.check(out, said.String(), logged)
	if err = errors.Join(err, wrong); err != nil {
		b.failed++
		b.t.Errorf("run %d: %v\nmlcat said: %s", b.runs, err, said.String())
	}
}

// logged returns a number of lines that the log has by now, or has more than.
func (b *beside) logged() int {
	status, err := os.ReadFile(filepath.Join(b.dir, "status"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		b.t.Fatal(err)
	}
	if fields := bytes.Fields(status); len(fields) > 1 {
		if n, err := strconv.Atoi(string(fields[1])); err == nil {
			return n + 1
		}
	}
	return 0
}

// A shownLine is a line as it was shown.
type shownLine struct {
	label  string
	number int
}

// check returns what is wrong with the lines that mlcat showed. At least logged lines
// were there when it started.
func (b *beside) check(out []byte, said string, logged int) error {
	var lines []shownLine
	for line := range bytes.Lines(out) {
		label, rest, _ := bytes.Cut(bytes.TrimSuffix(line, []byte("\n")), []byte(" "))
		number, text, ok := bytes.Cut(rest, []byte(" "))
		n, err := strconv.Atoi(string(number))
		if err != nil || !ok || len(text) != n%90 || len(label) != tai64n.Len {
			return fmt.Errorf("a line that was never sent: %q", line)
		}
		lines = append(lines, shownLine{string(label), n})
	}
	if slices.Contains(b.args, "-r") {
		slices.Reverse(lines)
	}
	removed, err := parseRemoved(said)
	if err != nil {
		return err
	}
	if !b.prunes && len(removed) > 0 {
		return errors.New("a false warning")
	}
	return b.checkOrder(lines, removed, logged)
}

func (b *beside) checkOrder(lines []shownLine, removed []string, logged int) error {
	if len(lines) == 0 {
		if b.next >= logged && b.next > 0 {
			return nil // a reader with a cursor has seen all
		}
		return errors.New("no line is shown")
	}
	for i, line := range lines[1:] {
		before := lines[i]
		if line.number == before.number+1 {
			continue
		}
		if line.number <= before.number {
			return fmt.Errorf("line %d is shown after line %d", line.number, before.number)
		}
		if !slices.ContainsFunc(removed, func(to string) bool { return before.label <= to && to < line.label }) {
			return fmt.Errorf("line %d is shown after line %d, and no warning says why", line.number, before.number)
		}
	}
	first, last := lines[0], lines[len(lines)-1]
	if last.number < logged-1 {
		return fmt.Errorf("the last line that is shown is %d, and line %d was logged", last.number, logged-1)
	}
	for _, to := range removed {
		if to > first.label && !b.gapAt(lines, to) {
			return fmt.Errorf("a false warning: the lines up to %s are shown", to)
		}
	}
	switch {
	case slices.Contains(b.args, "--cursor-file=cursor"):
		next := b.next
		b.next = last.number + 1
		if first.number < next {
			return fmt.Errorf("line %d is shown again", first.number)
		}
		if first.number > next && (!b.prunes || len(removed) == 0 && next > 0) {
			return fmt.Errorf("the first line that is shown is %d, not %d", first.number, next)
		}
	case slices.Contains(b.args, "-n"):
		if len(lines) > 300 || len(lines) < 300 && len(removed) == 0 {
			return fmt.Errorf("%d lines are shown, not 300", len(lines))
		}
	case slices.Contains(b.args, "-S"):
	case !b.prunes && first.number != 0:
		return fmt.Errorf("the first line that is shown is %d", first.number)
	}
	return nil
}

// gapAt reports whether lines are missing around the label to.
func (b *beside) gapAt(lines []shownLine, to string) bool {
	i := slices.IndexFunc(lines, func(l shownLine) bool { return l.label > to })
	return i > 0 && lines[i].number > lines[i-1].number+1
}

var removedFiles = regexp.MustCompile(`^mlcat: warning: main: .* removed before being read(?:, @[0-9a-f]{24} to|:) (@[0-9a-f]{24})$`)

// parseRemoved returns the last labels of the files that mlcat said were removed.
func parseRemoved(said string) (labels []string, err error) {
	for line := range strings.Lines(said) {
		m := removedFiles.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil {
			return nil, fmt.Errorf("unexpected: %s", line)
		}
		labels = append(labels, m[1])
	}
	return labels, nil
}

// The checker itself finds each kind of fault.
func TestBesideIsChecked(t *testing.T) {
	const label = "@40000000500000000000000"
	lines := func(numbers ...int) (out string) {
		for _, n := range numbers {
			out += fmt.Sprintf("%s%x %d %s\n", label, n, n, strings.Repeat("x", n%90))
		}
		return out
	}
	gone := func(n int) string {
		return fmt.Sprintf("mlcat: warning: main: an old file was removed before being read: %s%x\n", label, n)
	}
	for _, tt := range []struct {
		out, said string
		prunes    bool
		want      string
	}{
		{lines(0, 1, 2, 3), "", false, ""},
		{lines(0, 1, 3), "", true, "no warning says why"},
		{lines(0, 1, 3), gone(2), true, ""},
		{lines(0, 1, 3), gone(2), false, "false warning"},
		{lines(0, 1, 2, 3), gone(2), true, "false warning"},
		{lines(0, 1, 2, 1, 3), "", true, "line 1 is shown after line 2"},
		{lines(0, 1, 1, 2, 3), "", true, "line 1 is shown after line 1"},
		{lines(1, 2, 3), "", false, "the first line that is shown is 1"},
		{lines(1, 2, 3), "", true, ""},
		{lines(0, 1, 2), "", false, "the last line that is shown is 2"},
		{"", "", false, "no line"},
		{lines(0, 1, 2, 3) + "x\n", "", false, "never sent"},
		{lines(0, 1, 2, 3), "oops\n", false, "unexpected"},
	} {
		b := &beside{t: t, prunes: tt.prunes}
		err := b.check([]byte(tt.out), tt.said, 4)
		if got := fmt.Sprint(err); (err == nil) != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%q, %q: %v, want %q", tt.out, tt.said, err, tt.want)
		}
	}
}

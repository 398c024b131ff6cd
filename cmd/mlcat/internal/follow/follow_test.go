package follow

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"multilog/cmd/mlcat/internal/cursor"
	"multilog/cmd/mlcat/internal/engine"
	"multilog/cmd/mlcat/internal/pattern"
	"multilog/cmd/mlcat/internal/render"
	"multilog/cmd/mlcat/internal/source"
	"multilog/internal/logdir"
)

func style(t *testing.T, logs int, patterns ...string) *render.Style {
	t.Helper()
	format, err := render.Named("tai64n")
	if err != nil {
		t.Fatal(err)
	}
	s := &render.Style{Format: format, Marks: logs > 1}
	if len(patterns) > 0 {
		if s.Pattern, err = pattern.Compile(patterns, pattern.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func open(t *testing.T, dirs ...string) (logs []*source.Source) {
	t.Helper()
	for _, dir := range dirs {
		s, err := source.Open(dir, true, func(err error) { t.Error(err) })
		if err != nil {
			t.Fatal(err)
		}
		logs = append(logs, s)
	}
	return logs
}

// line returns a line that was labelled at a time.
func line(at int, text string) string { return fmt.Sprintf("@4000000050000000%08x %s\n", at, text) }

// Lines of several logs are printed in the order of their labels, if each is read before
// the later ones have waited for mergeFor.
func TestOrderWithinDelay(t *testing.T) {
	var feeds []*feed
	for _, s := range open(t, t.TempDir(), t.TempDir(), t.TempDir()) {
		feeds = append(feeds, &feed{source: s})
	}
	g := newGather(style(t, len(feeds)), nil, feeds)
	start := time.Unix(1_000_000, 0)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	come := func(ms, log int, labels ...int) {
		var lines string
		for _, label := range labels {
			lines += line(label, fmt.Sprint(label))
		}
		g.take(batch{feed: log, lines: []byte(lines)}, at(ms))
	}
	want := func(ms int, labels ...int) {
		t.Helper()
		var out bytes.Buffer
		n, err := g.write(&out, at(ms).Add(-mergeFor))
		var want string
		for _, label := range labels {
			want += line(label, fmt.Sprint(label))
		}
		if err != nil || out.String() != want || n != len(labels) {
			t.Fatalf("after %d ms: %d lines, %v\n%s\nwant\n%s", ms, n, err, out.String(), want)
		}
	}
	wait := func(ms, left int) {
		t.Helper()
		d, ok := g.next(at(ms))
		if ok != (left >= 0) || ok && d != time.Duration(left)*time.Millisecond {
			t.Errorf("after %d ms: the next lines wait for %v, %v, want %d ms", ms, d, ok, left)
		}
	}
	wait(0, -1)
	come(0, 0, 50, 60)
	wait(10, 90)
	come(60, 1, 40, 55, 70)
	want(99)
	come(99, 2, 45)
	wait(100, 0)
	want(100, 40, 45, 50, 55, 60) // what is before a line that is due is printed with it
	wait(100, 60)
	come(120, 0, 65)
	want(159)
	want(160, 65, 70)
	wait(160, -1)
	come(200, 0, 90, 80, 85) // its clock was set back
	come(201, 1, 82, 84)
	want(300, 82, 84, 90, 80, 85)
	come(310, 2, 20) // too late
	want(410, 20)
}

// short is an output whose reader ends after it has read some bytes.
type short struct {
	bytes.Buffer
	left int
}

func (s *short) Write(p []byte) (int, error) {
	if s.left < len(p) {
		n, _ := s.Buffer.Write(p[:s.left])
		s.left = 0
		return n, syscall.EPIPE
	}
	s.left -= len(p)
	return s.Buffer.Write(p)
}

func (s *short) Gone() bool { return false }

// Wherever the reader of the output ends, the cursor is behind the lines that it was
// given, and a later run goes on there.
func TestCursorIsBehindWhatWasPrinted(t *testing.T) {
	for _, patterns := range [][]string{nil, {"[2468]$"}} {
		for _, logs := range []int{1, 3} {
			for bytesRead := 0; bytesRead < 700; bytesRead += 61 {
				testCursor(t, logs, bytesRead, patterns)
			}
		}
	}
}

func testCursor(t *testing.T, logs, bytesRead int, patterns []string) {
	t.Helper()
	var dirs []string
	for range logs {
		dirs = append(dirs, t.TempDir())
	}
	style := style(t, logs, patterns...)
	live, err := Start(open(t, dirs...))
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	texts := make([]string, logs)
	for n := range 30 {
		l := line(n, fmt.Sprintf("line %d", n))
		texts[n%logs] += l
		if n%4 == 0 {
			texts[n%logs] += "without a label 2\n"
			l += "without a label 2\n"
		}
		for l := range strings.Lines(l) {
			if patterns == nil || strings.ContainsAny(l[len(l)-2:], "2468") {
				want += l
			}
		}
	}
	for i, text := range texts {
		if err := os.WriteFile(filepath.Join(dirs[i], "current"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := &short{left: min(bytesRead, len(want)-1)}
	n, err := live.Print(out, style, nil, nil)
	if !errors.Is(err, syscall.EPIPE) || n != strings.Count(out.String(), "\n") {
		t.Fatalf("%d lines, %v", n, err)
	}
	for _, f := range live.feeds {
		f.follower.Close()
	}
	c, err := cursor.Parse(live.Cursor().String(), logs)
	if err != nil {
		t.Fatal(err)
	}
	again := open(t, dirs...)
	for i, s := range again {
		s.StartAt(c[i].Place(s, false))
	}
	var rest bytes.Buffer
	if _, err := engine.Show(&rest, again, style, engine.Options{Lines: engine.AllLines}); err != nil {
		t.Fatal(err)
	}
	whole := out.String()[:strings.LastIndexByte(out.String(), '\n')+1]
	if got := whole + rest.String(); got != want {
		t.Fatalf("%d logs, %d bytes read, cursor %v:\n%s--\n%s\nwant\n%s", logs, bytesRead, c, whole, rest.String(), want)
	}
}

// That the limit of inotify is reached is reported once for all logs, and other errors
// each, behind the lines that come before them.
func TestErrorsAreReported(t *testing.T) {
	var feeds []*feed
	var warned []string
	for _, dir := range []string{t.TempDir(), t.TempDir()} {
		s, err := source.Open(dir, true, func(err error) { warned = append(warned, err.Error()) })
		if err != nil {
			t.Fatal(err)
		}
		feeds = append(feeds, &feed{source: s})
	}
	g := newGather(style(t, 2), nil, feeds)
	warned = nil
	now := time.Unix(1_000_000, 0)
	g.take(batch{feed: 0, err: logdir.NotWatched{Path: "a", Err: syscall.EMFILE}}, now)
	g.take(batch{feed: 1, err: logdir.NotWatched{Path: "b", Err: syscall.EMFILE}}, now)
	g.take(batch{feed: 1, lines: []byte(line(1, "a line"))}, now)
	g.take(batch{feed: 1, err: errors.New("a fault")}, now)
	out := &short{left: 10}
	if _, err := g.write(out, now); err == nil {
		t.Error("no error")
	}
	const watch = "unable to watch a: too many inotify instances (fs.inotify.max_user_instances) or open files; looking for new lines every second"
	if got := strings.Join(warned, "\n"); got != watch {
		t.Errorf("before the line is printed:\n%s\nwant\n%s", got, watch)
	}
	out.left = 1000
	if _, err := g.write(out, now); err != nil {
		t.Error(err)
	}
	if got, want := strings.Join(warned, "\n"), watch+"\na fault"; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

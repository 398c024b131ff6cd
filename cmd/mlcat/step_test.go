package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"multilog/cmd/mlcat/internal/cursor"
	"multilog/cmd/mlcat/internal/engine"
	"multilog/cmd/mlcat/internal/render"
	"multilog/cmd/mlcat/internal/source"
	"multilog/internal/seekable"
	"multilog/tai64n"
)

// A steppedLog is a log whose logger's clock was set back now and then.
type steppedLog struct {
	dir    string
	lines  []string // all, in order
	labels []tai64n.Label
}

// newSteppedLog writes a log of that many lines, in files of some of them each. With own,
// the clock goes back between files only; otherwise also within one, and lines may have
// equal labels.
func newSteppedLog(t *testing.T, rnd *rand.Rand, lines int, own bool) *steppedLog {
	t.Helper()
	l := &steppedLog{dir: t.TempDir()}
	now := tai64n.Label{Sec: 1<<62 + 1e9}
	name := now
	var content strings.Builder
	finish := func(as string) {
		if err := os.WriteFile(filepath.Join(l.dir, as), []byte(content.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		content.Reset()
	}
	for n := range lines {
		rotates := n > 0 && rnd.IntN(6) == 0
		if rotates {
			// A name follows the clock, but not back.
			if name = name.Next(); name.Before(now) {
				name = now
			}
			finish(name.String() + ".s")
		}
		switch {
		case (rotates || !own) && rnd.IntN(5) == 0:
			now.Sec -= rnd.Uint64N(20)
		case own || rnd.IntN(4) > 0:
			now.Sec += 1 + rnd.Uint64N(3)
		}
		line := fmt.Sprintf("%v line %d\n", now, n)
		if rnd.IntN(8) == 0 {
			line += fmt.Sprintf("  more of line %d\n", n)
		}
		content.WriteString(line)
		for part := range strings.Lines(line) {
			l.lines = append(l.lines, part)
			l.labels = append(l.labels, now)
		}
	}
	finish("current")
	return l
}

// show returns what mlcat shows of the log, as it was logged.
func (l *steppedLog) show(t *testing.T, o engine.Options, from string, since, until *tai64n.Label) string {
	t.Helper()
	s, err := source.Open(l.dir, false, func(err error) { t.Errorf("warning: %v", err) })
	if err != nil {
		t.Fatal(err)
	}
	if from != "" {
		c, err := cursor.Parse(from, 1)
		if err != nil {
			t.Fatal(err)
		}
		s.StartAt(c[0].Place(s, false))
	}
	s.Between(since, until)
	var out bytes.Buffer
	format, err := render.Named("tai64n")
	if err != nil {
		t.Fatal(err)
	}
	style := &render.Style{Format: format, Marks: o.NeedsMarks(1)}
	if _, err := engine.Show(&out, []*source.Source{s}, style, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// between returns the lines that are labelled from since to until.
func (l *steppedLog) between(since, until *tai64n.Label) []string {
	var all []string
	for i, line := range l.lines {
		if label := l.labels[i]; (since == nil || !label.Before(*since)) && (until == nil || !until.Before(label)) {
			all = append(all, line)
		}
	}
	return all
}

// No line of a range is missing, and no other is shown, wherever the clock was set back.
func TestRangesAfterSteps(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 5))
	for i := range 12 {
		l := newSteppedLog(t, rnd, 40, i%2 == 0)
		bounds := []*tai64n.Label{nil}
		for _, label := range l.labels {
			bounds = append(bounds, &label)
		}
		for range 50 {
			since, until := bounds[rnd.IntN(len(bounds))], bounds[rnd.IntN(len(bounds))]
			if since != nil && until != nil && until.Before(*since) {
				since, until = until, since
			}
			want := l.between(since, until)
			got := l.show(t, engine.Options{Lines: engine.AllLines}, "", since, until)
			if got != strings.Join(want, "") {
				t.Fatalf("log %d, from %v to %v:\n%s\nwant:\n%s\nof all:\n%s", i, since, until, got, strings.Join(want, ""), strings.Join(l.lines, ""))
			}
			last := want[max(0, len(want)-3):]
			if got := l.show(t, engine.Options{Lines: 3}, "", since, until); got != strings.Join(last, "") {
				t.Fatalf("log %d, the last 3 from %v to %v:\n%s\nwant:\n%s", i, since, until, got, strings.Join(last, ""))
			}
		}
	}
}

// Files that are too large to read all their labels: a step shows between files, or at one
// of the places that are looked at.
func TestRangesAfterStepsInLargeFiles(t *testing.T) {
	rnd := rand.New(rand.NewPCG(6, 6))
	l := &steppedLog{dir: t.TempDir()}
	sec := uint64(1<<62 + 1e9)
	for file, name := range []string{"@400000003b9ad000" + "00000000.s", "@400000003b9ae000" + "00000000.s", "current"} {
		var content strings.Builder
		for n := range 6000 {
			if sec++; n == 3000 || n == 0 && file > 0 {
				sec -= 1500
			}
			label := tai64n.Label{Sec: sec}
			line := fmt.Sprintf("%v file %d line %d %s\n", label, file, n, strings.Repeat("x", rnd.IntN(60)))
			content.WriteString(line)
			l.lines, l.labels = append(l.lines, line), append(l.labels, label)
		}
		if err := os.WriteFile(filepath.Join(l.dir, name), []byte(content.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 30 {
		since, until := l.labels[rnd.IntN(len(l.labels))], l.labels[rnd.IntN(len(l.labels))]
		if until.Before(since) {
			since, until = until, since
		}
		want := strings.Join(l.between(&since, &until), "")
		for _, o := range []engine.Options{{Lines: engine.AllLines}, {Lines: 1 << 20}} {
			if got := l.show(t, o, "", &since, &until); got != want {
				t.Fatalf("from %v to %v: %d lines, want %d", since, until, strings.Count(got, "\n"), strings.Count(want, "\n"))
			}
		}
	}
}

// The clock may have been set back by little, between two labels that are looked at. No
// line is missing there either, whether it was set back by more elsewhere or not, and
// whether the files are compressed or not.
func TestRangesAfterSmallSteps(t *testing.T) {
	for _, far := range []uint64{0, 3000} {
		for _, packed := range []bool{false, true} {
			for _, early := range []bool{false, true} {
				testSmallSteps(t, far, packed, early)
			}
		}
	}
}

// testSmallSteps has a log of two files. The clock was set back by far seconds once, and by
// 50 seconds every 500 lines of the second file. A 32nd of it are 250 lines. With early, the
// names of the files are before their last lines, too.
func testSmallSteps(t *testing.T, far uint64, packed, early bool) {
	t.Helper()
	l := &steppedLog{dir: t.TempDir()}
	sec := uint64(1<<62 + 1e9)
	for file := range 2 {
		var content bytes.Buffer
		name := tai64n.Label{Sec: sec + 1}
		for n := range 8000 {
			switch sec++; {
			case file == 0 && n == 4000:
				sec -= far
			case file == 1 && n%500 == 300:
				sec -= 50
			}
			label := tai64n.Label{Sec: sec}
			line := fmt.Sprintf("%v file %d line %d %s\n", label, file, n, strings.Repeat("x", 40))
			content.WriteString(line)
			l.lines, l.labels = append(l.lines, line), append(l.labels, label)
		}
		data := content.Bytes()
		if packed {
			var b bytes.Buffer
			w, err := seekable.NewWriter(&b, seekable.MinLevel)
			if err == nil {
				_, err = w.Write(data)
			}
			if err = errors.Join(err, w.Close()); err != nil {
				t.Fatal(err)
			}
			data = b.Bytes()
		}
		if !early {
			name = tai64n.Label{Sec: sec + 1}
		}
		if err := os.WriteFile(filepath.Join(l.dir, name.String()+".s"), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for n := 8240; n < 8380; n += 7 {
		since := l.labels[n]
		for _, until := range []tai64n.Label{since, {Sec: since.Sec + 20}, {Sec: since.Sec + 2000}} {
			want := strings.Join(l.between(&since, &until), "")
			if got := l.show(t, engine.Options{Lines: engine.AllLines}, "", &since, &until); got != want {
				t.Fatalf("step %d s, packed %v, early %v, from %v to %v: %d lines, want %d", far, packed, early, since, until, strings.Count(got, "\n"), strings.Count(want, "\n"))
			}
		}
	}
}

// A cursor behind any line goes on with the next one, also after the file was renamed and
// after it was made anew with the same content.
func TestCursorsAfterSteps(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 7))
	for i := range 8 {
		l := newSteppedLog(t, rnd, 40, i%2 == 0)
		cursors := l.cursors(t)
		check := func(when string) {
			t.Helper()
			for n, c := range cursors {
				if got, want := l.show(t, engine.Options{Lines: engine.AllLines}, c, nil, nil), strings.Join(l.lines[n+1:], ""); got != want {
					t.Fatalf("log %d %s, after line %d, cursor %s:\n%s\nwant:\n%s", i, when, n, c, got, want)
				}
			}
		}
		check("as it was")
		// The newest file becomes an old one and is compressed, or copied, by a processor.
		data, err := os.ReadFile(filepath.Join(l.dir, "current"))
		if err != nil {
			t.Fatal(err)
		}
		old := filepath.Join(l.dir, tai64n.Label{Sec: 1<<62 + 2e9}.String()+".s")
		if err := os.Rename(filepath.Join(l.dir, "current"), old); err != nil {
			t.Fatal(err)
		}
		check("renamed")
		if err := os.WriteFile(old+".new", data, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(old+".new", old); err != nil {
			t.Fatal(err)
		}
		check("made anew")
	}
}

// cursors returns, for each line, the cursor behind it.
func (l *steppedLog) cursors(t *testing.T) []string {
	t.Helper()
	s, err := source.Open(l.dir, false, func(err error) { t.Errorf("warning: %v", err) })
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for i := range s.Len() {
		c := s.Blocks(i)
		data, _, err := c.ReadPart(0, 0, c.Size(), nil)
		if err != nil {
			t.Fatal(err)
		}
		off := int64(0)
		for line := range bytes.Lines(slices.Clone(data)) {
			off += int64(len(line))
			all = append(all, cursor.Cursor{cursor.At(s, source.Place{File: i, Off: off})}.String())
		}
	}
	return all
}

// If the file of a cursor is gone from a log whose labels step back, the next file is shown,
// with a warning.
func TestCursorOfRemovedFileAfterStep(t *testing.T) {
	dir := t.TempDir()
	label := func(sec uint64) string { return tai64n.Label{Sec: 1<<62 + sec}.String() }
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(label(100)+".s", label(90)+" a\n")
	write(label(101)+".s", label(50)+" b\n"+label(60)+" c\n")
	write("current", label(55)+" d\n"+label(95)+" e\n")
	l := &steppedLog{dir: dir}
	c, err := cursor.Parse(l.cursors(t)[0], 1)
	if err == nil {
		err = os.Remove(filepath.Join(dir, label(100)+".s"))
	}
	if err != nil {
		t.Fatal(err)
	}
	var warned []string
	s, err := source.Open(dir, false, func(err error) { warned = append(warned, err.Error()) })
	if err != nil {
		t.Fatal(err)
	}
	if p := c[0].Place(s, false); p != (source.Place{}) || len(warned) != 1 || !strings.Contains(warned[0], "labels step back") {
		t.Errorf("place %v, warnings %q", p, warned)
	}
}

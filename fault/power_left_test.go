package fault

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"multilog/internal/test/logger"
	"multilog/tai64n"
)

// safe checks the .s files that a cut has left. Each must be as it was before, and there
// must be no gap between them.
func (c *cutter) safe(t *testing.T, main string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(main, "@*.s*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	total, whole := 0, true
	var all []byte
	for _, name := range names {
		left := content(t, name)
		if was := content(t, filepath.Join(c.guest, "main", filepath.Base(name))); !bytes.Equal(left, was) {
			t.Logf("cut %d: %s has %d bytes of %d", c.number, filepath.Base(name), len(left), len(was))
			c.spoilt++
			whole = false
		}
		total += bytes.Count(left, []byte("\n"))
		all = append(all, left...)
	}
	if n, _, ordered := reach(split(all)); whole && (n != total || !ordered) {
		t.Logf("cut %d: of the %d lines in .s files the first %d follow each other, in order: %t", c.number, total, n, ordered)
		c.spoilt++
	}
}

// recovered has two loggers recover what a cut has left. The first must put all files in
// their places and log on. The second, after a kill, must find nothing else to do.
func (c *cutter) recovered(t *testing.T, dir string) {
	t.Helper()
	c.revive(t, dir, "again")
	main := filepath.Join(dir, "main")
	first := holds(t, main)
	if !c.ours {
		return
	}
	c.revive(t, dir, "and again")
	second := holds(t, main)
	logged := first["current"]
	delete(first, "current")
	delete(second, "current")
	for name, b := range second {
		if _, ok := first[name]; !ok && b == logged && strings.HasSuffix(name, ".u") {
			delete(second, name)
			break
		}
	}
	if !maps.Equal(first, second) {
		t.Errorf("cut %d: one recovery leaves %d files, a second %d or others", c.number, len(first), len(second))
	}
	for name := range second {
		if !strings.HasPrefix(name, "@") && name != "lock" && name != "state" {
			t.Errorf("cut %d: after recovery there is %s", c.number, name)
		}
	}
}

// revive starts the logger on what a cut has left, sends it a line, and kills it when the
// line is logged.
func (c *cutter) revive(t *testing.T, dir, line string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	l := logger.Start(t, dir, r, append([]string{c.command}, c.script...)...)
	fmt.Fprintln(w, line)
	current := filepath.Join(dir, "main", "current")
	l.Until("it logs a line after a cut", func() bool {
		b, _ := os.ReadFile(current)
		return bytes.HasSuffix(b, []byte(" "+line+"\n"))
	})
	l.End()
	if said := l.Said(); c.ours && said != "" {
		t.Errorf("cut %d: it has said: %s", c.number, said)
	}
}

// forgetBoot makes a lock page look as if it were from before the machine was started.
func forgetBoot(t *testing.T, lock string) {
	t.Helper()
	const at, length = 24, 16 // of the boot id, in rotate.Page
	if size(lock) < at+length {
		return
	}
	f, err := os.OpenFile(lock, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xff}, length), at); err != nil {
		t.Fatal(err)
	}
}

// holds returns the content of the files in a log directory, without lock, by their names.
func holds(t *testing.T, main string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(main)
	if err != nil {
		t.Fatal(err)
	}
	h := map[string]string{}
	for _, e := range entries {
		if e.Name() != "lock" {
			h[e.Name()] = string(content(t, filepath.Join(main, e.Name())))
		}
	}
	return h
}

// split splits text into lines, without their newlines.
func split(b []byte) [][]byte {
	return bytes.Split(bytes.TrimSuffix(b, []byte("\n")), []byte("\n"))
}

// reach returns how many lines there are before the first missing one, and the label's
// time of the last of those. It reports whether all lines are in order. Lines that are not
// whole count as missing.
func reach(lines [][]byte) (n int, last time.Time, ordered bool) {
	times := map[int]time.Time{}
	ordered = true
	var want []byte
	before := -1
	for _, line := range lines {
		k := number(line, true)
		l, ok := tai64n.Parse(line)
		if want = appendLine(want[:0], max(k, 0)); k < 0 || !ok || !bytes.Equal(line[tai64n.Len+1:], want[:len(want)-1]) {
			continue
		}
		ordered = ordered && k > before
		before, times[k] = k, l.Time()
	}
	for ; !times[n].IsZero(); n++ {
		last = times[n]
	}
	return n, last, ordered
}

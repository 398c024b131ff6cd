package logdir

import (
	"bytes"
	"flag"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// stepFiles is a Follower without a goroutine: it looks when it is told to.
type stepFiles struct {
	t       testing.TB
	dir     *Dir
	waiting []*File
}

func (s *stepFiles) look() {
	files, err := s.dir.Look()
	if err != nil {
		s.t.Fatal(err)
	}
	s.waiting = append(s.waiting, files...)
}

func (s *stepFiles) More() bool { return len(s.waiting) > 0 }

func (s *stepFiles) Next() (*File, error) {
	if len(s.waiting) == 0 {
		return nil, nil
	}
	f := s.waiting[0]
	s.waiting = s.waiting[1:]
	return f, nil
}

// reading is what a Tail has returned: the numbers of the lines, and -1 for a report of
// missing files.
type reading struct {
	t     testing.TB
	tail  *Tail
	lines []int
}

func (r *reading) all() {
	for {
		lines, gap, err := r.tail.Read()
		if err != nil {
			r.t.Fatal(err)
		}
		if len(lines) == 0 && gap == nil {
			return
		}
		for line := range bytes.Lines(lines) {
			n := numberOf(line)
			if n < 0 {
				r.t.Fatalf("torn: %q", line)
			}
			r.lines = append(r.lines, n)
		}
		if gap != nil {
			r.lines = append(r.lines, -1)
		}
	}
}

// wrong returns where lines are missing without a report, out of order or doubled, or
// "". Dropped lines may be missing.
func (r *reading) wrong(total int, dropped map[int]bool) string {
	want, gap := 0, false
	for _, n := range r.lines {
		if n == -1 {
			gap = true
			continue
		}
		if n < want {
			return fmt.Sprintf("line %d after line %d", n, want-1)
		}
		for ; want < n; want++ {
			if !gap && !dropped[want] {
				return fmt.Sprintf("line %d is missing before line %d, without a report", want, n)
			}
		}
		want, gap = n+1, false
	}
	for ; want < total; want++ {
		if !dropped[want] { // loggers keep the newest
			return fmt.Sprintf("ends before line %d of %d", want, total)
		}
	}
	return ""
}

// telling is which changes a simulated directory reports.
type telling int

const (
	tellsAll telling = iota
	tellsMost
	tellsNothing
	tellings
)

func (t telling) String() string { return [...]string{"all", "most", "nothing"}[t] }

// history runs a logger and a reader in turns, as seed determines, and returns what is
// wrong with what was read.
func history(t testing.TB, seed uint64, kind loggerKind, keep int, plain bool, tells telling) (wrong string, lines []int) {
	l := newLogger(seed, kind, keep)
	l.plain = plain
	if tells != tellsNothing {
		l.dir.watch = &simWatch{dir: l.dir, lossy: tells == tellsMost}
	}
	dir := OpenDir("sim", l.dir)
	if !kind.steps && l.rnd.IntN(2) == 0 {
		dir.mostOpen = 1 // as if there were many files
	}
	files := &stepFiles{t: t, dir: dir}
	early := l.rnd.IntN(4) == 0
	if early {
		files.look() // at an empty directory, before the logger is started
	}
	l.begin()
	for range l.rnd.IntN(200) {
		l.step()
	}
	before := l.pruned
	// How much happens while the directory is read, and after how many calls. A logger
	// that does more than its reader would never be read to the end.
	budget, seldom := 0, 1
	rest := func() { budget, seldom = l.rnd.IntN(100), 1+l.rnd.IntN(12) }
	l.dir.pause = func() {
		if l.rnd.IntN(seldom) > 0 {
			return
		}
		for range min(budget, l.rnd.IntN(6)) {
			l.step()
			budget--
		}
	}
	r := &reading{t: t, tail: NewTail(files, nil, 0)}
	for range 150 {
		switch l.rnd.IntN(12) {
		case 0:
			rest()
			files.look()
		case 1:
			rest()
			r.all()
		case 2:
			if l.rnd.IntN(6) == 0 && kind.processor == "" && !kind.cron {
				pause := l.dir.pause
				l.dir.pause = func() {}
				l.crash()
				l.dir.pause = pause
			}
		default:
			l.step()
		}
	}
	l.settle()
	l.dir.pause = func() {}
	files.look()
	r.all()
	if len(r.lines) > 0 && r.lines[0] > 0 && (before > 0 || l.pruned > 0) && !early { // removed before the first look
		r.lines = append([]int{-1}, r.lines...)
	}
	known := r.lines
	if early && tells != tellsAll && len(r.lines) > 0 {
		known = r.lines[1:] // if there are old files, nobody can know if there were others
	}
	if l.pruned == 0 && slices.Contains(known, -1) {
		return "a false warning", r.lines
	}
	if wrong := r.wrong(l.lines, l.dropped); wrong != "" {
		return wrong, r.lines
	}
	r.tail.Close()
	dir.Close()
	for _, f := range files.waiting {
		f.Close()
	}
	if l.dir.open != 0 {
		return fmt.Sprintf("%d files are still open", l.dir.open), r.lines
	}
	return "", r.lines
}

var seedFlag = flag.Int64("seed", -1, "the only seed that the histories of a directory have")

// seeds returns the seeds of the histories of a directory.
func seeds(t testing.TB, most uint64) iter.Seq[uint64] {
	if *seedFlag >= 0 {
		return slices.Values([]uint64{uint64(*seedFlag)})
	}
	if testing.Short() {
		most = (most + 4) / 5
	}
	return func(yield func(uint64) bool) {
		for seed := uint64(0); seed < most && yield(seed); seed++ {
		}
	}
}

var historiesFlag = flag.Uint64("histories", 30, "histories of each kind of directory")

// Whatever loggers rename while a directory is read, and whichever changes are
// reported, every line is read once and in order, or there is a report that files were
// removed.
func TestTailReadsEveryLine(t *testing.T) {
	for _, kind := range loggerKinds {
		for _, keep := range []int{1000, 6, 2} {
			for tells := range tellings {
				if kind.undecidable(keep, tells) {
					continue // neither names nor labels show the result's input
				}
				t.Run(fmt.Sprintf("%s-n%d-tells-%v", kind.name, keep, tells), func(t *testing.T) {
					for seed := range seeds(t, *historiesFlag) {
						if wrong, lines := history(t, seed, kind, keep, false, tells); wrong != "" {
							t.Fatalf("-seed %d: %s\n%v", seed, wrong, lines)
						}
					}
				})
			}
		}
	}
}

// undecidable reports whether, in a directory that tells so much, there are histories in
// which a Gap may be wrong (see "What can go wrong" in the package's documentation).
func (k loggerKind) undecidable(keep int, tells telling) bool {
	switch {
	case k.steps && k.processor != "":
		return keep < 1000 && tells == tellsNothing || keep == 2 && tells == tellsMost
	case k.processor == "none":
		return keep == 1000 && tells == tellsNothing
	}
	return false
}

// The same without labels, so that only identities and changes help.
func TestTailReadsEveryLineWithoutLabels(t *testing.T) {
	for _, kind := range loggerKinds {
		for tells := range tellings {
			if kind.filters() && (tells == tellsNothing || tells == tellsMost && kind.late) {
				continue // nothing shows the result's input
			}
			t.Run(fmt.Sprintf("%s-tells-%v", kind.name, tells), func(t *testing.T) {
				for seed := range seeds(t, *historiesFlag) {
					if wrong, lines := history(t, seed, kind, 1000, true, tells); wrong != "" {
						t.Fatalf("-seed %d: %s\n%v", seed, wrong, lines)
					}
				}
			})
		}
	}
}

// The checker itself can fail.
func TestReadingIsChecked(t *testing.T) {
	for _, tt := range []struct {
		lines []int
		want  string
	}{
		{[]int{0, 1, 2}, ""},
		{[]int{0, -1, 2}, ""},
		{[]int{0, 1, -1}, "ends before line 2 of 3"},
		{[]int{0, 1, 2, 4}, ""},
		{[]int{0, 1, 4}, "line 2 is missing"},
		{[]int{-1, 1, 2}, ""},
		{[]int{0, 2}, "line 1 is missing"},
		{[]int{0, 1, 1, 2}, "line 1 after line 1"},
		{[]int{1, 0, 2}, "line 0 is missing"},
		{[]int{0, 1}, "ends before line 2 of 3"},
	} {
		r := reading{lines: tt.lines}
		if got := r.wrong(3, map[int]bool{3: true}); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%v: %q, want %q", tt.lines, got, tt.want)
		}
	}
}

// Lines that a logger takes back after a kill and logs again, with later labels, in the
// same file or in the next one, are read once.
func TestTakenBack(t *testing.T) {
	const first = "@400000005000000000000001 one\n"
	const batch = "@400000005000000000000002 two\n@400000005000000000000003 three\n"
	const again = "@400000005000000000000005 two\n@400000005000000000000006 three\n"
	const more = "@400000005000000000000007 two\n"
	for _, elsewhere := range []bool{false, true} {
		dir := t.TempDir()
		current := filepath.Join(dir, "current")
		write := func(content string) {
			if err := os.WriteFile(current, []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		write(first + batch)
		files := &stepFiles{t: t, dir: NewDir(dir)}
		defer files.dir.Close()
		tail := NewTail(files, nil, 0)
		read := func() (text string) {
			files.look()
			for {
				lines, gap, err := tail.Read()
				if err != nil || gap != nil {
					t.Fatal(gap, err)
				}
				if len(lines) == 0 {
					return text
				}
				text += string(lines)
			}
		}
		if got := read(); got != first+batch {
			t.Fatalf("read %q", got)
		}
		if err := os.Truncate(current, int64(len(first))); err != nil {
			t.Fatal(err)
		}
		if elsewhere {
			if err := os.Rename(current, filepath.Join(dir, "@400000005000000000000004.u")); err != nil {
				t.Fatal(err)
			}
			write(again + more)
		} else {
			write(first + again + more)
		}
		if got := read(); got != more {
			t.Errorf("in the next file %v: then read %q, want %q", elsewhere, got, more)
		}
	}
}

// A reader may begin with a file that is compressed.
func TestTailBeginsInCompressedFile(t *testing.T) {
	const first, second, third = "@400000005000000000000001 one\n", "@400000005000000000000002 two\n", "@400000005000000000000003 three\n"
	for _, p := range packers {
		dir := t.TempDir()
		for name, data := range map[string][]byte{"@400000006000000000000000.s.zst": p.pack(t, []byte(first+second)), "current": []byte(third)} {
			if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		files := &stepFiles{t: t, dir: NewDir(dir)}
		files.look()
		file, err := files.Next()
		if err != nil {
			t.Fatal(err)
		}
		tail := NewTail(files, file, int64(len(first)))
		got := ""
		for {
			lines, gap, err := tail.Read()
			if err != nil || gap != nil {
				t.Fatal(gap, err)
			}
			if len(lines) == 0 {
				break
			}
			got += string(lines)
		}
		if got != second+third {
			t.Errorf("%s: read %q, want %q", p.name, got, second+third)
		}
		tail.Close()
		files.dir.Close()
	}
}

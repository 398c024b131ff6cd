package logdir

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// stepFiles is a follower without a goroutine: it looks when it is told to.
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

// reading is what came out of a Tail: the numbers of the lines and, where files
// were reported missing, -1.
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
			var n int
			if _, err := fmt.Sscanf(string(line[LineHead(line):]), "line %d\n", &n); err != nil {
				r.t.Fatalf("torn: %q", line)
			}
			r.lines = append(r.lines, n)
		}
		if gap != nil {
			r.lines = append(r.lines, -1)
		}
	}
}

// wrong says where lines are missing without a word, out of order or doubled.
func (r *reading) wrong(total int) string {
	want := 0
	for i, n := range r.lines {
		switch {
		case n == -1:
		case n < want:
			return fmt.Sprintf("line %d after line %d", n, want-1)
		case n > want && (i == 0 || r.lines[i-1] != -1):
			return fmt.Sprintf("line %d after line %d, and no word of what is missing", n, want-1)
		}
		if n >= 0 {
			want = n + 1
		}
	}
	if want != total {
		return fmt.Sprintf("ends with line %d of %d", want-1, total-1)
	}
	return ""
}

// history lets a logger and a reader run interleaved, as seed has it, and returns
// what is wrong with what was read.
func history(t testing.TB, seed uint64, kind loggerKind, keep int, plain bool) (wrong string, lines []int) {
	l := newLogger(t, seed, kind, keep)
	l.plain = plain
	defer func() { l.out.Close() }()
	for range l.rnd.IntN(60) {
		l.step()
	}
	dir := NewDir(l.dir)
	defer dir.Close()
	busy := l.rnd.IntN(4) // how much happens while the directory is read
	dir.pause = func() {
		for range l.rnd.IntN(busy + 1) {
			l.step()
		}
	}
	files := &stepFiles{t: t, dir: dir}
	r := &reading{t: t, tail: NewTail(files, nil, 0)}
	for range 150 {
		switch l.rnd.IntN(12) {
		case 0:
			files.look()
		case 1:
			r.all()
		case 2:
			if l.rnd.IntN(6) == 0 && kind.processor == "" {
				l.crash()
			}
		default:
			l.step()
		}
	}
	l.settle()
	dir.pause = nil
	files.look()
	r.all()
	if plain && len(r.lines) > 0 && r.lines[0] > 0 { // what was removed before the first look
		r.lines = append([]int{-1}, r.lines...)
	}
	for len(r.lines) > 0 && r.lines[0] > 0 && l.pruned > 0 {
		r.lines = append([]int{-1}, r.lines...)
	}
	return r.wrong(l.lines), r.lines
}

// Whatever loggers rename while a directory is looked at, every line is read once
// and in order, or it is said that some were removed.
func TestTailReadsEveryLine(t *testing.T) {
	seeds := uint64(60)
	if testing.Short() {
		seeds = 5
	}
	for _, kind := range loggerKinds {
		for _, keep := range []int{1000, 6, 2} {
			t.Run(fmt.Sprintf("%s-n%d", kind.name, keep), func(t *testing.T) {
				for seed := range seeds {
					if wrong, lines := history(t, seed, kind, keep, false); wrong != "" {
						t.Fatalf("seed %d: %s\n%v", seed, wrong, lines)
					}
				}
			})
		}
	}
}

// The same without labels, which leaves inodes and events to go by.
func TestTailReadsEveryLineWithoutLabels(t *testing.T) {
	seeds := uint64(60)
	if testing.Short() {
		seeds = 5
	}
	for _, kind := range loggerKinds {
		t.Run(kind.name, func(t *testing.T) {
			for seed := range seeds {
				if wrong, lines := history(t, seed, kind, 1000, true); wrong != "" {
					t.Fatalf("seed %d: %s\n%v", seed, wrong, lines)
				}
			}
		})
	}
}

// A checker that cannot fail checks nothing.
func TestReadingIsChecked(t *testing.T) {
	for _, tt := range []struct {
		lines []int
		want  string
	}{
		{[]int{0, 1, 2}, ""},
		{[]int{0, -1, 2}, ""},
		{[]int{-1, 1, 2}, ""},
		{[]int{0, 2}, "no word"},
		{[]int{0, 1, 1, 2}, "line 1 after line 1"},
		{[]int{1, 0, 2}, "no word"},
		{[]int{0, 1}, "ends with line 1 of 2"},
	} {
		r := reading{lines: tt.lines}
		if got := r.wrong(3); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%v: %q, want %q", tt.lines, got, tt.want)
		}
	}
}

// What a killed logger takes back and logs again, with later labels, in the same
// file or in the next one, is read once.
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

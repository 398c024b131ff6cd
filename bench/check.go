package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A logger that loses a byte gets no figure. What is in a log directory, old
// files in the order of their names and then current, must be the
// input's selected lines, byte for byte, once the labels are off.

const (
	labelBytes    = 26      // of a TAI64N label and its space
	oldNameBytes  = 25      // of an old file's name that count: @ and the label
	checkBufBytes = 1 << 20 // longer than any line of any scenario
	quoteBytes    = 60      // of a line in a message
	statusBytes   = 1000    // of a line that a status file holds at most
)

// taiOffset is what TAI64 labels are ahead of Unix time, as daemontools
// counts: 2^62 and 10 seconds.
const taiOffset = 1<<62 + 10

// A checker compares a run's outputs with its input.
type checker struct {
	dir   string // where the run took place
	input []byte // whole lines
	// tail is set where the logger was allowed to remove old files: then what
	// is there must be the input's end. No two lines may be the same then.
	tail bool
	// label, if set, is told each label in the first directory: the line's
	// number and the label in nanoseconds since 1970.
	label func(line int, unixNanos int64)
}

// check compares all outputs; the error says which differs first, and how.
func (c checker) check(outputs []output) error {
	for i, o := range outputs {
		if i > 0 {
			c.label = nil
		}
		var err error
		if o.status {
			err = c.status(o)
		} else {
			err = c.directory(o)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", o.path, err)
		}
	}
	return nil
}

// logFiles lists a log directory's files, oldest first, current last.
func logFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var old []string
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, "@") && len(name) >= oldNameBytes {
			old = append(old, name)
		}
	}
	slices.SortFunc(old, func(a, b string) int { return strings.Compare(a[:oldNameBytes], b[:oldNameBytes]) })
	names := append(old, "current")
	for i, name := range names {
		names[i] = filepath.Join(dir, name)
	}
	return names, nil
}

// directory compares a log directory with the input's selected lines.
func (c checker) directory(o output) error {
	names, err := logFiles(filepath.Join(c.dir, o.path))
	if err != nil {
		return err
	}
	var readers []io.Reader
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		readers = append(readers, f)
	}
	return c.stream(io.MultiReader(readers...), o)
}

// stream compares what a log holds with the input's selected lines.
func (c checker) stream(log io.Reader, o output) error {
	in := bufio.NewReaderSize(log, checkBufBytes)
	want := &selected{rest: c.input, selects: o.selects}
	var last []byte
	for number := 0; ; number++ {
		got, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(got) == 0 {
			break
		}
		if err != nil {
			return fmt.Errorf("line %d is torn: %s: %w", number+1, quote(got), err)
		}
		if o.stamp {
			line, nanos, err := unlabel(got, &last)
			if err != nil {
				return fmt.Errorf("line %d: %w", number+1, err)
			}
			if c.label != nil {
				c.label(number, nanos)
			}
			got = line
		}
		if number == 0 && c.tail && !want.seek(got) {
			return fmt.Errorf("line 1 is not in the input: %s", quote(got))
		}
		if line := want.next(); !bytes.Equal(line, got) {
			return c.explain(number, len(c.input)-len(want.rest)-len(line), line, got)
		}
	}
	if line := want.next(); line != nil {
		return fmt.Errorf("lost: the last %d lines, from %s on", 1+want.count(), quote(line))
	}
	return nil
}

// explain says what is wrong with a line; the one it should be is at wantAt in
// the input.
func (c checker) explain(number, wantAt int, want, got []byte) error {
	what := "is torn or changed"
	at := bytes.Index(c.input, append([]byte{'\n'}, got...))
	if at < 0 && bytes.HasPrefix(c.input, got) {
		at = 0
	}
	if at >= 0 {
		what = "comes too early, or the lines before it are lost"
		if at+1 < wantAt {
			what = "comes twice, or too late"
		}
	}
	return fmt.Errorf("line %d %s: want %s, have %s", number+1, what, quote(want), quote(got))
}

// status compares a status file with the last selected line.
func (c checker) status(o output) error {
	got, err := os.ReadFile(filepath.Join(c.dir, o.path))
	if err != nil {
		return err
	}
	want := &selected{rest: c.input, selects: o.selects}
	var line []byte
	for l := want.next(); l != nil; l = want.next() {
		line = l
	}
	if o.stamp && bytes.HasPrefix(got, []byte("@")) { // s6-log's has no label
		var last []byte
		if got, _, err = unlabel(got, &last); err != nil {
			return err
		}
	}
	got, _, _ = bytes.Cut(got, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\n"))
	if len(got) < statusBytes-labelBytes && !bytes.Equal(got, line) {
		return fmt.Errorf("want %s, have %s", quote(line), quote(got))
	}
	return nil
}

// unlabel splits a labelled line into the line and its label in nanoseconds
// since 1970. Labels must not go back: last is the one before.
func unlabel(labelled []byte, last *[]byte) (line []byte, unixNanos int64, err error) {
	if len(labelled) < labelBytes || labelled[0] != '@' || labelled[labelBytes-1] != ' ' {
		return nil, 0, fmt.Errorf("no label: %s", quote(labelled))
	}
	label := labelled[1 : labelBytes-1]
	secs, err1 := strconv.ParseUint(string(label[:16]), 16, 64)
	nanos, err2 := strconv.ParseUint(string(label[16:]), 16, 32)
	if err1 != nil || err2 != nil || nanos >= 1e9 || bytes.ContainsAny(label, "ABCDEF") {
		return nil, 0, fmt.Errorf("malformed label: %s", quote(labelled))
	}
	if bytes.Compare(label, *last) < 0 {
		return nil, 0, fmt.Errorf("label goes back from %s to %s", *last, label)
	}
	*last = append((*last)[:0], label...)
	return labelled[labelBytes:], int64(secs-taiOffset)*1e9 + int64(nanos), nil
}

// selected goes through the selected lines of an input.
type selected struct {
	rest    []byte
	selects func([]byte) bool
}

// next is the next selected line with its newline; nil at the end.
func (s *selected) next() []byte {
	for len(s.rest) > 0 {
		end := bytes.IndexByte(s.rest, '\n') + 1
		line := s.rest[:end]
		s.rest = s.rest[end:]
		if s.selects == nil || s.selects(line[:end-1]) {
			return line
		}
	}
	return nil
}

// seek moves to the last occurrence of a line.
func (s *selected) seek(line []byte) bool {
	if at := bytes.LastIndex(s.rest, append([]byte{'\n'}, line...)); at >= 0 {
		s.rest = s.rest[at+1:]
		return true
	}
	return bytes.HasPrefix(s.rest, line)
}

// count goes to the end and says how many lines that were.
func (s *selected) count() int {
	n := 0
	for s.next() != nil {
		n++
	}
	return n
}

// quote shows the start of a line.
func quote(line []byte) string {
	if line == nil {
		return "nothing"
	}
	if len(line) > quoteBytes {
		return strconv.Quote(string(line[:quoteBytes])) + "..."
	}
	return strconv.Quote(string(line))
}

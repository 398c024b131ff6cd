package check

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"multilog/bench/internal/contender"
)

const (
	bufferBytes = 1 << 20 // longer than any line of any scenario
	quoteBytes  = 60      // of a line in a message
	statusBytes = 1000    // of a line, at most, in a status file
)

// A Checker compares the outputs of a run with its input.
type Checker struct {
	Dir   string // where the run took place
	Input []byte // whole lines
	// Tail says that the logger was allowed to remove old files: then the log must be
	// the end of the input. No two lines of the input may be the same.
	Tail bool
	// Label, if not nil, is called with each label in the first directory: the number
	// of the line and the label in nanoseconds since 1970.
	Label func(line int, unixNanos int64)
}

// Check compares all outputs. Its error names the first output that differs,
// the line, and what is wrong with it.
func (c Checker) Check(outputs []contender.Output) error {
	for i, o := range outputs {
		if i > 0 {
			c.Label = nil
		}
		var err error
		if o.Status {
			err = c.status(o)
		} else {
			err = c.directory(o)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", o.Path, err)
		}
	}
	return nil
}

// directory compares a log directory with the selected lines of the input.
func (c Checker) directory(o contender.Output) error {
	names, err := Files(filepath.Join(c.Dir, o.Path))
	if err != nil {
		return err
	}
	files := &reader{names: names}
	defer files.close()
	return c.stream(files, o)
}

// stream compares the content of a log with the selected lines of the input.
func (c Checker) stream(log io.Reader, o contender.Output) error {
	in := bufio.NewReaderSize(log, bufferBytes)
	want := &selected{rest: c.Input, selects: o.Selects}
	var last []byte
	for number := 0; ; number++ {
		got, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(got) == 0 {
			break
		}
		if err != nil {
			return fmt.Errorf("line %d is torn: %s: %w", number+1, quote(got), err)
		}
		if o.Stamp {
			line, nanos, err := unlabel(got, &last)
			if err != nil {
				return fmt.Errorf("line %d: %w", number+1, err)
			}
			if c.Label != nil {
				c.Label(number, nanos)
			}
			got = line
		}
		if number == 0 && c.Tail && !want.seek(got) {
			return fmt.Errorf("line 1 is not in the input: %s", quote(got))
		}
		if line := want.next(); !bytes.Equal(line, got) {
			return c.explain(number, len(c.Input)-len(want.rest)-len(line), line, got)
		}
	}
	if line := want.next(); line != nil {
		return fmt.Errorf("lost: the last %d lines, from %s on", 1+want.count(), quote(line))
	}
	return nil
}

// explain returns an error that says what is wrong with line got. want is the line that
// should be in its place, at wantAt in the input.
func (c Checker) explain(number, wantAt int, want, got []byte) error {
	what := "is torn or changed"
	at := bytes.Index(c.Input, append([]byte{'\n'}, got...))
	if at < 0 && bytes.HasPrefix(c.Input, got) {
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

// status compares a status file with the last selected line of the input.
func (c Checker) status(o contender.Output) error {
	got, err := os.ReadFile(filepath.Join(c.Dir, o.Path))
	if err != nil {
		return err
	}
	want := &selected{rest: c.Input, selects: o.Selects}
	var line []byte
	for l := want.next(); l != nil; l = want.next() {
		line = l
	}
	if o.Stamp && bytes.HasPrefix(got, []byte("@")) { // s6-log's has no label
		var last []byte
		if got, _, err = unlabel(got, &last); err != nil {
			return err
		}
	}
	got, _, _ = bytes.Cut(got, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\n"))
	if len(got) < statusBytes-LabelBytes && !bytes.Equal(got, line) {
		return fmt.Errorf("want %s, have %s", quote(line), quote(got))
	}
	return nil
}

// selected goes through the selected lines of an input.
type selected struct {
	rest    []byte
	selects func([]byte) bool
}

// next returns the next selected line with its newline; nil at the end.
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

// seek moves to the last occurrence of a line and reports whether there is one.
func (s *selected) seek(line []byte) bool {
	if at := bytes.LastIndex(s.rest, append([]byte{'\n'}, line...)); at >= 0 {
		s.rest = s.rest[at+1:]
		return true
	}
	return bytes.HasPrefix(s.rest, line)
}

// count goes to the end and returns how many lines it has passed.
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

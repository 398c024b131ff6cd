// Package far reads logs on other machines. It runs mlcat there, through ssh, with the
// options that select lines. So the far side reads the log, and only the lines that are
// wanted travel.
//
// [Log.Read] keeps these in a temporary file, which the rest of mlcat reads as it reads any
// single file. With a cursor wanted, the far mlcat prints it as its last line. [Log.Next]
// follows the log from that cursor on: when the connection breaks, it connects again and
// continues behind the last line that came.
//
// The command that the far shell gets is made of quoted words, so nothing in the name of a
// log or in a pattern means anything to it.
package far

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"multilog/cmd/mlcat/internal/cursor"
	"multilog/internal/logdir"
)

// A Log is a log on another machine.
type Log struct {
	Arg  string // HOST:DIR, as it was named
	Host string // perhaps with a user before it

	dir      string
	args     []string // options that select lines
	patterns bool     // among them are patterns
	warn     func(error)

	more   []string    // options of Read
	marked bool        // mark is known
	mark   cursor.Mark // behind the lines that were read

	live  *run // that follows the log; nil before the first one, and after an error
	lines *bufio.Reader
	pause time.Duration // before the next try to connect
}

// New returns the log HOST:DIR, of which the options args select lines, patterns if set. Its
// warnings go to warn. Nothing is read yet.
func New(arg string, args []string, patterns bool, warn func(error)) (*Log, error) {
	host, dir, _ := Split(arg)
	l := &Log{Arg: arg, Host: host, dir: dir, args: args, patterns: patterns, warn: warn}
	if dir == "" {
		return nil, errors.New("unable to read " + arg + ": no log is named behind the host")
	}
	return l, nil
}

// Dir returns the directory on the other machine.
func (l *Log) Dir() string { return l.dir }

// Cursor returns the cursor behind the lines that Read and Next have returned.
func (l *Log) Cursor() string { return l.mark.String() }

// Read returns the lines that are there now, and that the options more select, too. With
// marked it finds out the cursor at their end. If there is an error, file has the lines that
// came before it, or is nil.
func (l *Log) Read(more []string, marked bool) (file *logdir.File, err error) {
	l.more = more
	args := append(l.options(), more...)
	if marked {
		args = append(args, "--show-cursor")
	}
	r, err := l.start(args, l.warn)
	if err != nil {
		return nil, err
	}
	in := &stripped{in: bufio.NewReaderSize(r.out, 256<<10), strip: marked}
	file, err = logdir.Spool(l.Arg, in)
	if err != nil {
		r.out.Close()
	}
	if endErr := r.end(l.patterns, in.any); err == nil {
		err = endErr
	}
	if err == nil && marked {
		err = l.setMark(in.cursor)
	}
	return file, err
}

// options returns the options that all runs have.
func (l *Log) options() []string { return append([]string{"-o", "tai64n"}, l.args...) }

func (l *Log) setMark(text string) error {
	c, err := cursor.Parse(text, 1)
	if err != nil {
		return l.failed(fmt.Sprintf("its cursor is %q; name one log only", text))
	}
	l.mark, l.marked = c[0], true
	return nil
}

// stripped is what a far mlcat prints, without the cursor in its last line.
type stripped struct {
	in     *bufio.Reader
	strip  bool
	any    bool   // something was printed
	held   []byte // a line that looks like a cursor
	out    []byte // comes next
	cursor string
}

const cursorPrefix = "-- cursor: "

func (s *stripped) Read(p []byte) (int, error) {
	if !s.strip {
		n, err := s.in.Read(p)
		s.any = s.any || n > 0
		return n, err
	}
	for len(s.out) == 0 {
		line, err := s.in.ReadBytes('\n')
		s.any = s.any || len(line) > 0
		if err != nil && len(line) == 0 {
			s.cursor = strings.TrimSpace(strings.TrimPrefix(string(s.held), cursorPrefix))
			return 0, err
		}
		s.out, s.held = s.held, nil
		if bytes.HasPrefix(line, []byte(cursorPrefix)) {
			s.held = line
		} else {
			s.out = append(s.out, line...)
		}
	}
	n := copy(p, s.out)
	s.out = s.out[n:]
	return n, nil
}

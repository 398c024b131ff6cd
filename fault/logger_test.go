package fault

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"multilog/internal/test/logger"
)

// awaitUnlocked waits until no process holds the locks of the log directories in dir. A
// killed logger may have forked a child for a processor, and that child holds them until
// it has executed the processor. A supervisor would start the logger again.
func awaitUnlocked(t *testing.T, dir string) {
	t.Helper()
	locks, err := filepath.Glob(filepath.Join(dir, "*", "lock"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range locks {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		logger.Until(t, name+" can be locked", func() bool { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil })
		_ = f.Close()
	}
}

// awaitLine waits until the file contains the line with number n.
func awaitLine(t *testing.T, l *logger.Logger, path string, n int) {
	t.Helper()
	line := string(appendLine(nil, n))
	l.Until("the line "+line, func() bool {
		b, _ := os.ReadFile(path) // it may not exist yet
		return strings.Contains(string(b), line)
	})
}

// A logger that pauses may use mostCPU in restTime, because it tries again once a
// second.
const (
	restTime = 2 * time.Second
	mostCPU  = 40 * time.Millisecond
)

// mustRest fails the test if the logger, which waits, uses CPU.
func mustRest(t *testing.T, l *logger.Logger) {
	t.Helper()
	before := l.CPU()
	time.Sleep(restTime)
	if used := l.CPU() - before; used > mostCPU {
		t.Errorf("the logger waits, but it uses %v of CPU in %v", used, restTime)
	}
}

// supply is a pipe to a logger, and what has been sent through it.
type supply struct {
	r, w  *os.File
	lines int        // how many lines were sent, or are being sent
	sent  chan error // the result of send
}

func newSupply(t *testing.T) *supply {
	t.Helper()
	s := &supply{sent: make(chan error, 1)}
	var err error
	if s.r, s.w, err = os.Pipe(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.r.Close()
		s.w.Close()
	})
	return s
}

// send starts to write n more lines, numbered on from the last. Call wait before the next
// send.
func (s *supply) send(n int) {
	from := s.lines
	s.lines += n
	go func() {
		const chunk = 64 << 10
		var b []byte
		for i := from; i < from+n; i++ {
			if b = appendLine(b, i); len(b) < chunk && i < from+n-1 {
				continue
			}
			if _, err := s.w.Write(b); err != nil {
				s.sent <- err
				return
			}
			b = b[:0]
		}
		s.sent <- nil
	}()
}

// wait waits until send has written its lines.
func (s *supply) wait(t *testing.T, l *logger.Logger) {
	t.Helper()
	if err := logger.Receive(t, "the logger takes all lines", s.sent, l.Said); err != nil {
		t.Fatal(err)
	}
}

// queued returns how many bytes are in the pipe.
func (s *supply) queued(t *testing.T) int {
	t.Helper()
	n, err := unix.IoctlGetInt(int(s.r.Fd()), unix.TIOCINQ)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// next returns the number of the line that the pipe begins with, and leaves the pipe as it
// is. The pipe may begin within that line: the logger keeps the beginning of a line in its
// lock page, for the next logger.
func (s *supply) next(t *testing.T) int {
	t.Helper()
	var private [2]int
	if err := unix.Pipe2(private[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(private[0])
	defer unix.Close(private[1])
	head := make([]byte, 8192) // the rest of a line, and the next number
	if _, err := unix.Tee(int(s.r.Fd()), private[1], len(head), unix.SPLICE_F_NONBLOCK); err != nil {
		t.Fatal(err)
	}
	n, err := unix.Read(private[0], head)
	if err != nil {
		t.Fatal(err)
	}
	rest, after, _ := bytes.Cut(head[:n], []byte("\n"))
	first := number(rest, false)
	if first < 0 {
		first = number(after, false) - 1
	}
	if line := appendLine(nil, max(first, 0)); !bytes.HasSuffix(line, append(rest, '\n')) {
		t.Fatalf("the pipe does not begin with line %d or its end, but with %.60q", first, rest)
	}
	return first
}

// hasOpen reports whether the logger has the file open.
func hasOpen(l *logger.Logger, path string) bool {
	fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", l.PID())) // the pattern is valid
	return slices.ContainsFunc(fds, func(fd string) bool {
		target, err := os.Readlink(fd)
		return err == nil && target == path
	})
}

// mustHold fails the test unless lines are those from first to sent-1, each once and in
// order. stamped reports whether each begins with a label.
func mustHold(t *testing.T, lines [][]byte, stamped bool, first, sent int) {
	t.Helper()
	c, notes := account(lines, sent, stamped, func(n int) bool { return n >= first })
	if c != (tally{}) {
		t.Errorf("%+v\n%s", c, strings.Join(notes, "\n"))
	}
}

// lastLine returns the number of the last line in a log directory.
func lastLine(t *testing.T, dir string, stamped bool) int {
	t.Helper()
	lines := read(t, dir)
	return number(lines[len(lines)-1], stamped)
}

// exists reports whether there is a file at path.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, os.ErrNotExist)
}

package fault

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long a test waits for what must happen.
const patience = 2 * time.Minute

// until waits for a condition; why, if not nil, is asked when it does not come.
func until(t *testing.T, what string, why func() string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			said := ""
			if why != nil {
				said = why()
			}
			t.Fatalf("this does not come: %s\n%s", what, said)
		}
	}
}

// logger is a logger that runs.
type logger struct {
	t      *testing.T
	cmd    *exec.Cmd
	stderr string // a file
	ended  bool
}

// run starts a logger in the directory dir.
func run(t *testing.T, dir string, stdin *os.File, command ...string) *logger {
	t.Helper()
	l := newLogger(t, dir, stdin, command...)
	l.start()
	return l
}

// newLogger is a logger that is still to be started.
func newLogger(t *testing.T, dir string, stdin *os.File, command ...string) *logger {
	l := &logger{t: t, cmd: exec.Command(command[0], command[1:]...)}
	l.cmd.Dir, l.cmd.Stdin = dir, stdin
	return l
}

func (l *logger) start() {
	l.t.Helper()
	stderr, err := os.Create(filepath.Join(l.t.TempDir(), "stderr"))
	if err != nil {
		l.t.Fatal(err)
	}
	defer stderr.Close()
	l.stderr, l.cmd.Stderr = stderr.Name(), stderr
	if err := l.cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { l.kill() })
}

// released waits until the log directories of a logger that was killed can be
// locked: a process that it had just forked for a processor holds the locks, too,
// until it is that. A supervisor would try again.
func released(t *testing.T, dir string) {
	t.Helper()
	locks, _ := filepath.Glob(filepath.Join(dir, "*", "lock"))
	for _, name := range locks {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		until(t, name+" can be locked", nil, func() bool { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil })
		_ = f.Close()
	}
}

// said is what the logger has said on standard error.
func (l *logger) said() string {
	b, err := os.ReadFile(l.stderr)
	if err != nil {
		l.t.Fatal(err)
	}
	return string(b)
}

// says waits until the logger has said it.
func (l *logger) says(what string) {
	l.t.Helper()
	until(l.t, what, l.said, func() bool {
		if zombie(l.cmd.Process.Pid) {
			l.t.Fatalf("it has ended, without %q\n%s", what, l.said())
		}
		return strings.Contains(l.said(), what)
	})
}

// saidOnce fails unless the logger has said it, and no more than once.
func (l *logger) saidOnce(what string) {
	l.t.Helper()
	if n := strings.Count(l.said(), what); n != 1 {
		l.t.Errorf("it said %d times %q\n%s", n, what, l.said())
	}
}

// kill ends the logger with SIGKILL.
func (l *logger) kill() {
	if !l.ended {
		l.ended = true
		_ = l.cmd.Process.Kill()
		_ = l.cmd.Wait()
	}
}

func (l *logger) signal(s os.Signal) {
	l.t.Helper()
	if err := l.cmd.Process.Signal(s); err != nil {
		l.t.Fatal(err)
	}
}

// exits waits for the logger's end, which is to be of its own.
func (l *logger) exits(code int) {
	l.t.Helper()
	until(l.t, "the logger's end", l.said, func() bool { return zombie(l.cmd.Process.Pid) })
	l.ended = true
	_ = l.cmd.Wait()
	if got := l.cmd.ProcessState.ExitCode(); got != code {
		l.t.Fatalf("exit code %d, want %d\n%s", got, code, l.said())
	}
}

// hasOpen reports whether the logger has a file open.
func (l *logger) hasOpen(path string) bool {
	fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", l.cmd.Process.Pid))
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err == nil && target == path {
			return true
		}
	}
	return false
}

// cpuTicks is how much CPU the logger has used, in hundredths of a second.
func (l *logger) cpuTicks() int {
	l.t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", l.cmd.Process.Pid))
	if err != nil {
		l.t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(stat, []byte(") ")) // see proc_pid_stat(5): state is its 3rd field
	fields, n := strings.Fields(string(rest)), 0
	for _, field := range fields[14-3 : 14-3+2] {
		ticks, err := strconv.Atoi(field)
		if err != nil {
			l.t.Fatal(err)
		}
		n += ticks
	}
	return n
}

// What a logger that pauses may use: it tries again once a second.
const (
	restTime  = 2 * time.Second
	restTicks = 4
)

// rests fails if the logger, which waits, uses CPU.
func (l *logger) rests() {
	l.t.Helper()
	before := l.cpuTicks()
	time.Sleep(restTime)
	if used := l.cpuTicks() - before; used > restTicks {
		l.t.Errorf("it waits, and uses %d ticks of CPU in %v", used, restTime)
	}
}

// supply is a pipe, and a goroutine that writes numbered lines to it.
type supply struct {
	r, w  *os.File
	lines int // so far
	sent  chan error
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

// send begins to write n more lines; wait waits for that.
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

// wait waits until everything is written.
func (s *supply) wait(t *testing.T, l *logger) {
	t.Helper()
	select {
	case err := <-s.sent:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(patience):
		t.Fatalf("the logger takes no more input\n%s", l.said())
	}
}

// queued is how many bytes are in the pipe.
func (s *supply) queued(t *testing.T) int {
	t.Helper()
	n, err := unix.IoctlGetInt(int(s.r.Fd()), unix.TIOCINQ)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// next is the number of the line that the pipe begins with.
func (s *supply) next(t *testing.T) int {
	t.Helper()
	var private [2]int
	if err := unix.Pipe2(private[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(private[0])
	defer unix.Close(private[1])
	head := make([]byte, numberDigits+1)
	if _, err := unix.Tee(int(s.r.Fd()), private[1], len(head), unix.SPLICE_F_NONBLOCK); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Read(private[0], head); err != nil {
		t.Fatal(err)
	}
	return number(head, false)
}

// mustHold fails unless the lines are first to sent-1, once and in order.
func mustHold(t *testing.T, lines [][]byte, stamped bool, first, sent int) {
	t.Helper()
	c, notes := account(lines, sent, stamped, func(n int) bool { return n >= first })
	if c != (tally{}) {
		t.Errorf("%+v\n%s", c, strings.Join(notes, "\n"))
	}
}

// lastLine is the number of the last line in a directory.
func lastLine(t *testing.T, dir string, stamped bool) int {
	t.Helper()
	lines := read(t, dir)
	return number(lines[len(lines)-1], stamped)
}

// exists says whether there is a file.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, os.ErrNotExist)
}

package logger

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Logger is a process of a test. Its methods fail the test.
type Logger struct {
	*Process          // nil before Start
	In       *os.File // the writing end of standard input, if Start has made a pipe

	t      testing.TB
	cmd    *exec.Cmd // the command of Process, once there is one
	stderr string    // the path of the file
}

// New returns a logger in the directory dir that is not started yet. The test may
// change Command before it calls Start.
func New(t testing.TB, dir string, command ...string) *Logger {
	l := &Logger{t: t, cmd: exec.Command(command[0], command[1:]...)}
	l.cmd.Dir = dir
	return l
}

// Start starts a logger in the directory dir with this standard input. If stdin is nil,
// the logger reads a pipe, and its field In is the other end.
func Start(t testing.TB, dir string, stdin *os.File, command ...string) *Logger {
	t.Helper()
	l := New(t, dir, command...)
	if stdin != nil {
		l.cmd.Stdin = stdin
	}
	l.Start()
	return l
}

// Command returns the command that Start starts.
func (l *Logger) Command() *exec.Cmd { return l.cmd }

// Start starts the logger. If no standard input was chosen, it is a pipe. The logger is
// killed at the end of the test.
func (l *Logger) Start() {
	l.t.Helper()
	stderr, err := os.CreateTemp(l.t.TempDir(), "stderr-")
	if err != nil {
		l.t.Fatal(err)
	}
	defer stderr.Close()
	l.stderr, l.cmd.Stderr = stderr.Name(), stderr
	if l.cmd.Stdin == nil {
		r, w, err := os.Pipe()
		if err != nil {
			l.t.Fatal(err)
		}
		defer r.Close()
		l.t.Cleanup(func() { w.Close() })
		l.cmd.Stdin, l.In = r, w
	}
	if err := l.cmd.Start(); err != nil {
		l.t.Fatal(err)
	}
	l.Process = Watch(l.cmd)
	l.t.Cleanup(l.End)
}

// Feed writes text to the logger's standard input, with one call of write unless the
// pipe is full in between.
func (l *Logger) Feed(text string) {
	l.t.Helper()
	err := l.In.SetWriteDeadline(time.Now().Add(Patience))
	if err == nil {
		_, err = l.In.WriteString(text)
	}
	if err != nil {
		l.t.Fatalf("feed: %v\n%s", err, l.Said())
	}
}

// EOF closes the writing end of the logger's standard input.
func (l *Logger) EOF() {
	l.t.Helper()
	if err := l.In.Close(); err != nil {
		l.t.Fatal(err)
	}
}

// Said returns what the logger has written to standard error.
func (l *Logger) Said() string {
	l.t.Helper()
	b, err := os.ReadFile(l.stderr)
	if err != nil {
		l.t.Fatal(err)
	}
	return string(b)
}

// Until waits until happened returns true. If it does not, or if the logger ends
// before, it fails the test with what the logger has printed.
func (l *Logger) Until(what string, happened func() bool) {
	l.t.Helper()
	came := false
	Await(func() bool {
		ended := l.Ended() // check this first, so that the logger's last actions count
		came = happened()
		return came || ended
	})
	switch {
	case came:
	case l.Ended():
		l.t.Fatalf("the logger has ended (%s) before this happened: %s\n%s", l.Outcome(), what, l.Said())
	default:
		l.t.Fatalf("waited %v, in vain: %s\n%s", Patience, what, l.Said())
	}
}

// Says waits until the logger has printed the text what.
func (l *Logger) Says(what string) {
	l.t.Helper()
	l.Until("it says "+what, func() bool { return strings.Contains(l.Said(), what) })
}

// SaidOnce fails the test unless the logger has printed the text what exactly once.
func (l *Logger) SaidOnce(what string) {
	l.t.Helper()
	if n := strings.Count(l.Said(), what); n != 1 {
		l.t.Errorf("the logger has printed %d times %q\n%s", n, what, l.Said())
	}
}

// Signal sends the logger a signal.
func (l *Logger) Signal(s os.Signal) {
	l.t.Helper()
	if err := l.cmd.Process.Signal(s); err != nil {
		l.t.Fatalf("signal %v: %v\n%s", s, err, l.Said())
	}
}

// Wait waits until the logger has ended and returns its exit code, or -1 if a signal
// has killed it. The test fails if the logger does not end.
func (l *Logger) Wait() int {
	l.t.Helper()
	Receive(l.t, "the end of the logger", l.Done(), l.Said)
	return l.cmd.ProcessState.ExitCode()
}

// Exits waits until the logger has ended, and fails the test unless the exit code is
// code.
func (l *Logger) Exits(code int) {
	l.t.Helper()
	if l.Wait() != code {
		l.t.Fatalf("exit %s, want %d\n%s", l.Outcome(), code, l.Said())
	}
}

package main_test

// The commands in this file start loggers and act on them. If a script has several
// loggers, the first argument of each command is -as=NAME.
//
//	logger [flags] [--] WORD...    start a logger in the background
//	feed ITEM...                   write the items (see items) to its stdin with one write; -lines: with one write for each line
//	eof                            end its stdin
//	hangup                         close the other end of its stdin, which hangs up a terminal
//	signal NAME...                 send TERM, ALRM, ...
//	quiet                          wait until it has done everything and sleeps
//	waitexit CODE|NAME             wait until it has exited with CODE, or a signal NAME has killed it
//	unread ITEM...                 check that the items are all that it has left unread in its stdin
//
// The logger's stderr is the file err, or NAME.err.

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"multilog/internal/test/logger"
)

// loggersKey is the key of a script's *loggers among its values.
type loggersKey struct{}

// loggers are the loggers of one script.
type loggers struct {
	binary string // of the program under test
	byName map[string]*running
}

// running is a logger that was started, and what the script holds of it.
type running struct {
	*logger.Process
	program    string
	stdin      input
	stdinFlags int // file status flags at the start
	errFile    *os.File
	errFlags   int
}

// loggerFlags are the flags of the command logger.
type loggerFlags struct {
	as, prog, stdin, stderr, block, ignore, dir, umask, more string
	env                                                      []string
	nofile                                                   int
	plain                                                    bool
}

func parseLoggerFlags(ts *testscript.TestScript, args []string) (loggerFlags, []string) {
	var f loggerFlags
	set := flag.NewFlagSet("logger", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&f.as, "as", "", "the logger's name in this script")
	set.StringVar(&f.prog, "prog", "", "another program than the one under test")
	set.StringVar(&f.stdin, "stdin", "pipe", "pipe, fifo, socket, pty, closed, or the path of a file")
	set.StringVar(&f.stderr, "stderr", "", "closed, gone (a pipe that has no reader), full (a pipe that takes no more), or the path of a file to append to")
	set.StringVar(&f.block, "block", "", "signals that are blocked at the start, with commas")
	set.StringVar(&f.ignore, "ignore", "", "signals that are ignored at the start, with commas")
	set.StringVar(&f.dir, "dir", ".", "the directory to start in")
	set.StringVar(&f.umask, "umask", "", "the umask to start with")
	set.Func("env", "NAME=VALUE, one more environment variable; more than once", func(v string) error { f.env = append(f.env, v); return nil })
	set.BoolVar(&f.plain, "plain", false, "without root's right to pass over permissions")
	set.StringVar(&f.more, "more", "", "an item, split at spaces: more words after the others")
	set.IntVar(&f.nofile, "nofile", 0, "limit on descriptors")
	if err := set.Parse(args); err != nil {
		ts.Fatalf("logger: %v", err)
	}
	more, err := items(ts, []string{f.more})
	ts.Check(err)
	return f, append(set.Args(), strings.Fields(string(more))...)
}

func cmdLogger(ts *testscript.TestScript, neg bool, args []string) {
	f, words := parseLoggerFlags(ts, args)
	all := ts.Value(loggersKey{}).(*loggers)
	if old := all.byName[f.as]; old != nil && !old.Ended() {
		ts.Fatalf("logger: the one before is still running")
	}
	program := all.binary
	if f.prog != "" {
		var err error
		program, err = exec.LookPath(f.prog)
		ts.Check(err)
	}
	l := &running{program: program}
	var err error
	l.stdin, err = openInput(ts, f.stdin)
	ts.Check(err)
	l.errFile, err = openStderr(ts, f)
	ts.Check(err)
	l.stdinFlags, l.errFlags = l.stdin.flags(), statusFlags(l.errFile)

	cmd := exec.Command("/bin/sh", append([]string{"-c", prelude(f), program}, words...)...)
	cmd.Dir = ts.MkAbs(f.dir)
	cmd.Env = append(os.Environ(), "HOME="+ts.Getenv("HOME"))
	cmd.Env = append(cmd.Env, f.env...)
	if l.stdin.reader != nil {
		cmd.Stdin = l.stdin.reader
	}
	cmd.Stderr = l.errFile
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	ts.Check(startBlocking(cmd, f.block))
	l.Process = logger.Watch(cmd)
	all.byName[f.as] = l
	ts.Defer(l.cleanUp)
}

// prelude returns the shell script that starts the logger.
func prelude(f loggerFlags) string {
	var s strings.Builder
	if f.ignore != "" {
		fmt.Fprintf(&s, "trap '' %s; ", strings.ReplaceAll(f.ignore, ",", " "))
	}
	if f.umask != "" {
		fmt.Fprintf(&s, "umask %s; ", f.umask)
	}
	if f.nofile != 0 {
		fmt.Fprintf(&s, "ulimit -n %d; ", f.nofile)
	}
	s.WriteString(`exec `)
	if f.plain && os.Geteuid() == 0 {
		s.WriteString(`setpriv --inh-caps=-all --bounding-set=-all `)
	}
	s.WriteString(`"$0" "$@"`)
	if f.stdin == "closed" {
		s.WriteString(" <&-")
	}
	if f.stderr == "closed" {
		s.WriteString(" 2>&-")
	}
	return s.String()
}

// errPath returns the path of the file that is the logger's stderr.
func errPath(ts *testscript.TestScript, f loggerFlags) string {
	switch {
	case f.stderr != "" && f.stderr != "closed":
		return ts.MkAbs(f.stderr)
	case f.as != "":
		return ts.MkAbs(f.as + ".err")
	}
	return ts.MkAbs("err")
}

// openStderr opens that file, or a pipe.
func openStderr(ts *testscript.TestScript, f loggerFlags) (*os.File, error) {
	if f.stderr != "gone" && f.stderr != "full" {
		return os.OpenFile(errPath(ts, f), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	}
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		return nil, err
	}
	w := os.NewFile(uintptr(p[1]), "stderr")
	if f.stderr == "gone" {
		return w, unix.Close(p[0])
	}
	ts.Defer(func() { unix.Close(p[0]) })
	size, err := unix.FcntlInt(uintptr(p[1]), unix.F_GETPIPE_SZ, 0)
	if err == nil {
		_, err = w.Write(make([]byte, size))
	}
	return w, err
}

// startBlocking starts cmd with these signals blocked. A child inherits the signal mask of
// the thread that forks it.
func startBlocking(cmd *exec.Cmd, signals string) error {
	if signals == "" {
		return cmd.Start()
	}
	var block, before unix.Sigset_t
	for name := range strings.SplitSeq(signals, ",") {
		n := unix.SignalNum("SIG" + name)
		if n == 0 {
			return fmt.Errorf("no signal %s", name)
		}
		block.Val[0] |= 1 << (n - 1)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &block, &before); err != nil {
		return err
	}
	err := cmd.Start()
	return errors.Join(err, unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil))
}

// cleanUp ends what is left of the logger and its processors, and closes its input.
func (l *running) cleanUp() {
	l.End()
	l.stdin.close()
	_ = l.errFile.Close()
}

// named returns the logger that a command names, and the arguments after -as=NAME.
func named(ts *testscript.TestScript, args []string) (*running, []string) {
	name := ""
	if len(args) > 0 {
		if after, ok := strings.CutPrefix(args[0], "-as="); ok {
			name, args = after, args[1:]
		}
	}
	l := ts.Value(loggersKey{}).(*loggers).byName[name]
	if l == nil {
		ts.Fatalf("no logger %q was started", name)
	}
	return l, args
}

func cmdFeed(ts *testscript.TestScript, neg bool, args []string) {
	l, args := named(ts, args)
	byLine := len(args) > 0 && args[0] == "-lines"
	if byLine {
		args = args[1:]
	}
	data, err := items(ts, args)
	ts.Check(err)
	ts.Check(l.stdin.writer.SetWriteDeadline(time.Now().Add(logger.Patience)))
	for len(data) > 0 {
		n := len(data)
		if byLine {
			n = bytes.IndexByte(data, '\n') + 1
			if n == 0 {
				n = len(data)
			}
		}
		if _, err := l.stdin.writer.Write(data[:n]); err != nil {
			ts.Fatalf("feed: %v%s", err, whatLoggersSaid(ts))
		}
		data = data[n:]
	}
}

func cmdEOF(ts *testscript.TestScript, neg bool, args []string) {
	l, _ := named(ts, args)
	ts.Check(l.stdin.eof())
}

func cmdHangup(ts *testscript.TestScript, neg bool, args []string) {
	l, _ := named(ts, args)
	ts.Check(l.stdin.writer.Close())
}

func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	l, args := named(ts, args)
	for _, name := range args {
		n := unix.SignalNum("SIG" + name)
		if n == 0 {
			ts.Fatalf("no signal %s", name)
		}
		l.awaitSleep()
		ts.Check(unix.Kill(l.PID(), n))
	}
}

// awaitSleep waits, for a while, until the logger sleeps. If a signal comes between
// djb's look at its flags and its read, it notices the signal only when the read returns.
func (l *running) awaitSleep() {
	const polls = 200
	for i, asleep := 0, 0; i < polls && asleep < 3 && !l.Ended(); i++ {
		asleep++
		if !l.Activity().Asleep {
			asleep = 0
		}
		time.Sleep(time.Millisecond)
	}
}

func cmdWaitExit(ts *testscript.TestScript, neg bool, args []string) {
	l, args := named(ts, args)
	if len(args) != 1 {
		ts.Fatalf("usage: waitexit [-as=NAME] CODE|SIGNAL")
	}
	if !logger.Await(l.Ended) {
		ts.Fatalf("the logger is still running%s", whatLoggersSaid(ts))
	}
	if got := l.Outcome(); got != args[0] {
		ts.Fatalf("exit %s, want %s%s", got, args[0], whatLoggersSaid(ts))
	}
}

func cmdUnread(ts *testscript.TestScript, neg bool, args []string) {
	l, args := named(ts, args)
	if !l.Ended() {
		ts.Fatalf("unread: the logger is still running")
	}
	want, err := items(ts, args)
	ts.Check(err)
	if got := l.stdin.rest(); !bytes.Equal(got, want) {
		ts.Fatalf("unread: %s", unlike(got, want))
	}
}

// whatLoggersSaid returns the stderr of all loggers, for the end of a failure's message.
func whatLoggersSaid(ts *testscript.TestScript) string {
	var s strings.Builder
	files, _ := filepath.Glob(ts.MkAbs("*err"))
	for _, file := range files {
		data, _ := os.ReadFile(file)
		if len(data) > 0 {
			fmt.Fprintf(&s, "\n%s: %s", filepath.Base(file), shorten(data))
		}
	}
	return s.String()
}

const (
	// stillFor is how long a logger must sleep before it counts as quiet.
	stillFor = 60 * time.Millisecond
	// quietAtMost limits the wait for a logger that never rests.
	quietAtMost = 3 * time.Second
)

// cmdQuiet waits until the logger sleeps and is not woken for a while. Scripts use it
// before they check what has not happened. If it gives up, such a check may pass wrongly,
// but it does not fail wrongly.
func cmdQuiet(ts *testscript.TestScript, neg bool, args []string) {
	l, _ := named(ts, args)
	since, last := time.Now(), int64(-1)
	for end := since.Add(quietAtMost); time.Now().Before(end) && !l.Ended(); time.Sleep(5 * time.Millisecond) {
		a := l.Activity()
		switches := a.Voluntary + a.Involuntary
		if !a.Asleep || switches != last || !l.started() {
			since, last = time.Now(), switches
		}
		if time.Since(since) > stillFor {
			return
		}
	}
}

// started reports whether the logger runs, and not the shell that starts it any more.
func (l *running) started() bool {
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", l.PID()))
	return err == nil && exe == realPath(l.program)
}

func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

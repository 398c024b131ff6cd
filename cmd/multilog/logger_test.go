package main_test

// This file's commands start loggers and act on them. Each takes -as=NAME first
// when a script has more than one logger; NAME is empty otherwise.
//
//	logger [flags] [--] WORD...    start a logger, in the background
//	feed ITEM...                   write the items (see items) to its stdin in one write; -lines: one for each line
//	eof                            close the writing end of its stdin
//	hangup                         close the other end of its stdin; of a terminal that is a hangup
//	signal NAME...                 TERM, ALRM, ...
//	quiet                          wait until it has done what there is to do, and sleeps
//	waitexit CODE|NAME             wait until it has exited with CODE or died of signal NAME
//	unread ITEM...                 after its exit, exactly this is left to read from its stdin
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
)

// patience is how long a script waits for anything. It is far beyond what is
// needed: who waits for it in full has failed.
const patience = 2 * time.Minute

type loggersKey struct{}

// loggers are those of one script.
type loggers struct {
	binary string
	byName map[string]*logger
}

// A logger is one process, and what the script holds of it.
type logger struct {
	program    string
	cmd        *exec.Cmd
	stdin      input
	stdinFlags int // file status flags at the start
	errFile    *os.File
	errFlags   int
	done       chan struct{} // closed once the process is gone
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
	if old := all.byName[f.as]; old != nil && !old.gone() {
		ts.Fatalf("logger: the one before is still running")
	}
	program := all.binary
	if f.prog != "" {
		var err error
		program, err = exec.LookPath(f.prog)
		ts.Check(err)
	}
	l := &logger{program: program, done: make(chan struct{})}
	var err error
	l.stdin, err = openInput(ts, f.stdin)
	ts.Check(err)
	l.errFile, err = openStderr(ts, f)
	ts.Check(err)
	l.stdinFlags, l.errFlags = l.stdin.flags(), statusFlags(l.errFile)

	l.cmd = exec.Command("/bin/sh", append([]string{"-c", prelude(f), program}, words...)...)
	l.cmd.Dir = ts.MkAbs(f.dir)
	l.cmd.Env = append(os.Environ(), "HOME="+ts.Getenv("HOME"))
	l.cmd.Env = append(l.cmd.Env, f.env...)
	if l.stdin.reader != nil {
		l.cmd.Stdin = l.stdin.reader
	}
	l.cmd.Stderr = l.errFile
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	ts.Check(startBlocking(l.cmd, f.block))
	all.byName[f.as] = l
	go func() {
		_ = l.cmd.Wait() // the status is in ProcessState
		close(l.done)
	}()
	ts.Defer(l.cleanUp)
}

// prelude is the shell's part of a logger's start.
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

// errPath is where the logger's stderr goes.
func errPath(ts *testscript.TestScript, f loggerFlags) string {
	switch {
	case f.stderr != "" && f.stderr != "closed":
		return ts.MkAbs(f.stderr)
	case f.as != "":
		return ts.MkAbs(f.as + ".err")
	}
	return ts.MkAbs("err")
}

// openStderr opens that, or a pipe.
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

// startBlocking starts cmd with the given signals blocked: a child has the signal
// mask of the thread that forks it.
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

func (l *logger) gone() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// cleanUp ends what is still there of the logger and of its processors.
func (l *logger) cleanUp() {
	_ = unix.Kill(-l.cmd.Process.Pid, unix.SIGKILL) // the whole group; it may be gone
	<-l.done
	l.stdin.close()
	_ = l.errFile.Close()
}

// named finds the logger that a command is about, and takes -as=NAME off args.
func named(ts *testscript.TestScript, args []string) (*logger, []string) {
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
	ts.Check(l.stdin.writer.SetWriteDeadline(time.Now().Add(patience)))
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
		ts.Check(unix.Kill(l.cmd.Process.Pid, n))
	}
}

// awaitSleep waits, for a while, until the logger sleeps. djb's notices a
// signal that comes between its look at the flags and its read only when that
// read returns.
func (l *logger) awaitSleep() {
	const polls = 200
	asleep := 0
	for i := 0; i < polls && asleep < 3; i++ {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", l.cmd.Process.Pid))
		if err != nil {
			return
		}
		asleep++
		if _, state, ok := strings.Cut(string(stat), ") "); !ok || state == "" || state[0] != 'S' {
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
	select {
	case <-l.done:
	case <-time.After(patience):
		ts.Fatalf("the logger is still running%s", whatLoggersSaid(ts))
	}
	status := l.cmd.ProcessState.Sys().(syscall.WaitStatus)
	got := fmt.Sprint(status.ExitStatus())
	if status.Signaled() {
		got = strings.TrimPrefix(unix.SignalName(status.Signal()), "SIG")
	}
	if got != args[0] {
		ts.Fatalf("exit %s, want %s%s", got, args[0], whatLoggersSaid(ts))
	}
}

func cmdUnread(ts *testscript.TestScript, neg bool, args []string) {
	l, args := named(ts, args)
	if !l.gone() {
		ts.Fatalf("unread: the logger is still running")
	}
	want, err := items(ts, args)
	ts.Check(err)
	if got := l.stdin.rest(); !bytes.Equal(got, want) {
		ts.Fatalf("unread: %s", unlike(got, want))
	}
}

// whatLoggersSaid is for the end of a failure's message.
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
	// stillFor is how long a logger must not have run before it counts as quiet.
	stillFor = 60 * time.Millisecond
	// quietAtMost bounds the wait for one that never rests.
	quietAtMost = 3 * time.Second
)

// cmdQuiet waits until the logger sleeps and is not woken for a while. It guards
// checks of what has not happened, so giving up does no harm but to them.
func cmdQuiet(ts *testscript.TestScript, neg bool, args []string) {
	l, _ := named(ts, args)
	since, last := time.Now(), int64(-1)
	for end := since.Add(quietAtMost); time.Now().Before(end) && !l.gone(); time.Sleep(5 * time.Millisecond) {
		switches, asleep := l.activity()
		if !asleep || switches != last {
			since, last = time.Now(), switches
		}
		if time.Since(since) > stillFor {
			return
		}
	}
}

// activity counts how often the logger's threads went to sleep, and says whether
// all of them sleep now; the shell that starts it does not count.
func (l *logger) activity() (switches int64, asleep bool) {
	proc := fmt.Sprintf("/proc/%d", l.cmd.Process.Pid)
	if exe, err := os.Readlink(proc + "/exe"); err != nil || exe != realPath(l.program) {
		return 0, false
	}
	threads, _ := filepath.Glob(proc + "/task/*/status")
	asleep = true
	for _, thread := range threads {
		status, _ := os.ReadFile(thread)
		for line := range strings.Lines(string(status)) {
			name, value, _ := strings.Cut(line, ":")
			value = strings.TrimSpace(value)
			var n int64
			switch name {
			case "State":
				asleep = asleep && strings.HasPrefix(value, "S")
			case "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches":
				_, _ = fmt.Sscan(value, &n)
				switches += n
			}
		}
	}
	return switches, asleep
}

func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

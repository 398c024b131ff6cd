package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"multilog/internal/test/logger"
	"multilog/internal/test/seccomp"
)

// parentSlack is the timer slack of the tests' loggers' parent, in nanoseconds.
const parentSlack = 123_456

// withSlack calls start on a thread with that timer slack.
func withSlack(t *testing.T, slack uintptr, start func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, slack, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) }()
	start()
}

// slacks returns how many threads of a process have which timer slack, as text in
// nanoseconds.
func slacks(t *testing.T, pid int) map[string]int {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for _, task := range tasks {
		// This file is also there for a thread, though /proc does not list it.
		slack, err := os.ReadFile("/proc/" + filepath.Base(task) + "/timerslack_ns")
		if err != nil {
			continue // the thread has ended
		}
		found[strings.TrimSpace(string(slack))]++
	}
	return found
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may look at the timer slack of other processes, and change the root directory")
	}
}

// logged waits until the logger has logged n lines to main.
func logged(l *logger.Logger, dir string, n int) {
	l.Until("the lines are logged", func() bool {
		text, _ := os.ReadFile(filepath.Join(dir, "main", "current"))
		return strings.Count(string(text), "\n") == n
	})
}

// One thread has the large slack, which is the runtime's monitor; all others, the
// loop's among them, have that of the logger's parent. The process looks as it was
// started.
func TestSlack(t *testing.T) {
	needRoot(t)
	dir := t.TempDir()
	l := logger.New(t, dir, logger.Binary(t, "multilog"), "t", "", "./main")
	l.Command().Args[0] = "the logger"
	withSlack(t, parentSlack, l.Start)
	l.Feed("a line\n")
	logged(l, dir, 1)
	found := slacks(t, l.PID())
	if found[strconv.Itoa(parentSlack+1<<30)] != 1 || found[strconv.Itoa(parentSlack)] < 2 {
		t.Errorf("%v threads have which slack, want one with the large one, and the others with %d", found, parentSlack)
	}
	if len(found) != 2 {
		t.Errorf("%v threads have which slack, want two kinds", found)
	}
	proc := fmt.Sprintf("/proc/%d/", l.PID())
	for name, want := range map[string]string{"comm": "multilog\n", "cmdline": "the logger\x00t\x00\x00./main\x00"} {
		if got, err := os.ReadFile(proc + name); string(got) != want {
			t.Errorf("%s is %q, want %q (%v)", name, got, want, err)
		}
	}
	l.Signal(unix.SIGTERM)
	l.Exits(0)
}

// A processor gets the slack and the environment that the logger was started with.
func TestProcessorSlack(t *testing.T) {
	const script = `cat >/dev/null; cat /proc/self/timerslack_ns; echo "${GOMAXPROCS-none}"`
	for given, want := range map[string]string{"": "none", "3": "3"} {
		t.Run("GOMAXPROCS="+given, func(t *testing.T) {
			dir := t.TempDir()
			l := logger.New(t, dir, logger.Binary(t, "multilog"), "s4096", "!"+script, "./main")
			if given != "" {
				l.Command().Env = append(os.Environ(), "GOMAXPROCS="+given)
			}
			withSlack(t, parentSlack, l.Start)
			l.Feed(strings.Repeat("line\n", 1000))
			var text []byte
			l.Until("a file is processed", func() bool {
				files, _ := filepath.Glob(filepath.Join(dir, "main", "@*.s"))
				if len(files) > 0 {
					text, _ = os.ReadFile(files[0])
				}
				return len(files) > 0
			})
			if got, want := string(text), fmt.Sprintf("%d\n%s\n", parentSlack, want); got != want {
				t.Errorf("a processor says %q, want %q", got, want)
			}
			l.EOF()
			l.Exits(0)
		})
	}
}

// obstructed names, in the environment, what keeps the logger from starting itself
// again.
const obstructed = "MULTILOG_TEST_OBSTRUCTED"

// softFiles is the limit for descriptors that those loggers are started with.
const softFiles = 64

// Where prctl is refused, or the program can't be found, because /proc is not mounted,
// all works without a large slack. The limit for descriptors is as Go has raised it.
func TestWithoutRestart(t *testing.T) {
	if how := os.Getenv(obstructed); how != "" {
		obstruct(how, os.Args[len(os.Args)-1])
	}
	needRoot(t)
	for _, how := range []string{"prctl", "proc"} {
		t.Run(how, func(t *testing.T) {
			dir := t.TempDir()
			bin, err := os.ReadFile(logger.Binary(t, "multilog"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "multilog"), bin, 0o755); err != nil {
				t.Fatal(err)
			}
			l := logger.New(t, dir, os.Args[0], "-test.run=^TestWithoutRestart$", dir)
			l.Command().Env = append(os.Environ(), obstructed+"="+how)
			withSlack(t, parentSlack, l.Start)
			l.Feed("a line\n")
			logged(l, dir, 1)
			if found := slacks(t, l.PID()); len(found) != 1 || found[strconv.Itoa(parentSlack)] == 0 {
				t.Errorf("%v threads have which slack, want all %d", found, parentSlack)
			}
			var files unix.Rlimit
			if err := unix.Prlimit(l.PID(), unix.RLIMIT_NOFILE, nil, &files); err != nil || files.Cur <= softFiles {
				t.Errorf("the limit for descriptors is %v (%v)", files, err)
			}
			l.Feed("another\n")
			logged(l, dir, 2)
			l.Signal(unix.SIGTERM)
			l.Exits(0)
		})
	}
}

// obstruct becomes a logger in dir that can't start itself again.
func obstruct(how, dir string) {
	err := os.Chdir(dir)
	path := filepath.Join(dir, "multilog")
	if how == "proc" {
		path = "/multilog"
	}
	switch {
	case err != nil:
	case how == "proc":
		err = unix.Chroot(dir)
	default:
		err = seccomp.Refuse(unix.SYS_PRCTL)
	}
	if err == nil {
		// By the system call: package os would restore the limit for descriptors.
		if err = unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: softFiles, Max: 2 * softFiles}); err == nil {
			err = syscall.Exec(path, []string{"multilog", "./main"}, nil)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// Nothing wakes a logger that has nothing to do, also when the stream was busy a moment
// ago.
func TestIdle(t *testing.T) {
	const look = 2 * time.Second
	dir := t.TempDir()
	l := logger.Start(t, dir, nil, logger.Binary(t, "multilog"), "t", "./main")
	for n := range 300 {
		l.Feed("line " + strconv.Itoa(n) + "\n")
		time.Sleep(time.Millisecond)
	}
	logged(l, dir, 300)
	l.Until("the logger sleeps for good", func() bool {
		before := l.Activity()
		time.Sleep(look)
		return before.Asleep && before == l.Activity()
	})
}

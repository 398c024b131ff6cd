package logger

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestMain(m *testing.M) { os.Exit(Main{m}.Run()) }

// failing is a test that must fail.
type failing struct {
	testing.TB
	message string
}

func (f *failing) Helper() {}

func (f *failing) Fatalf(format string, args ...any) {
	f.message = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// messageOf returns the message with which f ends a test.
func messageOf(t *testing.T, f func(t testing.TB)) string {
	fails := &failing{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(fails)
	}()
	<-done
	return fails.message
}

// A real logger is built, started, fed, checked and ended.
func TestLogger(t *testing.T) {
	dir := t.TempDir()
	l := Start(t, dir, nil, Binary(t, "multilog"), "e", "./main")
	l.Feed("one\n")
	l.Says("one\n")
	l.SaidOnce("one")
	l.Until("it sleeps", func() bool { a := l.Activity(); return a.Asleep && a.Threads > 1 && a.Voluntary > 0 })
	l.EOF()
	l.Exits(0)
	if got, err := os.ReadFile(filepath.Join(dir, "main", "current")); string(got) != "one\n" {
		t.Errorf("%q, %v", got, err)
	}
	if a := l.Activity(); l.CPU() != 0 || a != (Activity{}) {
		t.Errorf("it has ended, and has used %v and does %+v", l.CPU(), a)
	}
}

// If the logger has ended, waiting fails the test at once, with what the logger has
// printed.
func TestEndedBefore(t *testing.T) {
	message := messageOf(t, func(tb testing.TB) {
		Start(tb, t.TempDir(), nil, "/bin/sh", "-c", "echo why >&2; exit 3").Says("what")
	})
	if want := "the logger has ended (3) before this happened: it says what\nwhy\n"; message != want {
		t.Errorf("%q, want %q", message, want)
	}
	message = messageOf(t, func(tb testing.TB) {
		Start(tb, t.TempDir(), nil, "/bin/sh", "-c", "kill -USR1 $$").Exits(0)
	})
	if want := "exit USR1, want 0\n"; message != want {
		t.Errorf("%q, want %q", message, want)
	}
}

// The last action of a process before its end counts.
func TestLastDeed(t *testing.T) {
	dir := t.TempDir()
	l := Start(t, dir, nil, "/bin/sh", "-c", "read line; echo $line >here")
	l.Feed("x\n")
	l.Until("the file", func() bool {
		text, _ := os.ReadFile(filepath.Join(dir, "here"))
		return string(text) == "x\n"
	})
	l.Exits(0)
}

// A busy process uses CPU time. End also ends its children, if it has a process group
// of its own.
func TestEnd(t *testing.T) {
	l := New(t, t.TempDir(), "/bin/sh", "-c", "sleep 1000 & echo $! >&2; while :; do :; done")
	l.Command().SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	l.Start()
	l.Until("it is busy", func() bool { return l.CPU() > 0 })
	l.Says("\n")
	child := strings.TrimSpace(l.Said())
	l.End()
	if got := l.Outcome(); got != "KILL" {
		t.Errorf("outcome %s", got)
	}
	Until(t, "the end of the child", func() bool {
		stat, err := os.ReadFile("/proc/" + child + "/stat")
		_, state, _ := strings.Cut(string(stat), ") ")
		return err != nil || strings.HasPrefix(state, "Z")
	})
}

// The results of a test depend on all packages of the command, and on nothing else of
// the module.
func TestSources(t *testing.T) {
	got, err := sources("multilog")
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"cmd/multilog", "pipeline", "rotate", "ioring/uring", "go.mod"} {
		if !slices.Contains(got, filepath.Join(root, want)) {
			t.Errorf("%s is not among them", want)
		}
	}
	if other := filepath.Join(root, "cmd/mlcat"); slices.Contains(got, other) {
		t.Errorf("%s is among them", other)
	}
}

// A command can be taken from where it is installed. Every user may run one that is
// built, and two calls return the same.
func TestBinary(t *testing.T) {
	path := Binary(t, "tai64n")
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", info, err)
	}
	if dir := Bin(t, "tai64n"); filepath.Join(dir, "tai64n") != path {
		t.Errorf("%s is not in %s", path, dir)
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", info, err)
	}
	t.Setenv(binVariable, "/opt/bin")
	if got := Binary(t, "tai64n"); got != "/opt/bin/tai64n" {
		t.Error(got)
	}
}

func TestMissing(t *testing.T) {
	const program = "a program that does not exist"
	for ci, isError := range map[string]bool{"": false, "true": true} {
		t.Setenv("CI", ci)
		if missing, err := Missing(program); !missing || (err != nil) != isError {
			t.Errorf("CI=%q: missing %v, %v", ci, missing, err)
		}
		if missing, err := Missing("sh"); missing || err != nil {
			t.Errorf("CI=%q: sh is missing %v, %v", ci, missing, err)
		}
	}
}

package fault

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// capacities are those that a pipe may have, and what loggers make of them.
var capacities = []int{4096, 8192, 65536, 1 << 20}

// Whatever the beginning of a line is that waits for its end, whatever the next
// write is like: the writer returns, and all of it is logged.
func TestWriterReturns(t *testing.T) {
	bin := binary(t)
	scripts := map[string][]string{
		"one": {"s16777215", "./main"}, "two": {"s16777215", "./main", "-*", "+x*", "./x"}, "none": {"e"},
	}
	for _, capacity := range capacities {
		for name, script := range scripts {
			t.Run(fmt.Sprintf("%d/%s", capacity, name), func(t *testing.T) {
				t.Parallel()
				for _, size := range []int{capacity - 1, capacity, capacity + 1, 4 * capacity} {
					for _, tail := range []int{0, 1, 999} {
						writerReturns(t, bin, script, capacity, size, tail)
					}
				}
			})
		}
	}
}

func writerReturns(t *testing.T, bin string, script []string, capacity, size, tail int) {
	t.Helper()
	what := fmt.Sprintf("a write of %d bytes behind %d bytes of a line", size, tail)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	l := newLogger(t, dir, r, append([]string{bin}, script...)...)
	l.cmd.Env = append(os.Environ(), "MULTILOG_PIPE="+strconv.Itoa(capacity))
	setCapacity(t, w, l.cmd.Env)
	l.start()
	defer l.kill()
	_ = r.Close()
	sent := bytes.Repeat([]byte("x"), tail)
	_, _ = w.Write(sent)
	// It has seen that, and sleeps, or looks now and then.
	until(t, "the logger sleeps", l.said, func() bool { return l.asleep() })
	text := bytes.Repeat([]byte(strings.Repeat("y", 60)+"\n"), size/61+1)[:size]
	returned := make(chan error, 1)
	go func() {
		_, err := w.Write(text)
		_ = w.Close()
		returned <- err
	}()
	select {
	case err := <-returned:
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	case <-time.After(patience):
		t.Fatalf("%s does not return", what)
	}
	l.exits(0)
	sent = append(sent, text...)
	if !bytes.HasSuffix(sent, []byte("\n")) {
		sent = append(sent, '\n')
	}
	if script[0] == "e" {
		return
	}
	if got := content(t, filepath.Join(dir, "main", "current")); !bytes.Equal(got, sent) {
		t.Errorf("%s: %d bytes are logged, not %d", what, len(got), len(sent))
	}
}

// The same with a socket that holds little: what is read in part of a message
// counts as the whole of it.
func TestSocketWriterReturns(t *testing.T) {
	bin := binary(t)
	for _, script := range [][]string{{"s16777215", "./main"}, {"e"}} {
		t.Run(script[0], func(t *testing.T) {
			ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := unix.SetsockoptInt(ends[1], unix.SOL_SOCKET, unix.SO_SNDBUF, 1); err != nil { // the least there is
				t.Fatal(err)
			}
			r, w := os.NewFile(uintptr(ends[0]), "socket"), os.NewFile(uintptr(ends[1]), "socket")
			dir := t.TempDir()
			l := run(t, dir, r, append([]string{bin}, script...)...)
			_ = r.Close()
			var sent []byte
			returned := make(chan error, 1)
			go func() {
				for n := 0; len(sent) < 200_000; {
					var b []byte
					for len(b) < 3000 {
						b = appendLine(b, n)
						n++
					}
					b = append(b, "beginning of a line, "...)
					sent = append(sent, b...)
					if _, err := w.Write(b); err != nil {
						returned <- err
						return
					}
				}
				returned <- w.Close()
			}()
			select {
			case err := <-returned:
				if err != nil {
					t.Fatal(err)
				}
			case <-time.After(patience):
				t.Fatal("a write does not return")
			}
			l.exits(0)
			if script[0] == "e" {
				return
			}
			if got := content(t, filepath.Join(dir, "main", "current")); !bytes.Equal(got, append(sent, '\n')) {
				t.Errorf("%d bytes are logged, not %d", len(got), len(sent)+1)
			}
		})
	}
}

// asleep reports whether all threads of the logger sleep, and it has begun.
func (l *logger) asleep() bool {
	stats, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", l.cmd.Process.Pid))
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil {
			return false
		}
		if _, state, _ := strings.Cut(string(stat), ") "); !strings.HasPrefix(state, "S") {
			return false
		}
	}
	fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", l.cmd.Process.Pid))
	return len(stats) > 2 && len(fds) > 8
}

// What people type.
func TestPipelines(t *testing.T) {
	bin := binary(t)
	for name, c := range map[string]struct{ script, env string }{
		"dd bs=1M":              {"dd if=big bs=1M 2>&- | $MULTILOG s16777215 ./main", ""},
		"cat, 8 KiB":            {"cat big | $MULTILOG s16777215 ./main", "MULTILOG_PIPE=8192"},
		"part, then 2 MB":       {"(head -c 5 big; sleep 0.3; tail -c +6 big | dd bs=2M iflag=fullblock 2>&-) | $MULTILOG s16777215 ./main", ""},
		"part, then all, 4 KiB": {"(head -c 5 big; sleep 0.3; tail -c +6 big) | $MULTILOG s16777215 ./main", "MULTILOG_PIPE=4096"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var big []byte
			for n := 0; len(big) < 5<<20; n++ {
				big = appendLine(big, n)
			}
			if err := os.WriteFile(filepath.Join(dir, "big"), big, 0o644); err != nil {
				t.Fatal(err)
			}
			runShell(t, dir, append(os.Environ(), "MULTILOG="+bin, c.env), nil, c.script)
			if got := content(t, filepath.Join(dir, "main", "current")); !bytes.Equal(got, big) {
				t.Errorf("%d bytes are logged, not %d", len(got), len(big))
			}
		})
	}
}

func runShell(t *testing.T, dir string, env []string, who *syscall.Credential, script string) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Dir, cmd.Env = dir, env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: who}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Fatalf("%v\n%s", err, &out)
		}
	case <-time.After(patience):
		_ = unix.Kill(-cmd.Process.Pid, unix.SIGKILL)
		t.Fatalf("it does not end: %s", script)
	}
}

// Pipes of one unprivileged user: the first are as large as is asked for, the
// others as small as a pipe can be.
func TestFortyLoggersOfOneUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to be another user")
	}
	bin := binary(t)
	dir, err := os.MkdirTemp("/tmp", "forty")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	const user = 65534
	var big []byte
	for n := 0; len(big) < 300_000; n++ {
		big = appendLine(big, n)
	}
	logger := filepath.Join(dir, "multilog")
	program, err := os.ReadFile(bin)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{logger: program, filepath.Join(dir, "big"): big} {
		if err := os.WriteFile(name, text, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(dir, user, user); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "MULTILOG="+logger, "GOMAXPROCS=2")
	runShell(t, dir, env, &syscall.Credential{Uid: user, Gid: user},
		`for n in $(seq 40); do (head -c 7 big; sleep 0.5; tail -c +8 big | dd bs=128k iflag=fullblock 2>&-) | $MULTILOG s16777215 ./$n & done; wait`)
	for n := range 40 {
		if got := content(t, filepath.Join(dir, strconv.Itoa(n+1), "current")); !bytes.Equal(got, big) {
			t.Errorf("logger %d: %d bytes are logged, not %d", n+1, len(got), len(big))
		}
	}
}

// While the end of a line does not come, nothing wakes the logger.
func TestIdleWithinLine(t *testing.T) {
	for name, script := range map[string][]string{"one": {"t", "./main"}, "none": {"e"}} {
		t.Run(name, func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			l := run(t, t.TempDir(), r, append([]string{binary(t)}, script...)...)
			_ = r.Close()
			_, _ = w.WriteString("one\ntw")
			until(t, "the logger sleeps for good", l.said, func() bool {
				before := l.switches(t)
				time.Sleep(500 * time.Millisecond)
				return before > 0 && l.switches(t) == before && l.asleep()
			})
		})
	}
}

// switches is how often the logger's threads have gone to sleep.
func (l *logger) switches(t *testing.T) (n int) {
	t.Helper()
	names, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", l.cmd.Process.Pid))
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if v, ok := strings.CutPrefix(line, "voluntary_ctxt_switches:"); ok {
				m, _ := strconv.Atoi(strings.TrimSpace(v))
				n += m
			}
		}
	}
	return n
}

// Two loggers on one pipe: each line is in one of both logs, once and whole.
func TestTwoReaders(t *testing.T) {
	const lines = 20_000
	bin := binary(t)
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("late=%v", late), func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			loggers := []*logger{run(t, dir, r, bin, "s16777215", "./a")}
			if !late {
				loggers = append(loggers, run(t, dir, r, bin, "s16777215", "./b"))
			}
			for n := range lines {
				if late && n == lines/4 {
					loggers = append(loggers, run(t, dir, r, bin, "s16777215", "./b"))
				}
				if _, err := w.Write(appendLine(nil, n)); err != nil {
					t.Fatal(err)
				}
				if n%100 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
			_, _ = r.Close(), w.Close()
			var all [][]byte
			for i, l := range loggers {
				l.exits(0)
				if n := strings.Count(l.said(), "unable to have standard input alone"); n > 1 {
					t.Errorf("logger %d warns %d times:\n%s", i, n, l.said())
				}
				name := filepath.Join(dir, string(rune('a'+i)), "current")
				all = append(all, bytes.SplitAfter(content(t, name), []byte("\n"))...)
			}
			seen := make([]int, lines)
			for _, line := range all {
				if len(line) == 0 {
					continue
				}
				n := number(line, false)
				if n < 0 || n >= lines || !bytes.Equal(line, appendLine(nil, n)) {
					t.Errorf("torn: %.60q", line)
					continue
				}
				seen[n]++
			}
			for n, times := range seen {
				if times != 1 {
					t.Errorf("line %d is there %d times", n, times)
				}
			}
		})
	}
}

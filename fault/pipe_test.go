package fault

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"multilog/internal/test/logger"
)

// capacities are the sizes of pipes, in bytes, that the tests try: one page, what an
// unprivileged user's pipe may shrink to, Linux's default, and what multilog asks for.
var capacities = []int{4096, 8192, 65536, 1 << 20}

// While the logger holds the beginning of a line, another write of any size returns, and
// everything is logged.
func TestWriterReturns(t *testing.T) {
	bin := logger.Binary(t, "multilog")
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

// writerReturns sends tail bytes without a newline, waits until the logger sleeps, and
// sends size bytes with one write.
func writerReturns(t *testing.T, bin string, script []string, capacity, size, tail int) {
	t.Helper()
	what := fmt.Sprintf("a write of %d bytes behind %d bytes of a line", size, tail)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	l := logger.New(t, dir, append([]string{bin}, script...)...)
	env := append(os.Environ(), "MULTILOG_PIPE="+strconv.Itoa(capacity))
	l.Command().Stdin, l.Command().Env = r, env
	setCapacity(t, w, env)
	l.Start()
	defer l.End()
	_ = r.Close()
	sent := bytes.Repeat([]byte("x"), tail)
	_, _ = w.Write(sent)
	l.Until("it sleeps within a line", func() bool { return asleep(l) })
	text := bytes.Repeat([]byte(strings.Repeat("y", 60)+"\n"), size/61+1)[:size]
	returned := make(chan error, 1)
	go func() {
		_, err := w.Write(text)
		_ = w.Close()
		returned <- err
	}()
	if err := logger.Receive(t, what+" returns", returned, l.Said); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	l.Exits(0)
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

// Writes to a small socket return, too. Linux counts a message in a socket as long as any
// part of it is unread.
func TestSocketWriterReturns(t *testing.T) {
	bin := logger.Binary(t, "multilog")
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
			l := logger.Start(t, dir, r, append([]string{bin}, script...)...)
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
			if err := logger.Receive(t, "all writes return", returned, l.Said); err != nil {
				t.Fatal(err)
			}
			l.Exits(0)
			if script[0] == "e" {
				return
			}
			if got := content(t, filepath.Join(dir, "main", "current")); !bytes.Equal(got, append(sent, '\n')) {
				t.Errorf("%d bytes are logged, not %d", len(got), len(sent)+1)
			}
		})
	}
}

// asleep reports whether all threads of the logger sleep. While it is starting, with fewer
// threads and descriptors, that does not count.
func asleep(l *logger.Logger) bool {
	const threads, descriptors = 3, 9
	a := l.Activity()
	open, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", l.PID())) // the pattern is valid
	return a.Asleep && a.Threads >= threads && len(open) >= descriptors
}

// Pipelines that people type end, and everything is logged.
func TestPipelines(t *testing.T) {
	bin := logger.Binary(t, "multilog")
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

// runShell runs a script in the directory dir as the user who, nil for this one. The
// script must exit with 0.
func runShell(t *testing.T, dir string, env []string, who *syscall.Credential, script string) {
	t.Helper()
	l := logger.New(t, dir, "/bin/sh", "-c", script)
	l.Command().Env = env
	l.Command().SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: who}
	l.Start()
	l.Exits(0)
}

// Linux limits what the pipes of an unprivileged user hold together. The first are as
// large as multilog asks for, the others small.
func TestFortyLoggersOfOneUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to be another user")
	}
	bin := logger.Binary(t, "multilog")
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
	if err := os.WriteFile(filepath.Join(dir, "big"), big, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, user, user); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "MULTILOG="+bin, "GOMAXPROCS=2")
	runShell(t, dir, env, &syscall.Credential{Uid: user, Gid: user},
		`for n in $(seq 40); do (head -c 7 big; sleep 0.5; tail -c +8 big | dd bs=128k iflag=fullblock 2>&-) | $MULTILOG s16777215 ./$n & done; wait`)
	for n := range 40 {
		if got := content(t, filepath.Join(dir, strconv.Itoa(n+1), "current")); !bytes.Equal(got, big) {
			t.Errorf("logger %d: %d bytes are logged, not %d", n+1, len(got), len(big))
		}
	}
}

// While the logger waits for the end of a line, nothing wakes it.
func TestIdleWithinLine(t *testing.T) {
	for name, script := range map[string][]string{"one": {"t", "./main"}, "none": {"e"}} {
		t.Run(name, func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			l := logger.Start(t, t.TempDir(), r, append([]string{logger.Binary(t, "multilog")}, script...)...)
			_ = r.Close()
			_, _ = w.WriteString("one\ntw")
			l.Until("the logger sleeps for good", func() bool {
				before := l.Activity().Voluntary
				time.Sleep(500 * time.Millisecond)
				return asleep(l) && l.Activity().Voluntary == before
			})
		})
	}
}

// If two loggers read one pipe, each line is in one of their logs, once and whole.
func TestTwoReaders(t *testing.T) {
	const lines = 20_000
	bin := logger.Binary(t, "multilog")
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("late=%v", late), func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			loggers := []*logger.Logger{logger.Start(t, dir, r, bin, "s16777215", "./a")}
			if !late {
				loggers = append(loggers, logger.Start(t, dir, r, bin, "s16777215", "./b"))
			}
			for n := range lines {
				if late && n == lines/4 {
					loggers = append(loggers, logger.Start(t, dir, r, bin, "s16777215", "./b"))
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
				l.Exits(0)
				if n := strings.Count(l.Said(), "standard input has another reader"); n > 1 {
					t.Errorf("logger %d warns %d times:\n%s", i, n, l.Said())
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

package fault

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/internal/test/logger"
)

var every = flag.Bool("every", false, "kill at and break every system call, not only some; and test on all file systems")

// This file kills the logger at system calls, and has system calls fail, with strace. It
// sets MULTILOG_IO=pool, because strace does not see what io_uring does.

// scene is what the logger does when a system call fails. It reads lines from a pipe that
// holds all of them.
type scene struct {
	name    string
	script  []string
	first   int  // number of the first line in the pipe; lines from 1 to first-1 are in the directory
	lines   int  // number of the last line
	prunes  bool // old files are removed
	prepare func(t *testing.T, in *injected)
	calls   []string
}

var scenes = []scene{
	{
		name: "small files", script: []string{"t", "s8192", "n1000", "./main"}, first: 1, lines: 400,
		calls: []string{"tee", "preadv2", "write", "openat", "renameat", "fsync", "fchmod", "statx", "flock", "close", "mkdirat"},
	},
	{
		name: "few files", script: []string{"t", "s4096", "n2", "./main"}, first: 1, lines: 400, prunes: true,
		calls: []string{"unlinkat", "getdents64"},
	},
	{
		name: "large files", script: []string{"t", "s200000", "n1000", "y1ms", "=status", "./main"}, first: 1, lines: 6000,
		calls: []string{"fdatasync", "ftruncate", "fallocate", "pwrite64"},
	},
	{
		name: "after an outage", script: []string{"t", "s8192", "n1000", "./main"}, first: 61, lines: 400, prepare: outage,
		calls: []string{"linkat", "unlinkat", "fsync", "openat", "ftruncate"},
	},
}

// outage makes the files that an outage leaves: none of them is finished.
func outage(t *testing.T, in *injected) {
	t.Helper()
	dir := filepath.Join(in.dir, "main")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	n := 1
	for _, file := range []string{"previous", "current", "next"} {
		var b []byte
		for range (in.first - 1) / 3 {
			b = appendLine(append(b, "@4000000060000000"+"00000000 "...), n)
			n++
		}
		if err := os.WriteFile(filepath.Join(dir, file), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range []string{"processed", "state", "newstate"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte("incomplete"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// injected is a run of the logger under strace, with a fault at the k-th such call of one
// of its threads, in a scene. Then another logger reads what is left.
type injected struct {
	*scene
	bin, dir string
	call     string
	fault    string // error=EIO, signal=KILL
	k        int
	said     string // by both loggers
	code     int
	happened bool // there was such a call
}

func (in *injected) run(t *testing.T) {
	t.Helper()
	if in.prepare != nil {
		in.prepare(t, in)
	}
	r := in.pipe(t)
	defer r.Close()
	command := append([]string{in.bin}, in.script...)
	trace := filepath.Join(in.dir, "trace")
	l := in.start(t, r, append(append([]string{"strace"}, in.options(trace)...), command...))
	in.code = l.Wait()
	in.said = l.Said()
	traced, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	in.happened = bytes.Contains(traced, []byte("INJECTED")) || in.code == -1
	next := in.start(t, r, command)
	if code := next.Wait(); code != 0 {
		t.Fatalf("%s %s %d: the next logger: exit %s\n%s", in.call, in.fault, in.k, next.Outcome(), in.said+next.Said())
	}
	in.said += next.Said()
	if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
		t.Fatalf("%d bytes are left, error %v", len(rest), err)
	}
}

// pipe returns a pipe that holds the scene's lines.
func (in *injected) pipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var b []byte
	for n := in.first; n <= in.lines; n++ {
		b = appendLine(b, n)
	}
	if size, err := unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, len(b)); err != nil || size < len(b) {
		t.Fatalf("a pipe of %d bytes has only %d: %v", len(b), size, err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	return r
}

// start starts a command in the directory of the scene. All its file operations are
// system calls.
func (in *injected) start(t *testing.T, stdin *os.File, command []string) *logger.Logger {
	t.Helper()
	l := logger.New(t, in.dir, command...)
	l.Command().Stdin, l.Command().Env = stdin, append(os.Environ(), "MULTILOG_IO=pool")
	l.Start()
	return l
}

// options returns strace's options. It follows every thread. Of writes only those to log
// files count, because one to an eventfd can't fail.
func (in *injected) options(trace string) []string {
	o := []string{"-f", "-qq", "-o", trace, "-e", "trace=" + in.call,
		"-e", fmt.Sprintf("inject=%s:%s:when=%d", in.call, in.fault, in.k)}
	if in.call == "write" {
		for _, name := range []string{"current", "next"} {
			o = append(o, "-P", filepath.Join(in.dir, "main", name))
		}
	}
	return o
}

// check checks that each line is there once, and that no panic was printed.
func (in *injected) check(t *testing.T) {
	t.Helper()
	lines, first := read(t, filepath.Join(in.dir, "main")), 1
	if in.prunes {
		lines = kept(t, filepath.Join(in.dir, "main"))
		first = number(lines[0], true)
	}
	c, notes := account(lines, in.lines+1, true, func(n int) bool { return n >= first })
	if c != (tally{}) {
		t.Errorf("%s %s %d: %+v, exit code %d\n%s\n%s", in.call, in.fault, in.k, c, in.code, strings.Join(notes, "\n"), in.said)
	}
	if strings.Contains(in.said, "goroutine ") {
		t.Errorf("%s %s %d: a panic:\n%s", in.call, in.fault, in.k, in.said)
	}
}

// sample holds the numbers of the calls that are tried unless -every is set.
var sample = []int{1, 2, 3, 5, 9, 17}

// inject tries each fault at the k-th call of each kind in each scene, for each k in the
// sample as long as there is such a call. check checks what came of it.
func inject(t *testing.T, faults []string, sample []int, check func(t *testing.T, in *injected)) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	logger.Need(t, "strace")
	bin := logger.Binary(t, "multilog")
	for i := range scenes {
		for _, call := range scenes[i].calls {
			for _, fault := range faults {
				t.Run(scenes[i].name+"/"+call+" "+fault, func(t *testing.T) {
					t.Parallel()
					injectAt(t, injected{scene: &scenes[i], bin: bin, call: call, fault: fault}, sample, check)
				})
			}
		}
	}
}

func injectAt(t *testing.T, what injected, sample []int, check func(t *testing.T, in *injected)) {
	happened := 0
	for i := 0; *every || i < len(sample); i++ {
		in := what
		in.dir, in.k = t.TempDir(), i+1
		if !*every {
			in.k = sample[i]
		}
		in.run(t)
		in.check(t)
		check(t, &in)
		if !in.happened {
			break
		}
		happened++
	}
	if happened == 0 {
		t.Errorf("there is no %s to break", what.call)
	}
	t.Logf("%d calls", happened)
}

// TestKillAtSystemCalls kills the logger as it enters a system call.
func TestKillAtSystemCalls(t *testing.T) {
	inject(t, []string{"signal=KILL"}, sample, func(t *testing.T, in *injected) {
		if in.happened && in.code != -1 && in.code != 128+9 {
			t.Errorf("%s %d: exit code %d after a kill", in.call, in.k, in.code)
		}
	})
}

// TestErrorsAtSystemCalls has system calls fail. At the start the logger prints why and
// exits 111 before it reads. Later it tries again.
func TestErrorsAtSystemCalls(t *testing.T) {
	faults := []string{"error=EIO"}
	if *every {
		faults = append(faults, "error=ENOSPC", "error=EINTR", "error=EAGAIN", "error=EDQUOT")
	}
	inject(t, faults, []int{1, 4}, func(t *testing.T, in *injected) {
		switch said := in.said; in.code {
		case 0:
		case 111:
			if !strings.Contains(said, "multilog: fatal: unable to ") {
				t.Errorf("%s %s %d: exit code 111, but it says %q", in.call, in.fault, in.k, said)
			}
		default:
			t.Errorf("%s %s %d: exit code %d\n%s", in.call, in.fault, in.k, in.code, said)
		}
	})
}

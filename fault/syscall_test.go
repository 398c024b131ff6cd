package fault

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var every = flag.Bool("every", false, "kill at, and break, every system call instead of a sample")

// Kills and errors at system calls, with strace. All of the logger's operations
// are system calls with MULTILOG_IO=pool; those of io_uring can't be seen.

// someLines fit into a pipe that nobody has enlarged.
const someLines = 400

// oneRun is how long a run may take: the logger pauses for five seconds before
// it tries again what has failed.
const oneRun = 2 * time.Minute

// injected runs the logger under strace, with a fault at the k-th such call of
// one of its threads, on a pipe that holds someLines; then another logger takes
// what is left. It says whether there was such a call.
type injected struct {
	bin, dir string
	call     string
	fault    string // error=EIO, signal=KILL
	k        int
	said     bytes.Buffer
	code     int
	happened bool
}

func (in *injected) run(t *testing.T) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var b []byte
	for n := 1; n <= someLines; n++ {
		b = appendLine(b, n)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	w.Close()
	trace := filepath.Join(in.dir, "trace")
	ctx, cancel := context.WithTimeout(context.Background(), oneRun)
	defer cancel()
	cmd := exec.CommandContext(ctx, "strace", append(in.options(trace), in.command()...)...)
	in.start(cmd, r)
	_ = cmd.Run()
	if ctx.Err() != nil {
		t.Fatalf("%s %s %d: it never ends\n%s", in.call, in.fault, in.k, in.said.String())
	}
	in.code = cmd.ProcessState.ExitCode()
	traced, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	in.happened = bytes.Contains(traced, []byte("INJECTED")) || in.code == -1
	next := exec.CommandContext(ctx, in.command()[0], in.command()[1:]...)
	in.start(next, r)
	if err := next.Run(); err != nil {
		t.Fatalf("%s %s %d: the next logger: %v\n%s", in.call, in.fault, in.k, err, in.said.String())
	}
	if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
		t.Fatalf("%d bytes are left, error %v", len(rest), err)
	}
}

func (in *injected) start(cmd *exec.Cmd, stdin *os.File) {
	cmd.Dir, cmd.Stdin, cmd.Stderr = in.dir, stdin, &in.said
	cmd.Env = append(os.Environ(), "MULTILOG_IO=pool")
	cmd.WaitDelay = 10 * time.Second
}

func (in *injected) command() []string {
	return []string{in.bin, "t", "s8192", "n1000", "./main"}
}

// options has strace follow every thread. Writes count only when they are to
// the log: an eventfd can't fail.
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

// check accounts for the lines.
func (in *injected) check(t *testing.T) {
	t.Helper()
	c, notes := account(read(t, filepath.Join(in.dir, "main")), someLines+1, true, func(n int) bool { return n > 0 })
	if c != (tally{}) {
		t.Errorf("%s %s %d: %+v, exit code %d\n%s\n%s", in.call, in.fault, in.k, c, in.code, strings.Join(notes, "\n"), in.said.String())
	}
	if strings.Contains(in.said.String(), "goroutine ") {
		t.Errorf("%s %s %d: a panic:\n%s", in.call, in.fault, in.k, in.said.String())
	}
}

// sample are the calls that are tried, of each kind, unless all are.
var sample = []int{1, 2, 3, 5, 9, 17}

// inject tries fault at the k-th of each of the calls, until there is no k-th.
func inject(t *testing.T, calls, faults []string, sample []int, check func(t *testing.T, in *injected)) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	if _, err := exec.LookPath("strace"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("strace is not installed")
		}
		t.Skip("strace is not installed")
	}
	bin := binary(t)
	for _, call := range calls {
		for _, fault := range faults {
			t.Run(call+" "+fault, func(t *testing.T) {
				t.Parallel()
				happened := 0
				for i := 0; *every || i < len(sample); i++ {
					in := &injected{bin: bin, dir: t.TempDir(), call: call, fault: fault, k: i + 1}
					if !*every {
						in.k = sample[i]
					}
					in.run(t)
					in.check(t)
					check(t, in)
					if !in.happened {
						break
					}
					happened++
				}
				if happened == 0 {
					t.Errorf("there is no %s to break", call)
				}
			})
		}
	}
}

// TestKillAtSystemCalls kills the logger as it enters a system call.
func TestKillAtSystemCalls(t *testing.T) {
	calls := []string{"tee", "readv", "write", "openat", "renameat", "fsync", "fchmod", "statx", "flock", "close", "mkdirat"}
	inject(t, calls, []string{"signal=KILL"}, sample, func(t *testing.T, in *injected) {
		if in.happened && in.code != -1 && in.code != 128+9 {
			t.Errorf("%s %d: exit code %d after a kill", in.call, in.k, in.code)
		}
	})
}

// TestErrorsAtSystemCalls has system calls fail. At the start the logger says
// so and exits 111, before it reads; later it tries again.
func TestErrorsAtSystemCalls(t *testing.T) {
	calls := []string{"tee", "readv", "write", "openat", "renameat", "fsync", "fchmod", "statx", "flock", "close", "mkdirat"}
	faults := []string{"error=EIO"}
	if *every {
		faults = append(faults, "error=ENOSPC", "error=EINTR", "error=EAGAIN", "error=EDQUOT")
	}
	inject(t, calls, faults, []int{1, 4}, func(t *testing.T, in *injected) {
		switch said := in.said.String(); in.code {
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

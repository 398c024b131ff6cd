package zstdcmd

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"

	"multilog/internal/cmdline"
	"multilog/internal/test/logger"
)

// decompresses reports whether a file is complete and undamaged zstd.
func decompresses(t *testing.T, name string) bool {
	t.Helper()
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	_, err = d.DecodeAll(file, nil)
	return err == nil
}

// started starts the command with the file name as output. Its input is a pipe.
func started(t *testing.T, name string, args ...string) *logger.Logger {
	t.Helper()
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	l := logger.New(t, t.TempDir(), append([]string{Name}, args...)...)
	l.Command().Stdout = out
	l.Start()
	return l
}

// After a kill between frames the output does not decompress.
func TestKill(t *testing.T) {
	for _, sig := range []os.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		if signal.Ignored(sig) {
			continue // as under nohup; the command inherits it
		}
		name := filepath.Join(t.TempDir(), "out")
		l := started(t, name)
		l.Feed(string(logLines(2 << 20)))
		l.Until("a frame in the output", func() bool {
			info, err := os.Stat(name)
			return err == nil && info.Size() > 1000
		})
		l.Signal(sig)
		if l.Wait() == 0 {
			t.Errorf("%v: exit code 0", sig)
		}
		if decompresses(t, name) {
			t.Errorf("%v: the output decompresses", sig)
		}
	}
}

// After an error the command removes its output only if no other process has appended
// to the file.
func TestRemoveWrittenKeepsOthers(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out")
	l := started(t, name)
	// This is one frame, and the start of another that is not written yet.
	l.Feed(string(logLines(1<<20 + 200<<10)))
	size := int64(0)
	l.Until("a frame in the output", func() bool {
		info, err := os.Stat(name)
		if err == nil {
			size = info.Size()
		}
		return size > 1000
	})
	other, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.WriteString("other\n"); err != nil {
		t.Fatal(err)
	}
	limit := unix.Rlimit{Cur: 1, Max: 1}
	if err := unix.Prlimit(l.PID(), unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		t.Fatal(err)
	}
	l.EOF()
	l.Exits(cmdline.ExitFailed)
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() < size+6 {
		t.Errorf("the file has %d bytes, but it had %d and 6 of another process", info.Size(), size)
	}
}

// Each read and each write fails once. The command exits 111, states the reason and
// leaves no output.
func TestEveryFault(t *testing.T) {
	logger.Need(t, "strace")
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	size := 3 << 20
	if testing.Short() {
		size = 1000
	}
	if err := os.WriteFile(in, logLines(size), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ syscall, path, errno, message string }{
		{"read", in, "EIO", "unable to read standard input: input/output error"},
		{"write", out, "ENOSPC", "unable to write to standard output: no space left on device"},
		{"write", out, "EIO", "unable to write to standard output: input/output error"},
		{"close", out, "EDQUOT", "unable to close standard output: disk quota exceeded"},
	} {
		for n := 1; ; n++ {
			inject := fmt.Sprintf("%s:error=%s:when=%d", test.syscall, test.errno, n)
			code, stderr := traced(t, in, out, test.path, inject)
			if code == 0 {
				if n == 1 {
					t.Errorf("%s: never happened", inject)
				}
				break
			}
			if code != cmdline.ExitFailed || !strings.Contains(stderr, Name+": fatal: "+test.message) {
				t.Errorf("%s: exit code %d: %s", inject, code, stderr)
			}
			info, err := os.Stat(out)
			if err != nil {
				t.Fatal(err)
			}
			// After a failed close the file is closed, so the command can't truncate it.
			if test.syscall != "close" && info.Size() != 0 {
				t.Errorf("%s: output of %d bytes", inject, info.Size())
			}
		}
		if !decompresses(t, out) {
			t.Error("output of a run without a fault does not decompress")
		}
	}
}

// traced compresses in to out with a fault in a system call on path.
func traced(t *testing.T, in, out, path, inject string) (code int, stderr string) {
	t.Helper()
	self, err := exec.LookPath(Name)
	if err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("exec strace -f -o /dev/null -P %s -e inject=%s %s <%s >%s", path, inject, self, in, out)
	cmd := exec.Command("sh", "-c", script)
	var messages bytes.Buffer
	cmd.Stderr = &messages
	err = cmd.Run()
	if _, ok := err.(*exec.ExitError); err != nil && !ok {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), messages.String()
}

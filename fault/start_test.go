package fault

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multilog/internal/test/logger"
)

// startCalls are the system calls that a logger makes at its start, without those that
// Go's runtime makes before main, each with an errno that the kernel may return. In the
// test the call fails each time.
var startCalls = []struct {
	call, errno string
	needed      bool // the start fails without it
}{
	{"epoll_create1", "ENOMEM", true}, {"epoll_create1", "ENFILE", true},
	{"epoll_ctl", "ENOSPC", true}, // fs.epoll.max_user_watches
	{"eventfd2", "ENODEV", true}, {"eventfd2", "ENFILE", true},
	{"flock", "ENOLCK", true}, {"flock", "EOPNOTSUPP", true},
	{"fstat,newfstatat,statx", "EIO", true}, {"statx", "ENOSYS", false},
	{"getdents64", "EIO", true}, {"fchmod", "EPERM", true},
	{"mkdirat", "ENOSPC", false}, // it is there
	{"pipe2", "ENFILE", false},   // its input is read plainly
	{"tee", "EINVAL", false},
	{"io_uring_setup", "EPERM", false}, {"io_uring_setup", "ENOMEM", false}, {"io_uring_register", "EINVAL", false},
	{"prlimit64,getrlimit", "EPERM", false}, {"umask", "ENOSYS", false}, {"prctl", "EINVAL", false},
}

// If what fails at the start is needed, the logger prints why and takes no input. If not,
// everything works without it. Go's runtime prints nothing.
func TestFailuresAtTheStart(t *testing.T) {
	logger.Need(t, "strace")
	bin := logger.Binary(t, "multilog")
	for _, c := range startCalls {
		t.Run(c.call+" "+c.errno, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.Mkdir(filepath.Join(dir, "main"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "main", "current"), []byte("zero\n"), 0o744); err != nil {
				t.Fatal(err)
			}
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if _, err := w.WriteString("one\ntwo\n"); err != nil {
				t.Fatal(err)
			}
			w.Close()
			l := logger.Start(t, dir, r, "strace", "-f", "-qq", "-o", "trace", "-e", "trace="+c.call, "-e", "inject="+c.call+":error="+c.errno, bin, "./main")
			code := l.Wait()
			said := l.Said()
			if traced, err := os.ReadFile(filepath.Join(dir, "trace")); err != nil || !bytes.Contains(traced, []byte("INJECTED")) {
				t.Fatalf("there is no such call to break, error %v", err)
			}
			rest, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			current, err := os.ReadFile(filepath.Join(dir, "main", "current"))
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case strings.Contains(said, "goroutine"):
				t.Errorf("it prints a trace:\n%.300s", said)
			case code == 111 && c.needed:
				if string(rest) != "one\ntwo\n" || !strings.HasPrefix(said, "multilog: fatal: unable to ") {
					t.Errorf("it leaves %q, and says %q", rest, said)
				}
			case code == 0 && !c.needed:
				if string(current) != "zero\none\ntwo\n" {
					t.Errorf("it logs %q, and says %q", current, said)
				}
			default:
				t.Errorf("exit code %d, and it says %q", code, said)
			}
		})
	}
}

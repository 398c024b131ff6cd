package mayread

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// Root makes a file and a directory; another user is told who may read them.
func TestExplain(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become another user")
	}
	root := t.TempDir()
	for dir := root; len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range []string{"closed/main", "group", "open"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(root, "open", "current")
	if err := os.WriteFile(file, nil, 0o640); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]fs.FileMode{"closed": 0o700, "group": 0o750} {
		if err := os.Chmod(filepath.Join(root, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(filepath.Join(root, "closed"), 54321, 54322); err != nil { // without names
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // the thread ends with the goroutine
		const nobody = 65534
		for _, call := range [][4]uintptr{
			{syscall.SYS_SETGROUPS, 0, 0, 0},
			{syscall.SYS_SETRESGID, nobody, nobody, nobody},
			{syscall.SYS_SETRESUID, nobody, nobody, nobody},
		} {
			if _, _, errno := syscall.RawSyscall(call[0], call[1], call[2], call[3]); errno != 0 {
				t.Error(errno)
				return
			}
		}
		for path, want := range map[string]string{
			"closed/main/current": "permission denied: it takes 54321 or root (ROOT/closed has owner 54321, group 54322, mode 0700)",
			"group":               "permission denied: it takes root or group root (ROOT/group has owner root, group root, mode 0750)",
			"open/current":        "permission denied: it takes root or group root (ROOT/open/current has owner root, group root, mode 0640)",
		} {
			_, err := os.Open(filepath.Join(root, path))
			if err == nil {
				t.Errorf("%s could be opened", path)
				continue
			}
			got := strings.ReplaceAll(errors.Unwrap(Explain(err)).Error(), root, "ROOT")
			if got != want {
				t.Errorf("%s: %s, want %s", path, got, want)
			}
			if !errors.Is(Explain(err), fs.ErrPermission) {
				t.Errorf("%s: not fs.ErrPermission any more", path)
			}
		}
	}()
	<-done
}

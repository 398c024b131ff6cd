package rotate

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/ioring"
)

func TestNotRegular(t *testing.T) {
	for mode, want := range map[uint32]string{
		syscall.S_IFREG | 0o644: "", syscall.S_IFDIR: "is a directory", syscall.S_IFLNK: "is a symbolic link", syscall.S_IFIFO: "is a FIFO",
		syscall.S_IFSOCK: "is a socket", syscall.S_IFCHR: "is a device", syscall.S_IFBLK: "is a device",
	} {
		err := notRegular(mode)
		if got := (&Error{Err: err}); err == nil && want != "" || err != nil && !strings.HasSuffix(got.Error(), ": "+want) {
			t.Errorf("%o: %v, not %s", mode, err, want)
		}
	}
}

// Anything but a regular file under one of the names is refused before anything is
// opened, and stays.
func TestObstacles(t *testing.T) {
	make := map[string]func(path string) error{
		"is a directory":     func(path string) error { return os.Mkdir(path, 0o755) },
		"is a symbolic link": func(path string) error { return os.Symlink("elsewhere", path) },
		"is a FIFO":          func(path string) error { return unix.Mkfifo(path, 0o600) },
		"is a socket":        func(path string) error { return unix.Mknod(path, unix.S_IFSOCK|0o600, 0) },
	}
	for _, name := range []string{lockName, currentName, nextName, previousName, processedName, stateName, newstateName} {
		for what, place := range make {
			dir := t.TempDir()
			if err := place(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
			k := newKernel(t)
			d, err := Lock(k, unix.AT_FDCWD, Config{Name: dir, Size: 99999, Count: 10, Code: "s"})
			if d != nil || err == nil || !strings.Contains(err.Error(), ": "+what+" (") || !strings.Contains(err.Error(), dir+"/"+name+" ") {
				t.Errorf("%s %s: %v", name, what, err)
			}
			for _, entry := range entries(t, dir) {
				if entry != name && entry != lockName {
					t.Errorf("%s %s: Lock has made %s", name, what, entry)
				}
			}
			k.kill()
		}
	}
}

func entries(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func TestForeign(t *testing.T) {
	me := uint32(os.Geteuid())
	for _, c := range []struct {
		info ioring.FileInfo
		want bool
	}{{ioring.FileInfo{Nlink: 1, UID: me}, false}, {ioring.FileInfo{Nlink: 2, UID: me}, false}, {ioring.FileInfo{Nlink: 1, UID: me + 1}, false}, {ioring.FileInfo{Nlink: 2, UID: me + 1}, true}} {
		if got := foreign(c.info); got != c.want {
			t.Errorf("%+v: %v", c.info, got)
		}
	}
}

func TestQuote(t *testing.T) {
	for name, want := range map[string]string{"/srv/log/main": "/srv/log/main", "/a b": "'/a b'", "/it's": `'/it'\''s'`, "/$x": "'/$x'"} {
		if got := quote(name); got != want {
			t.Errorf("%s: %s, not %s", name, got, want)
		}
	}
}

package fault

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/internal/test/logger"
)

// fileSystem is a kind of small file system.
type fileSystem struct {
	name    string
	mkfs    []string // and its options; empty if there is nothing to make
	options string   // of mount
	bytes   int64    // its size; small, but mkfs accepts it
	slack   int64    // free bytes without which it can't even rename a file
}

var (
	tmpfs = fileSystem{name: "tmpfs", bytes: 8 << 20}
	ext4  = fileSystem{name: "ext4", mkfs: []string{"mkfs.ext4", "-q", "-m", "0"}, bytes: 16 << 20}
	xfs   = fileSystem{name: "xfs", mkfs: []string{"mkfs.xfs", "-q"}, bytes: 320 << 20, slack: 128 << 10}
	btrfs = fileSystem{name: "btrfs", mkfs: []string{"mkfs.btrfs", "-q"}, bytes: 128 << 20, slack: 128 << 10}
)

// fileSystems returns those that a test tries. xfs is not among them by default, because
// it frees the blocks of a removed file late, on a busy machine after minutes.
func fileSystems() []fileSystem {
	switch {
	case testing.Short():
		return []fileSystem{tmpfs, ext4}
	case *every:
		return []fileSystem{tmpfs, ext4, btrfs, xfs}
	}
	return []fileSystem{tmpfs, ext4, btrfs}
}

// mount makes a file system and mounts it until the end of the test. It skips the test
// if that can't be done. It returns the mount point and the file that holds the file
// system, empty for a tmpfs.
func (f fileSystem) mount(t *testing.T) (dir, image string) {
	t.Helper()
	f.needed(t)
	dir = t.TempDir()
	if f.name == "tmpfs" {
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", f.bytes)); err != nil {
			t.Fatalf("mount a tmpfs: %v", err)
		}
		t.Cleanup(func() { unmount(t, dir) })
		return dir, ""
	}
	image = filepath.Join(t.TempDir(), "image")
	f.makeImage(t, image, f.bytes)
	f.mountImage(t, image, dir)
	t.Cleanup(func() { unmount(t, dir) })
	return dir, image
}

// needed skips the test if such file systems can't be made and mounted.
func (f fileSystem) needed(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: mounts a file system")
	}
	if len(f.mkfs) > 0 {
		for _, program := range []string{f.mkfs[0], "mount", "losetup"} {
			logger.Need(t, program)
		}
	}
}

// makeImage makes a file that holds an empty file system.
func (f fileSystem) makeImage(t *testing.T, image string, size int64) {
	t.Helper()
	if err := os.WriteFile(image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(image, size); err != nil {
		t.Fatal(err)
	}
	command(t, append(slices.Clone(f.mkfs), image)...)
}

// mountImage mounts a file through a loop device, which unmount removes.
func (f fileSystem) mountImage(t *testing.T, image, dir string) {
	t.Helper()
	options := "loop"
	if f.options != "" {
		options += "," + f.options
	}
	command(t, "mount", "-t", f.name, "-o", options, image, dir)
}

// mountDirect is mountImage, but the loop device bypasses the page cache of the image.
func (f fileSystem) mountDirect(t *testing.T, image, dir string) {
	t.Helper()
	device := strings.TrimSpace(command(t, "losetup", "--find", "--show", "--direct-io=on", image))
	defer command(t, "losetup", "--detach", device) // takes effect once it is unmounted
	command(t, "mount", "-t", f.name, device, dir)
}

// unmount unmounts a directory, unless nothing is mounted there.
func unmount(t *testing.T, dir string) {
	t.Helper()
	var err error
	logger.Await(func() bool { // a processor outlives its logger
		err = unix.Unmount(dir, 0)
		return err != unix.EBUSY
	})
	if err != nil && err != unix.EINVAL {
		t.Errorf("unmount: %v", err)
		_ = unix.Unmount(dir, unix.MNT_DETACH)
	}
}

// command runs a program that must succeed.
func command(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// free returns how many bytes are free on a file system.
func free(t *testing.T, dir string) int64 {
	t.Helper()
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		t.Fatal(err)
	}
	return int64(st.Bavail) * int64(st.Bsize)
}

// ballast makes a file that takes all free space of dir but leave bytes. It returns the
// name of the file. Removing the file makes room.
func ballast(t *testing.T, dir string, leave int64) string {
	t.Helper()
	name := filepath.Join(dir, "ballast")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const step = 64 << 10
	for size := free(t, dir) - leave; size > 0 && free(t, dir) > leave; size -= step {
		err := error(unix.EINTR) // on tmpfs, by any signal
		for err == unix.EINTR {
			err = unix.Fallocate(int(f.Fd()), 0, 0, size)
		}
		if err == nil {
			break
		}
		if err != unix.ENOSPC {
			t.Fatalf("fallocate: %v", err)
		}
	}
	return name
}

// fill writes to a file until there is no room, and then frees slack bytes.
func fill(t *testing.T, f *os.File, slack int64) {
	t.Helper()
	size, b := int64(0), make([]byte, 4096)
	for {
		n, err := f.Write(b)
		size += int64(n)
		if errors.Is(err, unix.ENOSPC) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Truncate(max(0, size-slack)); err != nil {
		t.Fatal(err)
	}
}

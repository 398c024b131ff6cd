// Package memdir provides directories in memory for tests that do not test the disk.
// On ext4 a process that creates and removes thousands of small files a second spends
// most of its time searching for free inodes.
package memdir

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// memory is where Linux has a tmpfs for all users (shm_overview(7)).
const memory = "/dev/shm"

// New returns the path of a new directory, which is removed at the end of the test. It
// is on the tmpfs /dev/shm, or where [testing.T.TempDir] is if /dev/shm is no tmpfs or
// not writable.
func New(t testing.TB) string {
	t.Helper()
	if !inMemory(memory) {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(memory, "multilog-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// inMemory reports whether path is on a tmpfs.
func inMemory(path string) bool {
	var st unix.Statfs_t
	return unix.Statfs(path, &st) == nil && st.Type == unix.TMPFS_MAGIC
}

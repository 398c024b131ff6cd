// Package memdir gives tests directories in memory, where what they are about is
// not the disk: on ext4 a process that makes and removes thousands of small files
// a second spends most of its time in looking for free inodes.
package memdir

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// memory is where Linux has a tmpfs for everyone (shm_overview(7)).
const memory = "/dev/shm"

// New returns a new directory that goes at the end of the test. It is on a tmpfs,
// or where there is none or it can't be written to, wherever [testing.T.TempDir] is.
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

// inMemory says whether path is on a tmpfs.
func inMemory(path string) bool {
	var st unix.Statfs_t
	return unix.Statfs(path, &st) == nil && st.Type == unix.TMPFS_MAGIC
}

// Package memdir gives tests directories in memory, where what they are about is
// not the disk: on ext4 a process that makes and removes thousands of small files
// a second spends most of its time in looking for free inodes.
package memdir

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

const memory = "/dev/shm"

// New returns a new directory that goes at the end of the test. It is on a tmpfs,
// or where there is none, wherever [testing.T.TempDir] is.
func New(t testing.TB) string {
	t.Helper()
	var st unix.Statfs_t
	if unix.Statfs(memory, &st) != nil || st.Type != unix.TMPFS_MAGIC {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(memory, "test")
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

package ioring

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// limit sets a soft limit of this process until the end of the test.
func limit(t *testing.T, which int, soft uint64) {
	var before unix.Rlimit
	if err := unix.Prlimit(0, which, nil, &before); err != nil {
		t.Fatal(err)
	}
	if err := unix.Prlimit(0, which, &unix.Rlimit{Cur: soft, Max: before.Max}, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Prlimit(0, which, &before, nil); err != nil {
			t.Fatal(err)
		}
	})
}

func openFiles(t *testing.T) int {
	fds, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}

func TestSpareFiles(t *testing.T) {
	before := openFiles(t)
	if n, err := SpareFiles(100); n != 100 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if after := openFiles(t); after != before {
		t.Errorf("%d descriptors are open, %d were before", after, before)
	}
	limit(t, unix.RLIMIT_NOFILE, 50)
	n, err := SpareFiles(100)
	if err != unix.EMFILE || n < 1 || n > 50 {
		t.Errorf("%d, %v", n, err)
	}
	if more, err := SpareFiles(n); more != n || err != nil {
		t.Errorf("there are %d, and then %d, %v", n, more, err)
	}
}

func TestSpareTasks(t *testing.T) {
	if n, err := SpareTasks(20); n != 20 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	children, err := os.ReadFile("/proc/thread-self/children")
	if err == nil && len(children) > 0 {
		t.Errorf("children are left: %s", children)
	}
}

func TestSpareMemory(t *testing.T) {
	if err := SpareMemory(1 << 20); err != nil {
		t.Error(err)
	}
	limit(t, unix.RLIMIT_DATA, 1<<20)
	if err := SpareMemory(64 << 20); err != unix.ENOMEM {
		t.Errorf("beyond the limit of data: %v", err)
	}
}

func TestRaiseThreads(t *testing.T) {
	RaiseThreads(7)
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil || len(tasks) < 8 {
		t.Errorf("%d threads, %v", len(tasks), err)
	}
}

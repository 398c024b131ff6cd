//go:build !race

// With the race detector a program takes several times the memory.

package zstdcmd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The memory of a process does not grow with its input.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	chunk := logLines(1 << 20)
	for _, test := range []struct {
		level   string
		mostKiB int
	}{{"-1", 12 << 10}, {"-3", 18 << 10}, {"-22", 56 << 10}} {
		l := started(t, filepath.Join(t.TempDir(), "out"), test.level)
		for range 24 {
			l.Feed(string(chunk))
		}
		// wait4 would include the memory that this process had before the exec.
		rss := peakKiB(t, l.PID())
		l.EOF()
		l.Exits(0)
		t.Logf("level %s: %d KiB", test.level, rss)
		if rss > test.mostKiB {
			t.Errorf("level %s: %d KiB resident, want at most %d", test.level, rss, test.mostKiB)
		}
	}
}

// peakKiB returns the most resident memory, in KiB, that a process has had.
func peakKiB(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kib int
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		t.Fatal(err)
	}
	return kib
}

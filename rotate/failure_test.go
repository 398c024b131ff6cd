package rotate

import (
	"testing"

	"multilog/ioring"
)

// An exit code that can't be that of a signal is not called one.
func TestFailureOf(t *testing.T) {
	for code, want := range map[int64]string{1: "exit code 1", 128: "exit code 128", 137: "killed by signal 9", 192: "killed by signal 64", 193: "exit code 193", 255: "exit code 255"} {
		if err := failureOf(&ioring.Op{Res: code}); err == nil || err.Error() != want {
			t.Errorf("%d: %v, want %s", code, err, want)
		}
	}
}

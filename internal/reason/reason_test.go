package reason

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"
)

func TestOf(t *testing.T) {
	for err, want := range map[error]string{
		syscall.ENOSPC:                  "out of disk space",
		syscall.EACCES:                  "access denied",
		syscall.ENXIO:                   "device not configured",
		syscall.EMFILE:                  "process cannot open more files",
		&fs.PathError{Err: syscall.EIO}: "input/output error",
		syscall.EDOM:                    "numerical argument out of domain", // the system's words
		errors.New("exit code 1"):       "exit code 1",
	} {
		if got := Of(err); got != want {
			t.Errorf("Of(%v) = %q, want %q", err, got, want)
		}
	}
}

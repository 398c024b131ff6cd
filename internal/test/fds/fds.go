// Package fds has tests use descriptors: of pipes, and others, by system calls alone.
package fds

import (
	"testing"

	"golang.org/x/sys/unix"
)

// Must returns a function that returns v, and fails the test on an error.
func Must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// CloseLater closes the descriptors at the end of the test.
func CloseLater(t *testing.T, fds ...int) {
	t.Cleanup(func() {
		for _, fd := range fds {
			_ = unix.Close(fd)
		}
	})
}

// Pipe makes a pipe with these flags of pipe2(2). The test closes w, and Pipe r.
func Pipe(t *testing.T, flags int) (r, w int) {
	t.Helper()
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC|flags); err != nil {
		t.Fatal(err)
	}
	CloseLater(t, p[0])
	return p[0], p[1]
}

// Put writes all of a text in one call. Any goroutine may call it.
func Put(t *testing.T, fd int, text string) {
	t.Helper()
	if n, err := unix.Write(fd, []byte(text)); n != len(text) {
		t.Errorf("write: %d of %d bytes, %v", n, len(text), err)
	}
}

// Package self finds the program that runs, so that it can run itself.
package self

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// exe is this very program, also when its file has been replaced or removed.
const exe = "/proc/self/exe"

// Path returns an absolute path that executes this program: /proc/self/exe, or
// where /proc is not mounted the path by which it was started. Call it before
// the working directory changes.
func Path() (string, error) { return firstExecutable(exe, startedAs()) }

// Execute puts this program, anew, in place of the process, with the same arguments.
// It returns only if it fails. It prefers the path by which the program was
// started, if that still leads to it: the kernel names the process after the path.
func Execute(environment []string) error {
	path := exe
	if started := startedAs(); isThis(started) {
		path = started
	}
	if err := unix.Access(path, unix.X_OK); err != nil {
		return err
	}
	var files, now unix.Rlimit
	limited := unix.Getrlimit(unix.RLIMIT_NOFILE, &files)
	err := syscall.Exec(path, os.Args, environment)
	// Exec has lowered the limit for descriptors to what it was before package os raised
	// it. Raised again, it also holds for programs that are started.
	if limited == nil && unix.Getrlimit(unix.RLIMIT_NOFILE, &now) == nil && now != files {
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &files)
	}
	return err
}

// isThis reports whether path is the file of this program.
func isThis(path string) bool {
	var at, this unix.Stat_t
	return unix.Stat(path, &at) == nil && unix.Stat(exe, &this) == nil && at.Dev == this.Dev && at.Ino == this.Ino
}

// firstExecutable returns the first path that can be executed, made absolute.
// The error is about the last.
func firstExecutable(paths ...string) (string, error) {
	var err error
	for _, path := range paths {
		var full string
		if full, err = filepath.Abs(path); err != nil {
			continue
		}
		if err = unix.Access(full, unix.X_OK); err == nil {
			return full, nil
		}
		err = fmt.Errorf("%s: %w", full, err)
	}
	return "", err
}

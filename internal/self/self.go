// Package self finds the program that is running, so that it can run itself again.
package self

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// exe is this program, even if its file has been replaced or removed.
const exe = "/proc/self/exe"

// Path returns an absolute path that executes this program: /proc/self/exe or, if /proc
// is not mounted, the path by which it was started. Call it before the working
// directory changes.
func Path() (string, error) { return firstExecutable(exe, startedAs()) }

// Execute replaces the process by a new run of this program, with the same arguments.
// It returns only if it fails. If the path by which the program was started still leads
// to it, Execute prefers that path, because the kernel names the process after it.
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
	// Exec has lowered the limit for descriptors to its value before package os raised
	// it. If it is raised again, the new limit also applies to programs that this one
	// starts.
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

// firstExecutable returns the first path that can be executed, made absolute. The error
// is about the last one.
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

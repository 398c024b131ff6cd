// Package self finds the program that runs, so that it can run itself.
package self

import (
	"fmt"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// exe is this very program, also when its file has been replaced or removed.
const exe = "/proc/self/exe"

// Path returns an absolute path that executes this program: /proc/self/exe, or
// where /proc is not mounted the path by which it was started. Call it before
// the working directory changes.
func Path() (string, error) { return firstExecutable(exe, startedAs()) }

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

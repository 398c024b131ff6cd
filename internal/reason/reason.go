// Package reason returns the text for an error in daemontools' words, because people and
// scripts search for these.
package reason

import (
	"errors"
	"syscall"
)

// texts holds daemontools' words for common errors.
var texts = map[syscall.Errno]string{
	syscall.EACCES:       "access denied",
	syscall.EAGAIN:       "temporary failure",
	syscall.EBADF:        "file descriptor not open",
	syscall.EBUSY:        "device busy",
	syscall.EEXIST:       "file already exists",
	syscall.EFBIG:        "file too big",
	syscall.EIO:          "input/output error",
	syscall.EISDIR:       "is a directory",
	syscall.ELOOP:        "symbolic link loop",
	syscall.EMFILE:       "process cannot open more files",
	syscall.ENAMETOOLONG: "file name too long",
	syscall.ENFILE:       "system cannot open more files",
	syscall.ENODEV:       "device does not support operation",
	syscall.ENOENT:       "file does not exist",
	syscall.ENOEXEC:      "exec format error",
	syscall.ENOMEM:       "out of memory",
	syscall.ENOSPC:       "out of disk space",
	syscall.ENOTDIR:      "not a directory",
	syscall.ENXIO:        "device not configured",
	syscall.EPERM:        "permission denied",
	syscall.EPIPE:        "broken pipe",
	syscall.EROFS:        "read-only file system",
	syscall.ESPIPE:       "unseekable descriptor",
	syscall.ETXTBSY:      "text busy",
}

// Of returns the text for err: for an errno, daemontools' words or else the system's;
// for any other error, its own text.
func Of(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		if words, ok := texts[errno]; ok {
			return words
		}
		return errno.Error()
	}
	return err.Error()
}

// Package reason says why something failed, in the words that daemontools uses:
// people and scripts look for those.
package reason

import (
	"errors"
	"syscall"
)

// texts are daemontools' words for the errors that people meet.
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

// Of returns an error in words: daemontools' where it has any, the system's
// otherwise.
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

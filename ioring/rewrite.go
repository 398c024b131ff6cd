package ioring

import (
	"io"

	"golang.org/x/sys/unix"
)

// rewriteBytes is how much of a file is written again at a time.
const rewriteBytes = 256 << 10

// rewrite writes a file's data over itself and syncs it. After a failed fsync, Linux
// takes the pages that it could not write for clean, and another fsync succeeds without
// writing them. As long as they are in memory, writing them again makes them dirty
// again.
func rewrite(op *Op) error {
	fd, err := unix.Openat(op.Dir, op.Path, unix.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	err = rewriteData(fd)
	if err == nil {
		err = unix.Fsync(fd)
	}
	if closeErr := unix.Close(fd); err == nil {
		err = closeErr
	}
	return err
}

func rewriteData(fd int) error {
	buf := make([]byte, rewriteBytes)
	for at := int64(0); ; {
		n, err := unix.Pread(fd, buf, at)
		if err != nil || n == 0 {
			return err
		}
		for b := buf[:n]; len(b) > 0; {
			n, err := unix.Pwrite(fd, b, at)
			if err != nil {
				return err
			}
			if n == 0 {
				return io.ErrShortWrite
			}
			b, at = b[n:], at+int64(n)
		}
	}
}

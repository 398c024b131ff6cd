package console

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// This file makes system calls directly, because the functions of package unix allocate
// memory. A logger may print every line to standard error.

// writeNow writes without waiting. It returns EAGAIN if it would have to wait, and
// EOPNOTSUPP or another error if the file or the kernel can't write without waiting.
func writeNow(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	iov := unix.Iovec{Base: &b[0]}
	iov.SetLen(len(b))
	const here = ^uintptr(0) // offset -1 means the current position
	n, _, e := syscall.RawSyscall6(unix.SYS_PWRITEV2, stderr, uintptr(unsafe.Pointer(&iov)), 1, here, here, unix.RWF_NOWAIT)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}

// poll waits at most that many milliseconds until standard error has room or is in
// error. It returns 0 after that time.
func poll(millis int) (ready int, err error) {
	fd := unix.PollFd{Fd: stderr, Events: unix.POLLOUT}
	timeout := unix.NsecToTimespec(int64(millis) * 1e6)
	n, _, e := syscall.Syscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&fd)), 1, uintptr(unsafe.Pointer(&timeout)), 0, 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}

package console

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls here are those of package unix that would allocate memory: a logger may
// show each line here.

// writeNow writes without waiting, or fails with EAGAIN; with EOPNOTSUPP or another
// error where that can't be had.
func writeNow(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	iov := unix.Iovec{Base: &b[0]}
	iov.SetLen(len(b))
	const here = ^uintptr(0) // the file's own position
	n, _, e := syscall.RawSyscall6(unix.SYS_PWRITEV2, stderr, uintptr(unsafe.Pointer(&iov)), 1, here, here, unix.RWF_NOWAIT)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}

// poll waits until standard error takes something, or is in error.
func poll(millis int) (ready int, err error) {
	fd := unix.PollFd{Fd: stderr, Events: unix.POLLOUT}
	timeout := unix.NsecToTimespec(int64(millis) * 1e6)
	n, _, e := syscall.Syscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&fd)), 1, uintptr(unsafe.Pointer(&timeout)), 0, 0, 0)
	if e != 0 {
		return 0, e
	}
	return int(n), nil
}

package linux

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// maxPieces is the maximum number of pieces in one writev: IOV_MAX.
const maxPieces = 1024

// writev writes as many of the pieces as one call can take.
func (h *host) writev(fd int, pieces [][]byte) (int, error) {
	if len(pieces) == 1 {
		b := pieces[0]
		r, _, e := syscall.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		if e != 0 {
			return 0, e
		}
		return int(r), nil
	}
	h.iov = h.iov[:0]
	for _, p := range pieces[:min(len(pieces), maxPieces)] {
		v := unix.Iovec{Base: unsafe.SliceData(p)}
		v.SetLen(len(p))
		h.iov = append(h.iov, v)
	}
	r, _, e := syscall.RawSyscall(unix.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(&h.iov[0])), uintptr(len(h.iov)))
	if e != 0 {
		return 0, e
	}
	return int(r), nil
}

// epollWaitRaw is epoll_wait(2). It returns 0 also after an error, which can only be EINTR.
func epollWaitRaw(fd int, events []unix.EpollEvent, millis int) int {
	r, _, e := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), uintptr(millis), 0, 0)
	if e != 0 {
		return 0
	}
	return int(r)
}

// sleepRaw sleeps for so many nanoseconds, or until a signal comes.
func sleepRaw(ns int64) {
	ts := unix.NsecToTimespec(ns)
	_, _, _ = syscall.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
}

package input

import (
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// System calls that are made for each batch without telling Go's scheduler. Telling it
// would cost a busy logger several times as much as the calls themselves. None of them
// waits for another process.

func errnoErr(e syscall.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}

// tee duplicates up to n bytes of pipe from into pipe to, without waiting.
func tee(from, to, n int) (int, error) {
	r, _, e := syscall.RawSyscall6(unix.SYS_TEE, uintptr(from), uintptr(to), uintptr(n), unix.SPLICE_F_NONBLOCK, 0, 0)
	return int(r), errnoErr(e)
}

// splice moves up to n bytes of pipe from into pipe to, without waiting.
func splice(from, to, n int) (int, error) {
	r, _, e := syscall.RawSyscall6(unix.SYS_SPLICE, uintptr(from), 0, uintptr(to), 0, uintptr(n), unix.SPLICE_F_NONBLOCK)
	return int(r), errnoErr(e)
}

func readRaw(fd int, b []byte) (int, error) {
	r, _, e := syscall.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(r), errnoErr(e)
}

// peekRaw reads from a socket without taking anything, and without waiting.
func peekRaw(fd int, b []byte) (int, error) {
	r, _, e := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_PEEK|unix.MSG_DONTWAIT, 0, 0)
	return int(r), errnoErr(e)
}

// reader reads from a descriptor without waiting. It does not set O_NONBLOCK, because
// other processes share the file status flags.
type reader struct {
	fd    int
	waits bool // the kernel can't read from it without waiting, only from own
	own   int  // another descriptor of the same pipe, with O_NONBLOCK; 0 for none
}

// readv reads into the pieces. RWF_NOWAIT works on pipes since Linux 6.4 and on sockets
// since 4.14. If it does not work, readv opens the pipe or FIFO a second time.
func (r *reader) readv(iov []unix.Iovec) (int, error) {
	if !r.waits {
		const end = ^uintptr(0) // the position: that of the descriptor
		n, _, e := syscall.RawSyscall6(unix.SYS_PREADV2, uintptr(r.fd), uintptr(unsafe.Pointer(unsafe.SliceData(iov))), uintptr(len(iov)), end, end, unix.RWF_NOWAIT)
		if e != syscall.EOPNOTSUPP && e != syscall.ENOSYS {
			return int(n), errnoErr(e)
		}
		r.waits = true
		r.own, _ = unix.Open("/proc/self/fd/"+strconv.Itoa(r.fd), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	}
	fd := r.fd
	if r.own > 0 {
		fd = r.own
	}
	n, _, e := syscall.RawSyscall(unix.SYS_READV, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(iov))), uintptr(len(iov)))
	return int(n), errnoErr(e)
}

// read reads into b.
func (r *reader) read(b []byte) (int, error) {
	iov := [1]unix.Iovec{{Base: unsafe.SliceData(b)}}
	iov[0].SetLen(len(b))
	return r.readv(iov[:])
}

// appendIovec appends b to iov, which must have room for it, unless b is empty.
func appendIovec(iov []unix.Iovec, b []byte) []unix.Iovec {
	if len(b) == 0 {
		return iov
	}
	n := len(iov)
	iov = iov[:n+1]
	iov[n].Base = unsafe.SliceData(b)
	iov[n].SetLen(len(b))
	return iov
}

// one returns the byte that p points at, as a slice.
func one(p *byte) []byte { return unsafe.Slice(p, 1) }

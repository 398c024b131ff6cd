package pipeline

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// System calls of the data plane, without telling Go's scheduler: that costs
// a busy logger several times what the calls themselves do. None of them waits
// for another process.

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

// peekRaw reads from a socket what stays in it, without waiting.
func peekRaw(fd int, b []byte) (int, error) {
	r, _, e := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_PEEK|unix.MSG_DONTWAIT, 0, 0)
	return int(r), errnoErr(e)
}

// trash takes bytes from a descriptor and drops them.
type trash struct {
	page []byte
	iov  []unix.Iovec
}

// take takes n bytes, all of which must be there to be had. The last one goes
// to mark, unless that is nil.
func (t *trash) take(fd, n int, mark *byte) error {
	if t.page == nil {
		t.page = make([]byte, unix.Getpagesize())
		t.iov = make([]unix.Iovec, batchBytes/len(t.page)+2)
	}
	if mark == nil {
		mark = &t.page[0]
	}
	for n > 0 {
		k := 0
		for left := min(n, batchBytes) - 1; left > 0; k++ {
			part := min(left, len(t.page))
			t.iov[k].Base = &t.page[0]
			t.iov[k].SetLen(part)
			left -= part
		}
		t.iov[k].Base = mark
		t.iov[k].SetLen(1)
		k++
		r, _, e := syscall.RawSyscall(unix.SYS_READV, uintptr(fd), uintptr(unsafe.Pointer(&t.iov[0])), uintptr(k))
		switch {
		case e == syscall.EINTR:
		case e == syscall.EFAULT && mark != &t.page[0]:
			mark = &t.page[0] // the lock page can't be stored into any more
		case e != 0:
			return e
		case r == 0:
			return syscall.EPIPE
		default:
			n -= int(r)
		}
	}
	return nil
}

// readMarked reads as many bytes as b has, less if there are less, in one call
// that puts the last of them where mark points, too.
func readMarked(fd int, b []byte, mark *byte) (int, error) {
	body := len(b) - 1
	var iov [2]unix.Iovec
	iov[0].Base = unsafe.SliceData(b)
	iov[0].SetLen(body)
	iov[1].Base = mark
	iov[1].SetLen(1)
	for {
		r, _, e := syscall.RawSyscall(unix.SYS_READV, uintptr(fd), uintptr(unsafe.Pointer(&iov[0])), uintptr(len(iov)))
		if e == syscall.EINTR {
			continue
		}
		if e != 0 {
			return 0, e
		}
		if int(r) > body {
			b[body] = *mark
		}
		return int(r), nil
	}
}

// maxPieces is how many pieces go into one writev.
const maxPieces = 1024

// writev appends pieces, as many as go into one call.
func (k *Linux) writev(fd int, pieces [][]byte) (int, error) {
	if len(pieces) == 1 {
		b := pieces[0]
		r, _, e := syscall.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
		if e != 0 {
			return 0, e
		}
		return int(r), nil
	}
	k.iov = k.iov[:0]
	for _, p := range pieces[:min(len(pieces), maxPieces)] {
		v := unix.Iovec{Base: unsafe.SliceData(p)}
		v.SetLen(len(p))
		k.iov = append(k.iov, v)
	}
	r, _, e := syscall.RawSyscall(unix.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(&k.iov[0])), uintptr(len(k.iov)))
	if e != 0 {
		return 0, e
	}
	return int(r), nil
}

// epollWaitRaw is epoll_wait for at most ms milliseconds, which are few.
func epollWaitRaw(fd int, events []unix.EpollEvent, ms int) (int, error) {
	r, _, e := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(fd), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), uintptr(ms), 0, 0)
	return int(r), errnoErr(e)
}

// sleepRaw sleeps for so many nanoseconds, or until a signal comes.
func sleepRaw(ns int64) {
	ts := unix.NsecToTimespec(ns)
	_, _, _ = syscall.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
}

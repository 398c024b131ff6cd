package feed

import (
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Monotonic returns CLOCK_MONOTONIC in nanoseconds. It is the same for all
// processes.
func Monotonic() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return ts.Nano()
}

// A clock reads CLOCK_MONOTONIC without a system call.
type clock struct {
	start  time.Time
	offset int64
}

func newClock() clock { return clock{start: time.Now(), offset: Monotonic()} }

func (c clock) now() int64 { return c.offset + int64(time.Since(c.start)) }

// SleepUntil sleeps in the kernel until CLOCK_MONOTONIC shows at.
func SleepUntil(at int64) {
	ts := unix.NsecToTimespec(at)
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &ts, nil) == unix.EINTR {
	}
}

// retry makes a raw system call, and makes it again when a signal interrupts it.
// Go's scheduler does not learn of it, so that it costs what it costs a program in
// C.
func retry(trap, a, b, c, d uintptr) (int, unix.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(trap, a, b, c, d, 0, 0)
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}

// rawWrite is write(2) as a raw call.
func rawWrite(fd int, p []byte) (int, unix.Errno) {
	return retry(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), 0)
}

// writeAll writes all of p.
func writeAll(fd int, p []byte) error {
	for len(p) > 0 {
		n, errno := rawWrite(fd, p)
		if errno != 0 {
			return &os.PathError{Op: "write", Path: "pipe", Err: errno}
		}
		p = p[n:]
	}
	return nil
}

// fileSize returns the size of an open file.
func fileSize(fd int) (int64, unix.Errno) {
	var st unix.Stat_t
	_, errno := retry(unix.SYS_FSTAT, uintptr(fd), uintptr(unsafe.Pointer(&st)), 0, 0)
	return st.Size, errno
}

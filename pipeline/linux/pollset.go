package linux

import (
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// pollSet is an epoll set that Go's poller watches.
type pollSet struct {
	fd     int
	file   *os.File
	raw    syscall.RawConn
	events [8]unix.EpollEvent
	n      int
	look   func(fd uintptr) bool // notes what has happened, without waiting
}

func newPollSet() (*pollSet, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	p := &pollSet{fd: fd}
	p.look = func(uintptr) bool {
		n, err := epollWaitRaw(p.fd, p.events[:], 0)
		p.n = max(n, 0)
		return p.n > 0 || err != nil
	}
	return p, unix.SetNonblock(fd, true)
}

// register has Go's poller watch the set. Go ends the process if it can't set up its
// poller, so the sets of this package are made before: a limit makes those fail first.
func (p *pollSet) register() (err error) {
	p.file = os.NewFile(uintptr(p.fd), "epoll")
	p.raw, err = p.file.SyscallConn()
	return err
}

// add has the descriptor watched.
func (p *pollSet) add(fd int, events uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(fd)}
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &ev)
}

// waitBriefly waits for at most busyWaitMillis and returns what has happened.
func (p *pollSet) waitBriefly() []unix.EpollEvent {
	n, _ := epollWaitRaw(p.fd, p.events[:], busyWaitMillis)
	return p.events[:max(n, 0)]
}

// wait sleeps until something happens or, unless it is zero, the deadline has come, and
// returns what has happened.
func (p *pollSet) wait(deadline time.Time) []unix.EpollEvent {
	p.n = 0
	_ = p.file.SetReadDeadline(deadline)
	// The thread that finds out goes on with the loop, and the loop stays on it
	// until the next wait: a goroutine that is in the kernel most of the time would
	// otherwise be handed from thread to thread.
	runtime.UnlockOSThread()
	_ = p.raw.Read(p.look)
	runtime.LockOSThread()
	return p.events[:p.n]
}

package linux

import "golang.org/x/sys/unix"

// pollSet is an epoll set.
type pollSet struct {
	fd     int
	events [8]unix.EpollEvent
}

func newPollSet() (*pollSet, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return &pollSet{fd: fd}, err
}

// add makes the set watch a descriptor.
func (p *pollSet) add(fd int, events uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(fd)}
	return unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &ev)
}

// wait sleeps until something happens, at most so many milliseconds, or forever if
// millis is -1. It returns what has happened. A signal may end it.
func (p *pollSet) wait(millis int) []unix.EpollEvent {
	n, _ := unix.EpollWait(p.fd, p.events[:], millis)
	return p.events[:max(n, 0)]
}

// waitRaw is wait, but Go's scheduler is not told.
func (p *pollSet) waitRaw(millis int) []unix.EpollEvent {
	return p.events[:epollWaitRaw(p.fd, p.events[:], millis)]
}

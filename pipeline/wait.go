package pipeline

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// The wait: input, finished operations, signals and the clock in one place.

// Waiting is raw while input comes more often than every busyGap, and then at
// most for rawWaitMillis; otherwise it is left to Go's scheduler, under which
// an idle process never wakes, but which makes each wake dearer.
const (
	busyGap       = 3_000_000 // nanoseconds
	rawWaitMillis = 5
)

func (k *Linux) openWait() (err error) {
	if k.signal, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return err
	}
	if k.all, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	if k.quiet, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	for _, fd := range []int{k.signal, k.queue.FD()} {
		ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(fd)}
		if err = unix.EpollCtl(k.quiet, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
			return err
		}
		if err = unix.EpollCtl(k.all, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
			return err
		}
	}
	// Edge-triggered: a line that is not complete stays in the pipe, and only
	// what comes to it may wake the loop. Regular files and some devices can't
	// be waited for: they are always ready.
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET, Fd: 0}
	k.polled = unix.EpollCtl(k.all, unix.EPOLL_CTL_ADD, 0, &ev) == nil
	return nil
}

func (k *Linux) Wait(until int64, input bool) Events {
	if input && (k.more || !k.polled || k.nap(until)) {
		ev, _ := k.poll()
		return ev
	}
	epoll := k.all
	if !input {
		epoll = k.quiet
	}
	began := k.Mono()
	for {
		ev, finished := k.poll()
		now := k.Mono()
		if finished || ev != (Events{}) || until != 0 && now >= until {
			return ev
		}
		if n := k.sleep(epoll, now, began, until); k.note(n) {
			k.waited = true
			ev, _ := k.poll()
			return ev
		}
	}
}

// nap sleeps for a while, without looking, when input keeps coming.
func (k *Linux) nap(until int64) bool {
	if k.coalescer.nap == 0 || until != 0 && until < k.Mono()+k.coalescer.nap {
		return false
	}
	sleepRaw(k.coalescer.nap)
	k.waited = true
	return true
}

// poll collects what has happened: signals, and operations that have finished.
func (k *Linux) poll() (ev Events, finished bool) {
	if k.queue.Inflight() > 0 {
		finished = k.queue.Complete() > 0
		k.queue.Flush()
	}
	if k.signaled.Swap(false) {
		ev = Events{Term: int(k.terms.Swap(0)), Alrm: int(k.alrms.Swap(0))}
	}
	return ev, finished
}

// sleep waits for events, and returns how many there are.
func (k *Linux) sleep(epoll int, now, began, until int64) int {
	ms := int64(-1)
	if until != 0 {
		ms = (until - now + 999_999) / 1_000_000
	}
	var n int
	var err error
	switch {
	case k.coalescer.gap < busyGap && now-began < busyGap:
		if ms < 0 || ms > rawWaitMillis {
			ms = rawWaitMillis
		}
		n, err = epollWaitRaw(epoll, k.event[:], int(ms))
	default:
		n, err = unix.EpollWait(epoll, k.event[:], int(min(ms, 1<<30)))
	}
	if err != nil && err != syscall.EINTR {
		return 0 // the descriptors are this process's own: can't happen
	}
	return max(n, 0)
}

// note looks at n events and says whether one of them is of standard input.
func (k *Linux) note(n int) (input bool) {
	for _, ev := range k.event[:n] {
		if ev.Fd != 0 {
			continue
		}
		input = true
		k.hangup = k.hangup || ev.Events&(unix.EPOLLHUP|unix.EPOLLRDHUP|unix.EPOLLERR) != 0
	}
	return input
}

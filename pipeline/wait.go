package pipeline

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The wait: input, finished operations, signals and the clock in one place.
//
// The loop sleeps in Go's own poller, on an epoll set of its own that is polled
// there as one descriptor. Measured, that wakes one thread per event, as a C
// program does, and an idle process never. Blocking in epoll_wait instead, the
// goroutine takes its processor with it: Go's monitor wakes to take that away,
// 2 to 6 times an event.
//
// While input comes often, the loop waits in the kernel without telling the
// scheduler, for a bounded time: that takes one call instead of three. Go's
// monitor ticks meanwhile, a hundred times a second.
const (
	busyGap        = 3_000_000 // nanoseconds between pieces that come often
	busyWaitMillis = 5
)

// waiter is an epoll set that Go's poller watches.
type waiter struct {
	fd     int
	file   *os.File
	raw    syscall.RawConn
	events [8]unix.EpollEvent
	n      int
	look   func(fd uintptr) bool // looks, without waiting, what has happened
}

func newWaiter() (*waiter, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	w := &waiter{fd: fd}
	w.look = func(uintptr) bool {
		n, err := epollWaitRaw(w.fd, w.events[:], 0)
		w.n = max(n, 0)
		return w.n > 0 || err != nil
	}
	return w, unix.SetNonblock(fd, true)
}

// register has Go's poller watch the set. That ends the process where it can't be
// set up: what fails then must have failed for this process's own sets before.
func (w *waiter) register() (err error) {
	w.file = os.NewFile(uintptr(w.fd), "epoll")
	w.raw, err = w.file.SyscallConn()
	return err
}

// add has the descriptor watched.
func (w *waiter) add(fd int, events uint32) error {
	ev := unix.EpollEvent{Events: events, Fd: int32(fd)}
	return unix.EpollCtl(w.fd, unix.EPOLL_CTL_ADD, fd, &ev)
}

// waitBriefly waits for at most busyWaitMillis and returns what has happened.
func (w *waiter) waitBriefly() []unix.EpollEvent {
	n, _ := epollWaitRaw(w.fd, w.events[:], busyWaitMillis)
	return w.events[:max(n, 0)]
}

// wait sleeps until something happens or the time has come, which is never if
// it is zero, and returns what has happened.
func (w *waiter) wait(deadline time.Time) []unix.EpollEvent {
	w.n = 0
	_ = w.file.SetReadDeadline(deadline)
	// Whichever thread finds out goes on with the loop. Until the next time
	// the loop keeps to it: a goroutine that is in the kernel most of the time
	// would otherwise be handed from thread to thread.
	runtime.UnlockOSThread()
	_ = w.raw.Read(w.look)
	runtime.LockOSThread()
	return w.events[:w.n]
}

func (k *Linux) openWait() (err error) {
	if k.all, err = newWaiter(); err != nil {
		return err
	}
	if k.quiet, err = newWaiter(); err != nil {
		return err
	}
	for _, w := range []*waiter{k.all, k.quiet} {
		for _, fd := range []int{k.signal, k.queue.FD()} {
			if err := w.add(fd, unix.EPOLLIN|unix.EPOLLET); err != nil { // nobody reads the eventfd
				return err
			}
		}
	}
	// Level-triggered: a wait ends whenever something is in the input. A pipe
	// wakes those who poll when a write ends, and in the midst of one only if
	// that found it empty: with an edge, a writer that fills up a pipe in which
	// something was left would wait for the logger, and the logger for it.
	// Regular files and some devices can't be waited for: they are always ready.
	err = k.all.add(0, unix.EPOLLIN)
	if k.polled = err == nil; err != nil && err != unix.EPERM {
		return err
	}
	return errors.Join(k.all.register(), k.quiet.register())
}

// Wait implements [Kernel]. While the stream is busy it naps, so that one batch
// takes what would have been many.
func (k *Linux) Wait(until int64, input bool) Events {
	if !k.started.Load() {
		k.started.Store(true)
	}
	if input && (k.more || !k.polled || k.nap(until)) {
		ev, _ := k.poll()
		return ev
	}
	w, deadline := k.all, time.Time{}
	if !input {
		w = k.quiet
	}
	if until != 0 {
		deadline = k.start.Add(time.Duration(until))
	}
	busy := until == 0 && k.coalescer.gap < busyGap
	for {
		ev, finished := k.poll()
		if finished || ev != (Events{}) || until != 0 && k.Mono() >= until {
			return ev
		}
		var events []unix.EpollEvent
		if busy {
			events, busy = w.waitBriefly(), false
		} else {
			k.collect()
			events = w.wait(deadline)
		}
		if ready(events) {
			k.waited = true
			ev, _ := k.poll()
			return ev
		}
	}
}

// collectOps is after how many operations the memory that they took is worth
// collecting: a rotation takes some thirty, of a few hundred bytes each.
const collectOps = 2000

// collect does by hand, when the loop is about to sleep or nap, what Go's collector
// would do when it pleases.
func (k *Linux) collect() {
	if k.finished >= collectOps {
		k.finished = 0
		runtime.GC()
	}
}

// nap sleeps for a while, without looking, when input keeps coming.
func (k *Linux) nap(until int64) bool {
	nap := k.coalescer.nap
	if nap == 0 || until != 0 && until < k.Mono()+nap {
		return false
	}
	k.collect()
	sleepRaw(nap)
	k.waited = true
	return true
}

// poll collects what has happened: signals, and operations that have finished.
func (k *Linux) poll() (ev Events, finished bool) {
	if k.queue.Inflight() > 0 {
		n := k.queue.Complete()
		k.finished += n
		finished = n > 0
		k.queue.Flush()
	}
	if k.signaled.Swap(false) {
		ev = Events{Term: int(k.terms.Swap(0)), Alrm: int(k.alrms.Swap(0))}
	}
	return ev, finished
}

// ready reports whether one of the events is of standard input.
func ready(events []unix.EpollEvent) bool {
	for _, ev := range events {
		if ev.Fd == 0 {
			return true
		}
	}
	return false
}

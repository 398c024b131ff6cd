package linux

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"multilog/ioring"
	"multilog/pipeline/input"
)

// While input comes often, a wait is at first one call of the kernel.
const (
	busyGap        = 3_000_000 // pieces come often if less time, in nanoseconds, is between two
	busyWaitMillis = 5         // how long that call may take
)

// waiter is the real pipeline.Waiter: it waits for input, finished operations, signals
// and the clock in one place.
//
// The loop sleeps in Go's own poller, which watches an epoll set of the loop's as one
// descriptor. As measured, an event then wakes one thread, as in a C program, and an
// idle process never wakes. If the goroutine blocked in epoll_wait instead, it would
// keep its P, and Go's monitor would wake to take that away, 2 to 6 times an event.
//
// While input comes often, the loop waits in the kernel without telling the scheduler,
// for a bounded time: that is one system call instead of three. Go's monitor ticks
// meanwhile, a hundred times a second.
type waiter struct {
	clock   clock
	input   *input.Stdin
	queue   *ioring.Queue
	signals *signals

	naps    coalescer
	garbage garbage
	polled  bool  // epoll takes standard input; otherwise it is always ready
	waited  bool  // the last wait for input ended with input
	woke    int64 // Mono when it did

	all   *pollSet // for standard input, the queue, signals
	quiet *pollSet // for all but standard input
}

func (w *waiter) open() (err error) {
	if w.all, err = newPollSet(); err != nil {
		return err
	}
	if w.quiet, err = newPollSet(); err != nil {
		return err
	}
	for _, set := range []*pollSet{w.all, w.quiet} {
		for _, fd := range []int{w.signals.fd, w.queue.FD()} {
			if err := set.add(fd, unix.EPOLLIN|unix.EPOLLET); err != nil { // nobody reads the eventfd
				return err
			}
		}
	}
	// Level-triggered: a wait ends whenever something is in the input. A pipe wakes its
	// pollers when a write ends, and during one only if that write had found the pipe
	// empty. With edges, a writer that fills up a pipe in which something was left
	// would wait for the logger, and the logger for the writer. Regular files and some
	// devices can't be waited for: they are always ready.
	err = w.all.add(0, unix.EPOLLIN)
	if w.polled = err == nil; err != nil && err != unix.EPERM {
		return err
	}
	return errors.Join(w.all.register(), w.quiet.register())
}

// Wait implements [pipeline.Waiter]. While the stream is busy it naps, so that one
// batch takes what would have been many.
func (w *waiter) Wait(until int64, input bool) (terms, alarms int) {
	w.signals.begin()
	if input && w.skips(until) {
		w.reap()
		return w.signals.take()
	}
	set, deadline := w.all, time.Time{}
	if !input {
		set = w.quiet
	}
	if until != 0 {
		deadline = w.clock.start.Add(time.Duration(until))
	}
	busy := until == 0 && w.naps.gap < busyGap
	for {
		finished := w.reap()
		terms, alarms = w.signals.take()
		if finished || terms+alarms > 0 || until != 0 && w.clock.Mono() >= until {
			return terms, alarms
		}
		var events []unix.EpollEvent
		if busy {
			events, busy = set.waitBriefly(), false
		} else {
			w.garbage.collect()
			events = set.wait(deadline)
		}
		if ready(events) {
			w.came()
			w.reap()
			return w.signals.take()
		}
	}
}

// skips reports that there is no need to wait for input, or that a nap was taken
// instead.
func (w *waiter) skips(until int64) bool {
	if n := w.input.Came(); w.waited {
		w.naps.came(w.woke, n)
		w.waited = false
	}
	return w.input.More() || !w.polled || w.nap(until)
}

// came notes that a wait for input has ended with input.
func (w *waiter) came() { w.waited, w.woke = true, w.clock.Mono() }

// nap sleeps for a while, without looking, when input keeps coming.
func (w *waiter) nap(until int64) bool {
	nap := w.naps.nap
	if nap == 0 || until != 0 && until < w.clock.Mono()+nap {
		return false
	}
	w.garbage.collect()
	sleepRaw(nap)
	w.came()
	return true
}

// reap calls Done of the operations that have finished, and reports whether there
// were any.
func (w *waiter) reap() (finished bool) {
	if w.queue.Inflight() > 0 {
		n := w.queue.Complete()
		w.garbage.ops += n
		finished = n > 0
		w.queue.Flush()
	}
	return finished
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

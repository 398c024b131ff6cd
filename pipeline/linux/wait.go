package linux

import (
	"math"

	"golang.org/x/sys/unix"

	"multilog/ioring"
	"multilog/pipeline/input"
)

// waiter is the real pipeline.Waiter: it waits for input, finished operations, signals
// and the clock in one place, by one epoll_wait on the loop's own thread, at all rates.
//
// Go's scheduler is told about that call, because it may last. That costs little while
// sysmon does not look (see package slack): the loop finds the processor that it has left.
// Go's own poller would take three more system calls for each wake.
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
			if err := set.add(fd, unix.EPOLLIN|unix.EPOLLET); err != nil { // the eventfd is never read: each write is an edge
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
	return nil
}

// Wait implements [pipeline.Waiter]. While the stream is busy it naps, so that one
// batch takes what would have been many.
func (w *waiter) Wait(until int64, input bool) (terms, alarms int) {
	w.signals.begin()
	if input && w.skips(until) {
		w.reap()
		return w.signals.take()
	}
	set := w.all
	if !input {
		set = w.quiet
	}
	for {
		finished := w.reap()
		terms, alarms = w.signals.take()
		if finished || terms+alarms > 0 {
			return terms, alarms
		}
		millis := -1
		if until != 0 {
			left := until - w.clock.Mono()
			if left <= 0 {
				return terms, alarms
			}
			millis = int(min((left-1)/1e6+1, math.MaxInt32))
		}
		w.garbage.collect()
		if ready(set.wait(millis)) {
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
	sleep(nap)
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

// sleep sleeps for so many nanoseconds, or until a signal comes.
func sleep(ns int64) {
	ts := unix.NsecToTimespec(ns)
	_ = unix.Nanosleep(&ts, nil)
}

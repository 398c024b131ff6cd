package linux

import (
	"math"

	"golang.org/x/sys/unix"

	"multilog/ioring"
	"multilog/pipeline/input"
)

// waiter is the real pipeline.Waiter. It waits for input, finished operations, signals
// and the clock in one place, with one epoll_wait on the loop's own thread, whatever
// the rate of input.
//
// While lines come, Go's scheduler is not told about that call. Where each line wakes the
// loop, the CPU's caches no longer contain what runs for a wake, and telling the scheduler
// costs as much as a system call does. The scheduler is told when nothing has come for
// busyMillis, so that sysmon can sleep for good. Go's own poller would need three more
// system calls for each wake.
type waiter struct {
	clock   clock
	input   *input.Stdin
	queue   *ioring.Queue
	signals *signals

	naps    coalescer
	garbage garbage
	polled  bool  // epoll accepts standard input; otherwise it is always ready
	idle    bool  // nothing happened in the last sleep
	waited  bool  // the last wait for input ended with input
	woke    int64 // Mono at that time

	all   *pollSet // for standard input, the queue and signals
	quiet *pollSet // for the same without standard input
}

// busyMillis is how long the loop waits without telling Go's scheduler, in milliseconds.
// As long as it does, sysmon wakes about once a second.
const busyMillis = 1000

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
	// Level-triggered: a wait ends whenever there is something in the input. A pipe
	// wakes its pollers when a write ends, and during a write only if that write had
	// found the pipe empty. With edges, a writer that fills a pipe in which something
	// was left would wait for the logger, and the logger for the writer. Regular files
	// and some devices can't be waited for: they are always ready.
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
		if ready(w.sleep(set, millis)) {
			w.came()
			w.reap()
			return w.signals.take()
		}
	}
}

// sleep sleeps until something happens in the set, at most the given milliseconds, for ever
// if that is -1, and returns what has happened. It may return for no reason. It tells the
// scheduler if nothing happened in the last sleep: either its time has passed, or sysmon
// needs the processor and has sent a signal.
func (w *waiter) sleep(set *pollSet, millis int) (events []unix.EpollEvent) {
	switch {
	case w.idle:
		events = set.wait(millis)
	case millis < 0 || millis > busyMillis:
		events = set.waitRaw(busyMillis)
	default:
		events = set.waitRaw(millis)
	}
	w.idle = len(events) == 0
	return events
}

// skips reports that waiting for input is not necessary, or that a nap was taken
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

// nap sleeps for a while if input keeps coming, without checking the input.
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

// reap calls Done of the operations that have finished and reports whether there were
// any.
func (w *waiter) reap() (finished bool) {
	if w.queue.Inflight() > 0 {
		n := w.queue.Complete()
		w.garbage.ops += n
		finished = n > 0
		w.queue.Flush()
	}
	return finished
}

// ready reports whether one of the events is about standard input.
func ready(events []unix.EpollEvent) bool {
	for _, ev := range events {
		if ev.Fd == 0 {
			return true
		}
	}
	return false
}

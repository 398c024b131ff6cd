package ioring

import (
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// Options for [NewQueue].
type Options struct {
	// Backend is "ring", "pool", or empty to choose what works.
	Backend string
}

// Queue carries operations out in the background. Its methods are for one
// goroutine, the owner. It may move between threads, but these must last as
// long as the queue, as Go's threads do unless a goroutine ends that is locked to
// one. The kernel may end any sleep of a thread that has submitted with EINTR
// when an operation has finished. Goroutines of the queue
// need a processor (GOMAXPROCS) besides the one that an owner in a raw system
// call holds.
type Queue struct {
	eventfd  int
	inflight int // submitted, and not reaped

	ring     *ring // nil where goroutines do everything
	reason   string
	files    pool
	lanes    map[uint64]*lane
	programs *programs

	reaped fifo // finished, Done not yet called

	mu       sync.Mutex
	finished []*Op // by the pools
	spare    []*Op // the array that finished takes next
}

// NewQueue makes a queue. Its errors are syscall.Errno, or say why the backend
// that was asked for cannot be had.
func NewQueue(o Options) (*Queue, error) {
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	q := &Queue{eventfd: fd, lanes: map[uint64]*lane{}}
	q.files = pool{limit: laneOps, do: func(op *Op) {
		Do(op)
		q.finish(op)
	}}
	q.programs = newPrograms(q.finish)
	if err := q.choose(o.Backend); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return q, nil
}

func (q *Queue) choose(backend string) (err error) {
	switch backend {
	case "pool":
	case "ring":
		q.ring, err = openRing(q.eventfd, q.files.submit)
	case "":
		var refused error
		if q.ring, refused = openRing(q.eventfd, q.files.submit); refused != nil {
			q.reason = refused.Error()
		}
	default:
		err = fmt.Errorf("no such backend as %q, there are ring and pool", backend)
	}
	return err
}

// Backend is "ring" where file operations go to the kernel's io_uring, "pool"
// where goroutines do all of them.
func (q *Queue) Backend() string {
	if q.ring != nil {
		return "ring"
	}
	return "pool"
}

// Reason says why Backend is "pool". It is empty when that was asked for, and
// for a ring.
func (q *Queue) Reason() string { return q.reason }

// FD is a descriptor that polls readable when operations have finished. The
// owner waits for it, level- or edge-triggered, and then calls Complete, which
// makes it unreadable again. It is not to be read, written or closed.
func (q *Queue) FD() int { return q.eventfd }

// Inflight returns the number of operations that were submitted and have not
// finished, as far as the last Complete has seen.
func (q *Queue) Inflight() int { return q.inflight }

// Submit takes op and returns at once, however many are in flight. They may
// finish in any order, and wait for others of their lane only. Programs ([Run])
// run side by side, as many as there are.
//
// When the process ends in the midst of operations, each is carried out before
// the process is gone, and its locks with it, or not at all. But the kernel's
// ring lets go of the files of these operations a moment later, so a descriptor
// whose flock others wait for is not for Submit.
func (q *Queue) Submit(op *Op) {
	q.inflight++
	if op.Code == Run {
		q.programs.submit(op)
	} else {
		q.admit(op)
	}
}

// Flush tells the kernel about what has been submitted since the last Flush.
// The owner calls it before it waits.
func (q *Queue) Flush() {
	if q.ring != nil {
		q.ring.flush()
	}
}

// Complete calls Done of the operations that have finished, in the owner's
// goroutine, and returns how many there were. It may be called at any time.
//
// It works in two phases. First it takes all operations that have finished from
// the ring and the pools, and begins those that waited for their turn. Then it
// calls Done of each. So whatever Done does, it never runs within the ring's
// completion loop: what it submits is at most begun, never completed, before
// the other operations have been handed back.
func (q *Queue) Complete() int {
	q.reap()
	n := 0
	for op := q.reaped.pop(); op != nil; op = q.reaped.pop() {
		n++
		if op.Done != nil {
			op.Done(op)
		}
	}
	return n
}

// reap takes what has finished from the ring and the pools.
func (q *Queue) reap() {
	// The event counter is reset before the finished operations are taken: one
	// that finishes in between signals again, and is not missed.
	resetEvent(q.eventfd)
	if q.ring != nil {
		q.ring.complete(q.take)
	}
	q.mu.Lock()
	ops := q.finished
	q.finished = q.spare[:0]
	q.mu.Unlock()
	for i, op := range ops {
		ops[i] = nil
		q.take(op)
	}
	q.spare = ops
}

// take takes a finished operation, and begins the next one of its lane.
func (q *Queue) take(op *Op) {
	q.inflight--
	q.reaped.push(op)
	if op.Code != Run {
		q.leave(op)
	}
}

// finish is called by the pools' goroutines.
func (q *Queue) finish(op *Op) {
	q.mu.Lock()
	q.finished = append(q.finished, op)
	first := len(q.finished) == 1
	q.mu.Unlock()
	if first {
		signalEvent(q.eventfd)
	}
}

// signalEvent makes an eventfd readable.
func signalEvent(fd int) {
	one := [8]byte{1} // in either byte order not 0, which is all that counts
	_, _ = unix.Write(fd, one[:])
}

// resetEvent makes an eventfd unreadable.
func resetEvent(fd int) {
	var counter [8]byte
	_, _ = unix.Read(fd, counter[:])
}

// Close waits for what is in flight, calls Done for it and for what that
// submits, and gives the descriptors back. It is for tests: a process can just
// exit.
func (q *Queue) Close() error {
	for q.inflight > 0 {
		q.Flush()
		fds := []unix.PollFd{{Fd: int32(q.eventfd), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR {
			return err
		}
		q.Complete()
	}
	if q.ring != nil {
		if err := q.ring.kernel.Close(); err != nil {
			return err
		}
	}
	q.programs.close()
	return unix.Close(q.eventfd)
}

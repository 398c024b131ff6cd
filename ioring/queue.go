package ioring

import (
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// Options are the options of [NewQueue].
type Options struct {
	// Backend is "ring" or "pool". If it is empty, NewQueue uses a ring if it can.
	Backend string
}

// Queue carries out operations in the background. Its methods belong to one goroutine,
// the owner. The owner may move between threads, but these must live as long as the
// queue; Go's threads do, unless a goroutine that is locked to its thread ends. When an
// operation has finished, the kernel may end any sleep of a thread that has submitted
// with EINTR. The goroutines of the queue need a processor (GOMAXPROCS) in addition to
// the one that an owner in a raw system call occupies.
type Queue struct {
	eventfd  int
	inflight int // submitted and not reaped

	ring     *ring // nil if goroutines do everything
	reason   string
	files    pool
	lanes    map[uint64]*lane
	programs *programs

	reaped fifo // finished; Done was not called yet

	mu       sync.Mutex
	finished []*Op // by the pools
	spare    []*Op // the next array of finished
}

// NewQueue makes a queue. Its errors are of type syscall.Errno, or say why it can't
// have the requested backend.
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

// Backend returns "ring" if the kernel's io_uring does file operations, and "pool" if
// goroutines do all of them.
func (q *Queue) Backend() string {
	if q.ring != nil {
		return "ring"
	}
	return "pool"
}

// Reason returns why Backend is "pool". It is empty if that was requested, and for a
// ring.
func (q *Queue) Reason() string { return q.reason }

// FD returns a descriptor that becomes readable when operations have finished. The
// owner waits for it, level- or edge-triggered, and then calls Complete, which makes it
// unreadable again. Nothing else may read, write or close it.
func (q *Queue) FD() int { return q.eventfd }

// Inflight returns the number of operations that were submitted and have not finished,
// as of the last Complete.
func (q *Queue) Inflight() int { return q.inflight }

// Submit takes op and returns at once, however many operations are in flight. They may
// finish in any order, and wait only for others of their lane. Programs ([Run]) run
// side by side, any number of them.
//
// If the process ends while operations are in flight, each is either carried out before
// the process and its locks are gone, or not at all. But the kernel's ring releases the
// files of these operations a moment later. So do not submit an operation on a
// descriptor whose flock another process waits for.
func (q *Queue) Submit(op *Op) {
	q.inflight++
	if op.Code == Run {
		q.programs.submit(op)
	} else {
		q.admit(op)
	}
}

// Flush tells the kernel what was submitted since the last Flush. The owner calls it
// before it waits.
func (q *Queue) Flush() {
	if q.ring != nil {
		q.ring.flush()
	}
}

// Complete calls Done of the operations that have finished, in the owner's goroutine,
// and returns their number. It may be called at any time.
//
// It works in two phases. First it takes all finished operations from the ring and the
// pools, and starts those that waited for their turn. Then it calls Done of each. So
// Done never runs within the ring's completion loop: an operation that Done submits may
// start, but does not complete before all others have been handed back.
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

// reap takes the finished operations from the ring and the pools.
func (q *Queue) reap() {
	// Reset the event counter before taking finished operations. One that finishes in
	// between signals again and is not missed.
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

// take takes a finished operation and starts the next one of its lane.
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
	one := [8]byte{1} // not 0 in either byte order
	_, _ = unix.Write(fd, one[:])
}

// resetEvent makes an eventfd unreadable.
func resetEvent(fd int) {
	var counter [8]byte
	_, _ = unix.Read(fd, counter[:])
}

// Close waits for the operations in flight and for those that their Done submits, and
// closes the descriptors. It is for tests: a process can simply exit.
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

package ioring

import (
	"fmt"
	"sync"

	"golang.org/x/sys/unix"
)

// Options for [NewQueue].
type Options struct {
	// Backend is "pool", or empty to choose what works.
	Backend string
}

// Queue carries operations out in the background. Its methods are for one
// goroutine, the owner; it must be locked to its thread, and that thread must
// last as long as the queue.
type Queue struct {
	eventfd  int
	inflight int // submitted, Done not yet called

	files pool
	runs  pool

	mu       sync.Mutex
	finished []*Op // by the pools
	spare    []*Op // the array that finished takes next
}

// NewQueue makes a queue. Its errors are syscall.Errno, or say why the backend
// that was asked for cannot be had.
func NewQueue(o Options) (*Queue, error) {
	if o.Backend != "" && o.Backend != "pool" {
		return nil, fmt.Errorf("unknown backend %q", o.Backend)
	}
	fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		return nil, err
	}
	q := &Queue{eventfd: fd}
	q.files = pool{finish: q.finish, limit: filePoolWorkers}
	q.runs = pool{finish: q.finish, limit: runPoolWorkers}
	return q, nil
}

// Backend is "ring" where file operations go to the kernel's io_uring, "pool"
// where goroutines do all of them.
func (q *Queue) Backend() string { return "pool" }

// Reason says why Backend is "pool". It is empty when that was asked for, and
// for a ring.
func (q *Queue) Reason() string { return "" }

// FD is a descriptor that polls readable when operations have finished. The
// owner waits for it, level- or edge-triggered, and then calls Complete, which
// makes it unreadable again. It is not to be read, written or closed.
func (q *Queue) FD() int { return q.eventfd }

// Inflight is the number of operations that were submitted and have not been
// handed back.
func (q *Queue) Inflight() int { return q.inflight }

// Submit takes op and returns at once, however many are in flight. They may
// finish in any order; programs ([Run]) run one after another.
func (q *Queue) Submit(op *Op) {
	q.inflight++
	if op.Code == Run {
		q.runs.submit(op)
		return
	}
	q.files.submit(op)
}

// Flush tells the kernel about what has been submitted since the last Flush.
// The owner calls it before it waits.
func (q *Queue) Flush() {}

// Complete calls Done of the operations that have finished, in the owner's
// goroutine, and returns how many there were. Operations that Done submits
// wait for a later call.
func (q *Queue) Complete() int {
	// The event counter is reset before the finished operations are taken: one
	// that finishes in between signals again, and is not missed.
	var counter [8]byte
	_, _ = unix.Read(q.eventfd, counter[:])
	q.mu.Lock()
	ops := q.finished
	q.finished = q.spare[:0]
	q.mu.Unlock()
	for i, op := range ops {
		ops[i] = nil
		q.inflight--
		if op.Done != nil {
			op.Done(op)
		}
	}
	q.spare = ops
	return len(ops)
}

// finish is called by the pools' goroutines.
func (q *Queue) finish(op *Op) {
	q.mu.Lock()
	q.finished = append(q.finished, op)
	first := len(q.finished) == 1
	q.mu.Unlock()
	if first {
		one := [8]byte{1} // in either byte order not 0, which is all that counts
		_, _ = unix.Write(q.eventfd, one[:])
	}
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
	return unix.Close(q.eventfd)
}

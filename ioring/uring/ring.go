package uring

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Memory ordering. The kernel and this process share two rings. Each ring has a head
// and a tail, which are counters that wrap at 2^32. The producer stores only the tail,
// the consumer only the head. The consumer owns the entries from head to tail, the
// producer the others. So:
//
//   - The producer stores the tail after it has written the entries, and the consumer
//     reads entries after it has loaded the tail. We must store the submission tail
//     with release and load the completion tail with acquire semantics.
//   - The consumer stores the head after it has read the entries, and the producer
//     reuses an entry after it has loaded the head. We must store the completion head
//     with release and load the submission head with acquire semantics.
//
// The operations of sync/atomic are sequentially consistent, which is stronger than
// both. The entries themselves are plain memory. Counters are compared only by their
// unsigned difference, which is right across the wrap.

// submissionQueue is the ring in which this process is the producer.
type submissionQueue struct {
	head    *atomic.Uint32 // stored by the kernel, which has taken the entries before it
	tail    *atomic.Uint32 // stored by flush
	flags   *atomic.Uint32 // stored by the kernel
	mask    uint32
	entries uint32
	sqes    []SQE
	next    uint32 // the tail after the entries that get has returned and flush has not published
}

// get returns the next free entry, cleared, or nil if all are in use.
func (q *submissionQueue) get() *SQE {
	if q.next-q.head.Load() >= q.entries {
		return nil
	}
	sqe := &q.sqes[q.next&q.mask]
	*sqe = SQE{}
	q.next++
	return sqe
}

// flush publishes the entries that get has returned. It returns the number of entries
// that the kernel has not taken yet.
func (q *submissionQueue) flush() uint32 {
	q.tail.Store(q.next)
	return q.next - q.head.Load()
}

// takeBack withdraws the entries that the kernel has not taken and calls f for each.
// Invariant: the kernel takes entries only in io_uring_enter (no SQPOLL), which only
// the caller calls.
func (q *submissionQueue) takeBack(f func(*SQE)) {
	head, end := q.head.Load(), q.next
	q.next = head
	q.tail.Store(head)
	for ; head != end; head++ {
		f(&q.sqes[head&q.mask])
	}
}

// completionQueue is the ring in which this process is the consumer.
type completionQueue struct {
	head     *atomic.Uint32 // stored by advance
	tail     *atomic.Uint32 // stored by the kernel
	overflow *atomic.Uint32 // stored by the kernel: the number of completions it has lost
	mask     uint32
	entries  uint32
	cqes     []CQE
}

// ready returns the number of completions in the queue.
func (q *completionQueue) ready() uint32 { return q.tail.Load() - q.head.Load() }

// peek returns the oldest completion, or nil. It stays valid until advance.
func (q *completionQueue) peek() *CQE {
	if q.ready() == 0 {
		return nil
	}
	return &q.cqes[q.head.Load()&q.mask]
}

// advance gives the n oldest completions back to the kernel.
func (q *completionQueue) advance(n uint32) { q.head.Store(q.head.Load() + n) }

// Ring is one io_uring. Its methods never wait. Only one goroutine at a time may call
// them. The kernel cancels operations when the thread that submitted them ends.
type Ring struct {
	fd       int
	flags    uint32
	features uint32
	sq       submissionQueue
	cq       completionQueue
	mappings [][]byte
}

// Features returns the Feat bits that the kernel reported.
func (r *Ring) Features() uint32 { return r.features }

// Flags returns the Setup bits that the ring was made with.
func (r *Ring) Flags() uint32 { return r.flags }

// GetSQE returns a cleared entry, which the caller fills in with a Prep method. It
// returns nil if the submission queue is full; Submit makes room.
func (r *Ring) GetSQE() *SQE { return r.sq.get() }

// SQReady returns the number of entries that have not been submitted.
func (r *Ring) SQReady() uint32 { return r.sq.next - r.sq.head.Load() }

// CQReady returns the number of completions that PeekCQE returns without a system
// call.
func (r *Ring) CQReady() uint32 { return r.cq.ready() }

// CQOverflow returns the number of completions that the kernel has lost. With
// FeatNodrop it loses one only when it has no memory to keep it.
func (r *Ring) CQOverflow() uint32 { return r.cq.overflow.Load() }

// Submit gives the kernel the entries that GetSQE has returned. It returns the number
// that the kernel took; the others stay queued, also after an error. Errors are those
// of io_uring_enter(2): EAGAIN means that the kernel is short of memory, EBUSY that
// the caller must take completions first.
func (r *Ring) Submit() (int, error) {
	n := r.sq.flush()
	if n == 0 && !r.needsEnter() {
		return 0, nil
	}
	return r.enter(n)
}

// needsEnter reports whether the kernel has completions that it can put into the
// completion queue only in io_uring_enter.
func (r *Ring) needsEnter() bool {
	return r.sq.flags.Load()&(sqCQOverflow|sqTaskrun) != 0
}

// TakeBack withdraws the entries that the kernel has not taken and calls f for each.
// Their operations do not happen.
func (r *Ring) TakeBack(f func(*SQE)) { r.sq.takeBack(f) }

func (r *Ring) enter(submit uint32) (int, error) {
	var flags uint32
	if r.needsEnter() {
		flags |= enterGetevents
	}
	return ioURingEnter(r.fd, submit, flags)
}

// PeekCQE returns the oldest completion, or nil if there is none. It stays valid until
// SeenCQE or CQAdvance gives the entry back to the kernel.
func (r *Ring) PeekCQE() *CQE {
	cqe := r.cq.peek()
	if cqe == nil && r.needsEnter() {
		// With GETEVENTS the kernel fills in completions that did not fit before.
		if _, err := r.enter(0); err == nil {
			cqe = r.cq.peek()
		}
	}
	return cqe
}

// SeenCQE gives the entry of the last PeekCQE back to the kernel.
func (r *Ring) SeenCQE() { r.CQAdvance(1) }

// CQAdvance gives the n oldest completions back to the kernel.
func (r *Ring) CQAdvance(n uint32) { r.cq.advance(n) }

// RegisterEventfd makes the kernel signal the eventfd when there is a new completion,
// or work to do that will lead to one.
func (r *Ring) RegisterEventfd(fd int) error {
	n := int32(fd)
	return registerInt32s(r.fd, registerEventfd, []int32{n}, 1)
}

// RegisterIOWQMaxWorkers limits the number of kernel threads that run operations which
// would block. bounded is the limit for operations on regular files and block
// devices, unbounded for all others. 0 leaves a limit unchanged.
func (r *Ring) RegisterIOWQMaxWorkers(bounded, unbounded uint32) error {
	var max [2]int32
	max[iowqBound], max[iowqUnbounded] = int32(bounded), int32(unbounded)
	return registerInt32s(r.fd, registerIOWQMaxWorkers, max[:], 2)
}

// RegisterIOWQAff sets the CPUs on which the kernel runs workers for this thread.
func (r *Ring) RegisterIOWQAff(mask *unix.CPUSet) error {
	return registerCPUSet(r.fd, mask)
}

// RegisterProbe returns the operations that the kernel has.
func (r *Ring) RegisterProbe() (*Probe, error) {
	p := new(Probe)
	return p, registerProbeOps(r.fd, p)
}

// Close closes the ring. The kernel cancels the operations in flight; those that it
// can't cancel it finishes in the background.
func (r *Ring) Close() error {
	err := r.unmap()
	if e := unix.Close(r.fd); err == nil {
		err = e
	}
	return err
}

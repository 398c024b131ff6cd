package uring

import (
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Memory ordering. The kernel and this process share the two rings. Each ring has
// a head and a tail, counters that wrap at 2^32. The producer moves the tail and
// the consumer the head; each stores only its own. The consumer owns what lies
// between head and tail, the producer owns the rest, so
//
//   - a tail is stored after the entries before it were written, and entries
//     are read after the tail was loaded: the submission tail must be a release
//     store of ours, the completion tail an acquire load;
//   - a head is stored after the entries before it were read for the last time,
//     and an entry is written again after the head was loaded: the completion
//     head is a release store, the submission head an acquire load.
//
// The operations of sync/atomic are sequentially consistent, which is more than
// both. Entries themselves are plain memory. Counters are only ever compared by
// their unsigned difference, which is right across the wrap.

// submissionQueue is the ring in which this process is the producer.
type submissionQueue struct {
	head    *atomic.Uint32 // the kernel's: taken up to here
	tail    *atomic.Uint32 // ours, published in flush
	flags   *atomic.Uint32 // the kernel's
	mask    uint32
	entries uint32
	sqes    []SQE
	next    uint32 // our tail, including entries that GetSQE returned and flush has not published
}

// get returns the next free entry, cleared, or nil when all are in use.
func (q *submissionQueue) get() *SQE {
	if q.next-q.head.Load() >= q.entries {
		return nil
	}
	sqe := &q.sqes[q.next&q.mask]
	*sqe = SQE{}
	q.next++
	return sqe
}

// flush publishes the entries that get returned, and returns how many entries
// the kernel has not taken yet.
func (q *submissionQueue) flush() uint32 {
	q.tail.Store(q.next)
	return q.next - q.head.Load()
}

// takeBack withdraws the entries that the kernel has not taken, and calls f for
// each. Invariant: the kernel takes entries in io_uring_enter only (no SQPOLL),
// and only the caller calls that.
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
	head     *atomic.Uint32 // ours
	tail     *atomic.Uint32 // the kernel's
	overflow *atomic.Uint32 // the kernel's: completions lost for want of memory
	mask     uint32
	entries  uint32
	cqes     []CQE
}

func (q *completionQueue) ready() uint32 { return q.tail.Load() - q.head.Load() }

// peek returns the oldest completion, or nil. It stays where it is until
// advance.
func (q *completionQueue) peek() *CQE {
	if q.ready() == 0 {
		return nil
	}
	return &q.cqes[q.head.Load()&q.mask]
}

func (q *completionQueue) advance(n uint32) { q.head.Store(q.head.Load() + n) }

// Ring is one io_uring. Only one goroutine may call its methods. The kernel
// cancels operations when the thread that submitted them ends.
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

// GetSQE returns a cleared entry, which the caller fills in with a Prep method.
// It returns nil when the submission queue is full; Submit makes room.
func (r *Ring) GetSQE() *SQE { return r.sq.get() }

// SQReady returns the number of entries that have not been submitted.
func (r *Ring) SQReady() uint32 { return r.sq.next - r.sq.head.Load() }

// CQReady returns the number of completions that PeekCQE returns without a system
// call.
func (r *Ring) CQReady() uint32 { return r.cq.ready() }

// CQOverflow returns the number of completions that the kernel has lost. With
// FeatNodrop it loses one only when it has no memory to keep it.
func (r *Ring) CQOverflow() uint32 { return r.cq.overflow.Load() }

// Submit gives the kernel the entries that GetSQE has returned, and returns how
// many the kernel took. The others stay queued, also after an error. EAGAIN and
// EBUSY mean that resources are short, or that completions must be taken first.
func (r *Ring) Submit() (int, error) {
	n := r.sq.flush()
	if n == 0 && !r.needsEnter() {
		return 0, nil
	}
	return r.enter(n)
}

// needsEnter reports whether the kernel has completions that it can bring into
// the completion queue only in io_uring_enter.
func (r *Ring) needsEnter() bool {
	return r.sq.flags.Load()&(sqCQOverflow|sqTaskrun) != 0
}

// TakeBack withdraws the entries that the kernel has not taken, and calls f for
// each. Nothing happens to the operations that they describe.
func (r *Ring) TakeBack(f func(*SQE)) { r.sq.takeBack(f) }

func (r *Ring) enter(submit uint32) (int, error) {
	var flags uint32
	if r.needsEnter() {
		flags |= enterGetevents
	}
	return ioURingEnter(r.fd, submit, flags)
}

// PeekCQE returns the oldest completion, or nil when there is none. It does not
// wait. SeenCQE and CQAdvance give the entry back to the kernel.
func (r *Ring) PeekCQE() *CQE {
	cqe := r.cq.peek()
	if cqe == nil && r.needsEnter() {
		// Completions that did not fit are brought in by any GETEVENTS.
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

// RegisterEventfd makes the kernel add to the eventfd when there is a new
// completion, or work to do that will lead to one.
func (r *Ring) RegisterEventfd(fd int) error {
	n := int32(fd)
	return registerInt32s(r.fd, registerEventfd, []int32{n}, 1)
}

// RegisterIOWQMaxWorkers limits the number of kernel threads that do what would
// block this thread: bounded limits those for files and disks, unbounded the
// others. 0 leaves a limit as it is.
func (r *Ring) RegisterIOWQMaxWorkers(bounded, unbounded uint32) error {
	var max [2]int32
	max[iowqBound], max[iowqUnbounded] = int32(bounded), int32(unbounded)
	return registerInt32s(r.fd, registerIOWQMaxWorkers, max[:], 2)
}

// RegisterIOWQAff sets the CPUs on which the kernel starts workers for this thread.
func (r *Ring) RegisterIOWQAff(mask *unix.CPUSet) error {
	return registerCPUSet(r.fd, mask)
}

// RegisterProbe asks which operations the kernel has.
func (r *Ring) RegisterProbe() (*Probe, error) {
	p := new(Probe)
	return p, registerProbeOps(r.fd, p)
}

// Close closes the ring. The kernel cancels the operations in flight, and finishes
// in the background those that it can't cancel.
func (r *Ring) Close() error {
	err := r.unmap()
	if e := unix.Close(r.fd); err == nil {
		err = e
	}
	return err
}

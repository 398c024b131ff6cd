package ioring

import (
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// Memory ordering. The two rings are memory shared with the kernel. Each has a
// head and a tail, counters that wrap at 2^32; the producer moves the tail, the
// consumer the head, each stores only its own. What lies between head and tail
// belongs to the consumer, the rest to the producer, so
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

// submissionQueue is the side of the ring that we produce.
type submissionQueue struct {
	head    *atomic.Uint32 // the kernel's: taken up to here
	tail    *atomic.Uint32 // ours, published in flush
	flags   *atomic.Uint32 // the kernel's
	mask    uint32
	entries uint32
	sqes    []SQE
	next    uint32 // our tail, with what GetSQE gave away and is not published
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

// flush shows the kernel what get gave away, and returns how many entries it
// has not taken yet.
func (q *submissionQueue) flush() uint32 {
	q.tail.Store(q.next)
	return q.next - q.head.Load()
}

// takeBack withdraws what the kernel has not taken, and calls f for each entry.
// Invariant: the kernel takes entries in io_uring_enter only (no SQPOLL), and
// the caller is the only one to call that.
func (q *submissionQueue) takeBack(f func(*SQE)) {
	head, end := q.head.Load(), q.next
	q.next = head
	q.tail.Store(head)
	for ; head != end; head++ {
		f(&q.sqes[head&q.mask])
	}
}

// completionQueue is the side of the ring that we consume.
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

// Ring is one io_uring. Its methods are for one goroutine; with
// SetupSingleIssuer for the thread that made it, and in any case operations are
// cancelled when the thread that submitted them ends.
type Ring struct {
	fd       int
	flags    uint32
	features uint32
	sq       submissionQueue
	cq       completionQueue
	mappings [][]byte
}

// Features are the Feat bits that the kernel reported.
func (r *Ring) Features() uint32 { return r.features }

// Flags are the Setup bits that the ring was made with.
func (r *Ring) Flags() uint32 { return r.flags }

// GetSQE returns a cleared entry to be filled in by one of its Prep methods, or
// nil when the submission queue is full: Submit makes room.
func (r *Ring) GetSQE() *SQE { return r.sq.get() }

// SQReady is the number of entries that have not been submitted.
func (r *Ring) SQReady() uint32 { return r.sq.next - r.sq.head.Load() }

// CQReady is the number of completions that can be had without a system call.
func (r *Ring) CQReady() uint32 { return r.cq.ready() }

// CQOverflow is the number of completions that the kernel has lost. With
// FeatNodrop it loses one only when it has no memory to keep it in.
func (r *Ring) CQOverflow() uint32 { return r.cq.overflow.Load() }

// Submit gives the kernel the entries that GetSQE has returned. It returns how
// many it took: with an error, or fewer than there were, the others are still
// queued. EAGAIN and EBUSY mean that resources are short, or completions have
// to be taken first.
func (r *Ring) Submit() (int, error) {
	n := r.sq.flush()
	if n == 0 && !r.needsEnter() {
		return 0, nil
	}
	return r.enter(n, 0)
}

// SubmitAndWait is Submit, then waits until there are n completions. EINTR
// means that a signal came before that.
func (r *Ring) SubmitAndWait(n uint32) (int, error) {
	return r.enter(r.sq.flush(), n)
}

// needsEnter reports whether the kernel has completions that it can bring into
// the completion queue only in io_uring_enter.
func (r *Ring) needsEnter() bool {
	return r.sq.flags.Load()&(sqCQOverflow|sqTaskrun) != 0
}

func (r *Ring) enter(submit, wait uint32) (int, error) {
	var flags uint32
	// With SetupDeferTaskrun nothing completes unless it is asked for.
	if wait > 0 || r.needsEnter() || r.flags&SetupDeferTaskrun != 0 {
		flags |= enterGetevents
	}
	return ioURingEnter(r.fd, submit, wait, flags)
}

// PeekCQE returns the oldest completion, or nil when there is none. It does not
// wait. The entry is the kernel's again after SeenCQE or CQAdvance.
func (r *Ring) PeekCQE() *CQE {
	cqe := r.cq.peek()
	if cqe == nil && r.needsEnter() {
		// Completions that did not fit are brought in by any GETEVENTS.
		if _, err := r.enter(0, 0); err == nil {
			cqe = r.cq.peek()
		}
	}
	return cqe
}

// WaitCQE waits for a completion. EINTR means that a signal came first.
func (r *Ring) WaitCQE() (*CQE, error) {
	for {
		if cqe := r.PeekCQE(); cqe != nil {
			return cqe, nil
		}
		if _, err := r.enter(0, 1); err != nil {
			return nil, err
		}
	}
}

// SeenCQE gives the entry of the last PeekCQE or WaitCQE back to the kernel.
func (r *Ring) SeenCQE() { r.CQAdvance(1) }

// CQAdvance gives the n oldest completions back to the kernel.
func (r *Ring) CQAdvance(n uint32) { r.cq.advance(n) }

// RegisterEventfd has the kernel add to the eventfd whenever there is a new
// completion, or work to be done that will lead to one.
func (r *Ring) RegisterEventfd(fd int) error {
	n := int32(fd)
	return registerInt32s(r.fd, registerEventfd, []int32{n}, 1)
}

// RegisterIOWQMaxWorkers bounds the kernel threads that carry out what would
// block this thread: bounded is for files and disks, unbounded for the rest.
// 0 leaves a bound as it is.
func (r *Ring) RegisterIOWQMaxWorkers(bounded, unbounded uint32) error {
	var max [2]int32
	max[iowqBound], max[iowqUnbounded] = int32(bounded), int32(unbounded)
	return registerInt32s(r.fd, registerIOWQMaxWorkers, max[:], 2)
}

// RegisterIOWQAff sets the CPUs that workers of this thread are started on.
func (r *Ring) RegisterIOWQAff(mask *unix.CPUSet) error {
	return registerCPUSet(r.fd, mask)
}

// RegisterProbe asks which operations the kernel has.
func (r *Ring) RegisterProbe() (*Probe, error) {
	p := new(Probe)
	return p, registerProbeOps(r.fd, p)
}

// Close gives the ring back. What is in flight is cancelled or, where the
// kernel cannot cancel it, waited for by the kernel in the background.
func (r *Ring) Close() error {
	err := r.unmap()
	if e := unix.Close(r.fd); err == nil {
		err = e
	}
	return err
}

// NewTimespec is d for PrepTimeout.
func NewTimespec(d time.Duration) *Timespec {
	return &Timespec{Sec: int64(d / time.Second), Nsec: int64(d % time.Second)}
}

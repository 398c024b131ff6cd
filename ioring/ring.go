package ioring

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"multilog/ioring/uring"
)

const (
	// ringSlots limits the operations that are in the ring at a time; the others wait.
	// The submission queue has as many entries, so GetSQE never returns nil. The
	// completion queue has twice as many, so it never overflows.
	ringSlots = 32

	// ringUnboundedWorkers limits the kernel's threads for operations that are not on
	// files; there are none. widen limits the others.
	ringUnboundedWorkers = 1
)

// ringSetups are tried in turn, newest first: Linux 6.6, 5.19, 5.6.
//
// The owner sleeps on an eventfd and looks at the completion queue when that becomes
// readable, so completions must get there without the owner's help. A worker posts them
// itself, except with IORING_SETUP_DEFER_TASKRUN: then it only notes them, and the
// owner must call io_uring_enter to have them posted. (Measured: that costs half as
// much CPU again per operation.)
//
// After a worker has completed an operation, the owner must free the request. With
// uring.SetupCoopTaskrun it does so the next time it is in the kernel. That can end a
// sleep of the owner with EINTR.
//
// IORING_SETUP_SINGLE_ISSUER is not used: the owner is a goroutine, which Go may move
// to another thread while it sleeps.
var ringSetups = []uint32{
	uring.SetupClamp | uring.SetupSubmitAll | uring.SetupCoopTaskrun | uring.SetupNoSQArray,
	uring.SetupClamp | uring.SetupSubmitAll | uring.SetupCoopTaskrun,
	uring.SetupClamp,
}

// ringNeeds are the features that ring requires. All are in Linux 5.12.
const ringNeeds = uring.FeatNodrop | uring.FeatSubmitStable | uring.FeatNativeWorkers

// newRing makes the kernel's ring; tests replace it.
var newRing = uring.NewRing

// kernelRing is the part of [uring.Ring] that operations pass through.
type kernelRing interface {
	GetSQE() *uring.SQE
	SQReady() uint32
	Submit() (int, error)
	TakeBack(f func(*uring.SQE))
	PeekCQE() *uring.CQE
	SeenCQE()
	RegisterIOWQAff(mask *unix.CPUSet) error
	RegisterIOWQMaxWorkers(bounded, unbounded uint32) error
	Close() error
}

// ring carries out operations with the kernel's io_uring.
type ring struct {
	kernel  kernelRing
	has     [len(codeNames)]bool // the operations that the kernel has
	slots   [ringSlots]slot
	free    []uint8 // indexes of slots
	waiting fifo    // for a slot

	// threads has the threads that have submitted, because the kernel keeps workers for
	// each. The value reports whether endIdleWorkers worked there.
	threads map[int]bool

	// refused gets the operations for which the kernel has no resources now.
	refused func(*Op)
}

// slot is what an operation in the ring needs until it completes. Paths and stx keep
// their memory for the next operation.
type slot struct {
	op      *Op
	path    []byte
	newPath []byte
	stx     *unix.Statx_t
}

// openRing makes a ring that signals completions on eventfd and calls refused for each
// operation for which the kernel has no resources. The error says what the kernel
// refuses.
func openRing(eventfd int, refused func(*Op)) (*ring, error) {
	kernel, err := setupRing()
	if err != nil {
		return nil, err
	}
	r := &ring{kernel: kernel, threads: map[int]bool{}, refused: refused}
	if err := r.prepare(kernel, eventfd); err != nil {
		kernel.Close()
		return nil, err
	}
	for i := range r.slots {
		r.free = append(r.free, uint8(i))
	}
	return r, nil
}

func setupRing() (*uring.Ring, error) {
	var err error
	for _, flags := range ringSetups {
		var kernel *uring.Ring
		kernel, err = newRing(ringSlots, &uring.Params{Flags: flags})
		if err == nil {
			return kernel, nil
		}
		if err != unix.EINVAL { // the kernel returns EINVAL for an unknown flag
			break
		}
	}
	return nil, fmt.Errorf("io_uring_setup: %w%s", err, whyRefused(err))
}

// whyRefused returns, in parentheses, what the operator should check next.
func whyRefused(err error) string {
	const sysctl = "/proc/sys/kernel/io_uring_disabled"
	switch err {
	case unix.EPERM:
		value, err := os.ReadFile(sysctl)
		if v := strings.TrimSpace(string(value)); err == nil && v != "0" {
			return " (kernel.io_uring_disabled is " + v + ")"
		}
		return " (refused by a seccomp filter?)"
	case unix.ENOMEM:
		return " (RLIMIT_MEMLOCK too low?)"
	}
	return ""
}

// prepare checks what the kernel has, and sets up the eventfd and workers.
func (r *ring) prepare(kernel *uring.Ring, eventfd int) error {
	if kernel.Features()&ringNeeds != ringNeeds {
		return errors.New("io_uring: the kernel is too old for it")
	}
	probe, err := kernel.RegisterProbe()
	if err != nil {
		return fmt.Errorf("io_uring: probe: %w", err)
	}
	for code, op := range ringOps {
		r.has[code] = probe.Supported(op)
	}
	if err := kernel.RegisterEventfd(eventfd); err != nil {
		return fmt.Errorf("io_uring: eventfd: %w", err)
	}
	if err := kernel.RegisterIOWQMaxWorkers(laneOps, ringUnboundedWorkers); err != nil {
		return fmt.Errorf("io_uring: bound the workers: %w", err)
	}
	return nil
}

// widen raises the limit of the kernel's threads for file operations. Setting it has
// worked once, so it does not fail.
func (r *ring) widen(workers int) {
	_ = r.kernel.RegisterIOWQMaxWorkers(uint32(workers), ringUnboundedWorkers)
}

// endIdleWorkers makes the kernel's workers of this thread end when they have nothing
// to do, unless an earlier call has done so. The thread must have submitted; otherwise
// the kernel has no workers for it.
//
// The last idle worker never ends. It wakes every five seconds to check whether it is
// the last, unless it runs on a CPU outside of its mask. With a mask without CPUs, all
// workers end five seconds after the last operation: since Linux 6.3, and in later
// releases of 6.1. The mask has no other effect, because a thread can't be moved to no
// CPU. If the kernel refuses or is older, the worker continues to wake.
func (r *ring) endIdleWorkers() {
	if tid := unix.Gettid(); !r.threads[tid] {
		r.threads[tid] = r.kernel.RegisterIOWQAff(new(unix.CPUSet)) == nil
	}
}

// ringOps are the operations that a ring can do.
var ringOps = map[Code]uint8{
	Nop:       uring.OpNop,
	OpenAt:    uring.OpOpenat,
	Close:     uring.OpClose,
	Fsync:     uring.OpFsync,
	Fdatasync: uring.OpFsync,
	Fallocate: uring.OpFallocate,
	Ftruncate: uring.OpFtruncate,
	RenameAt:  uring.OpRenameat,
	LinkAt:    uring.OpLinkat,
	UnlinkAt:  uring.OpUnlinkat,
	MkdirAt:   uring.OpMkdirat,
	Stat:      uring.OpStatx,
	SyncRange: uring.OpSyncFileRange,
}

// takes reports whether the ring can do op.
func (r *ring) takes(op *Op) bool {
	if int(op.Code) >= len(r.has) || !r.has[op.Code] {
		return false
	}
	if op.Code == SyncRange && (op.Len < 0 || op.Len > math.MaxUint32) {
		return false // the entry's length has 32 bits
	}
	return strings.IndexByte(op.Path, 0) < 0 && strings.IndexByte(op.NewPath, 0) < 0
}

func (r *ring) submit(op *Op) {
	if len(r.free) == 0 {
		r.waiting.push(op)
		return
	}
	i := r.free[len(r.free)-1]
	r.free = r.free[:len(r.free)-1]
	r.slots[i].op = op
	r.prep(i)
}

// prep describes the operation of slot i in a submission queue entry.
func (r *ring) prep(i uint8) {
	s := &r.slots[i]
	op := s.op
	op.Res, op.Err = 0, nil
	sqe := r.kernel.GetSQE()
	switch op.Code {
	case Nop:
		sqe.PrepNop()
	case OpenAt:
		sqe.PrepOpenat(op.Dir, s.setPath(op), op.Flags|unix.O_CLOEXEC|unix.O_LARGEFILE, op.Mode)
	case Close:
		sqe.PrepClose(op.FD)
	case Fsync:
		sqe.PrepFsync(op.FD, false)
	case Fdatasync:
		sqe.PrepFsync(op.FD, true)
	case Fallocate:
		sqe.PrepFallocate(op.FD, uint32(op.Flags), op.Off, op.Len)
	case Ftruncate:
		sqe.PrepFtruncate(op.FD, op.Len)
	case RenameAt:
		sqe.PrepRenameat(op.Dir, s.setPath(op), op.Dir, s.setNewPath(op), 0)
	case LinkAt:
		sqe.PrepLinkat(op.Dir, s.setPath(op), op.Dir, s.setNewPath(op), 0)
	case UnlinkAt:
		sqe.PrepUnlinkat(op.Dir, s.setPath(op), 0)
	case MkdirAt:
		sqe.PrepMkdirat(op.Dir, s.setPath(op), op.Mode)
	case Stat:
		if s.stx == nil {
			s.stx = new(unix.Statx_t)
		}
		dir, flags := statxTarget(op)
		sqe.PrepStatx(dir, s.setPath(op), flags, statxMask, s.stx)
	case SyncRange:
		sqe.PrepSyncFileRange(op.FD, op.Off, uint32(op.Len), unix.SYNC_FILE_RANGE_WRITE)
	}
	sqe.UserData = uint64(i)
	if op.Code != Nop {
		// Without this flag the kernel may carry out the operation at once, and the
		// owner waits. Measured on ext4, next to a process that calls fsync: each close
		// of a file with preallocated blocks put the owner to sleep for up to 8 ms, and
		// so did some calls of sync_file_range; with the flag none did.
		sqe.Flags |= uring.SQEAsync
	}
}

func (s *slot) setPath(op *Op) *byte {
	s.path = append(append(s.path[:0], op.Path...), 0)
	return &s.path[0]
}

func (s *slot) setNewPath(op *Op) *byte {
	s.newPath = append(append(s.newPath[:0], op.NewPath...), 0)
	return &s.newPath[0]
}

// flush submits. Operations that the kernel does not take go to refused.
func (r *ring) flush() {
	for r.kernel.SQReady() > 0 {
		n, err := r.kernel.Submit()
		if err == nil && n > 0 {
			r.endIdleWorkers()
			continue
		}
		r.kernel.TakeBack(func(sqe *uring.SQE) { r.refused(r.release(uint8(sqe.UserData))) })
	}
}

// complete calls done for each operation that has completed.
func (r *ring) complete(done func(*Op)) {
	for {
		cqe := r.kernel.PeekCQE()
		if cqe == nil {
			return
		}
		i, res := uint8(cqe.UserData), cqe.Res
		r.kernel.SeenCQE()
		s := &r.slots[i]
		if res == -int32(unix.EINTR) && s.op.Code != Close {
			r.prep(i)
			continue
		}
		if res == -int32(unix.ECANCELED) {
			// The kernel has no worker and can't start one (RLIMIT_NPROC), so the
			// operation has not started.
			r.refused(r.release(i))
			continue
		}
		switch {
		case res < 0:
			s.op.Err = unix.Errno(-res)
		case s.op.Code == Stat:
			s.op.Stat = fileInfo(s.stx)
		default:
			s.op.Res = int64(res)
		}
		done(r.release(i))
	}
}

// release takes the operation out of slot i and gives the slot to the next one that
// waits.
func (r *ring) release(i uint8) *Op {
	op := r.slots[i].op
	r.slots[i].op = nil
	if next := r.waiting.pop(); next != nil {
		r.slots[i].op = next
		r.prep(i)
	} else {
		r.free = append(r.free, i)
	}
	return op
}

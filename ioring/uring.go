package ioring

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// uringSlots bounds the operations that are in the ring at once, the others
	// wait. It is the size of the submission queue, so GetSQE never fails, and
	// half that of the completion queue, so that never overflows.
	uringSlots = 32

	// uringWorkers bounds the kernel's threads for file operations, as
	// filePoolWorkers does goroutines. Threads for anything else are not used.
	uringWorkers          = 4
	uringUnboundedWorkers = 1
)

// uringSetups are tried in turn, new kernels' flags first: Linux 6.6, 5.19, 5.6.
//
// The owner sleeps on an eventfd and looks at the completion queue when that
// fires, so completions must get there without its help. They do when a worker
// posts them itself, which is what happens except under SetupDeferTaskrun: there
// they are only noted, and posted when the owner calls io_uring_enter for them.
// (Measured: that takes half as much CPU again per operation.)
//
// A worker that has completed an operation still has the owner free the
// request. That is done by the way, when the owner is in the kernel anyway, with
// SetupCoopTaskrun; it may end a sleep of the owner with EINTR.
//
// SetupSingleIssuer is not among them: the owner is a goroutine, and Go may
// move that to another thread while it sleeps.
var uringSetups = []uint32{
	SetupClamp | SetupSubmitAll | SetupCoopTaskrun | SetupNoSQArray,
	SetupClamp | SetupSubmitAll | SetupCoopTaskrun,
	SetupClamp,
}

// uringNeeds are the features that this relies on. All are in Linux 5.12.
const uringNeeds = FeatNodrop | FeatSubmitStable | FeatNativeWorkers

// uring carries operations out with the kernel's io_uring.
type uring struct {
	ring    *Ring
	has     [len(codeNames)]bool // what probing found
	slots   [uringSlots]slot
	free    []uint8 // indexes of slots
	waiting fifo    // for a slot

	// threads are those that have submitted: the kernel keeps workers for each.
	threads map[int]bool

	// refused gets the operations that the kernel has no resources for now.
	refused func(*Op)
}

// slot is what an operation in the ring owns until it completes. Paths and stx
// keep their memory for the next one.
type slot struct {
	op      *Op
	path    []byte
	newPath []byte
	stx     *unix.Statx_t
}

// newUring makes a ring whose completions are told to eventfd. The error says
// what the kernel refuses.
func newUring(eventfd int, refused func(*Op)) (*uring, error) {
	ring, err := setupRing()
	if err != nil {
		return nil, err
	}
	u := &uring{ring: ring, threads: map[int]bool{}, refused: refused}
	if err := u.prepare(eventfd); err != nil {
		ring.Close()
		return nil, err
	}
	for i := range u.slots {
		u.free = append(u.free, uint8(i))
	}
	return u, nil
}

func setupRing() (*Ring, error) {
	var err error
	for _, flags := range uringSetups {
		var ring *Ring
		ring, err = NewRing(uringSlots, &Params{Flags: flags})
		if err == nil {
			return ring, nil
		}
		if err != unix.EINVAL { // not a flag that the kernel does not know
			break
		}
	}
	return nil, fmt.Errorf("io_uring_setup: %w%s", err, whyRefused(err))
}

// whyRefused adds what an operator would look for next.
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

func (u *uring) prepare(eventfd int) error {
	if u.ring.Features()&uringNeeds != uringNeeds {
		return errors.New("io_uring: the kernel is too old for it")
	}
	probe, err := u.ring.RegisterProbe()
	if err != nil {
		return fmt.Errorf("io_uring: probe: %w", err)
	}
	for code, op := range uringOps {
		u.has[code] = probe.supported(op)
	}
	if err := u.ring.RegisterEventfd(eventfd); err != nil {
		return fmt.Errorf("io_uring: eventfd: %w", err)
	}
	if err := u.ring.RegisterIOWQMaxWorkers(uringWorkers, uringUnboundedWorkers); err != nil {
		return fmt.Errorf("io_uring: bound the workers: %w", err)
	}
	return nil
}

// endIdleWorkers has the workers of this thread end when there is nothing to
// do, unless that was done before. The thread must have submitted: the kernel
// knows no workers of another.
//
// The last idle worker never ends, and wakes every five seconds to see
// whether it is the last, except on a CPU outside of its mask. With a mask
// that has no CPU they all end, five seconds after the last operation: since
// Linux 6.3, and in later releases of 6.1. Nothing else is done with the mask: a
// thread cannot be moved to no CPU. Where the kernel refuses, or is older, that
// wake is all it costs.
func (u *uring) endIdleWorkers() {
	if tid := unix.Gettid(); !u.threads[tid] {
		u.threads[tid] = u.ring.RegisterIOWQAff(new(unix.CPUSet)) == nil
	}
}

// uringOps are the kernel's operations for those that it may have.
var uringOps = map[Code]uint8{
	Nop:       opNop,
	OpenAt:    opOpenat,
	Close:     opClose,
	Fsync:     opFsync,
	Fdatasync: opFsync,
	Fallocate: opFallocate,
	Ftruncate: opFtruncate,
	RenameAt:  opRenameat,
	LinkAt:    opLinkat,
	UnlinkAt:  opUnlinkat,
	MkdirAt:   opMkdirat,
	Stat:      opStatx,
	SyncRange: opSyncFileRange,
}

// takes reports whether op can go to the ring.
func (u *uring) takes(op *Op) bool {
	if int(op.Code) >= len(u.has) || !u.has[op.Code] {
		return false
	}
	if op.Code == SyncRange && (op.Len < 0 || op.Len > math.MaxUint32) {
		return false // the entry's length has 32 bits
	}
	return strings.IndexByte(op.Path, 0) < 0 && strings.IndexByte(op.NewPath, 0) < 0
}

func (u *uring) submit(op *Op) {
	if len(u.free) == 0 {
		u.waiting.push(op)
		return
	}
	i := u.free[len(u.free)-1]
	u.free = u.free[:len(u.free)-1]
	u.slots[i].op = op
	u.prep(i)
}

// prep puts the operation of slot i into the submission queue.
func (u *uring) prep(i uint8) {
	s := &u.slots[i]
	op := s.op
	op.Res, op.Err = 0, nil
	sqe := u.ring.GetSQE()
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
		// Without this the kernel may do it here and now, in the owner's time.
		// Measured on ext4 next to a process that calls fsync: each close of a
		// file with preallocated blocks put the owner to sleep, for up to
		// 8 ms, and so did some sync_file_range; with this none did.
		sqe.Flags |= SQEAsync
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

// flush submits.
func (u *uring) flush() {
	for u.ring.SQReady() > 0 {
		n, err := u.ring.Submit()
		if err == nil && n > 0 {
			u.endIdleWorkers()
			continue
		}
		u.ring.sq.takeBack(func(sqe *SQE) { u.refused(u.release(uint8(sqe.UserData))) })
	}
}

// complete calls done for what has completed.
func (u *uring) complete(done func(*Op)) {
	for {
		cqe := u.ring.PeekCQE()
		if cqe == nil {
			return
		}
		i, res := uint8(cqe.UserData), cqe.Res
		u.ring.SeenCQE()
		s := &u.slots[i]
		if res == -int32(unix.EINTR) && s.op.Code != Close {
			u.prep(i)
			continue
		}
		if res == -int32(unix.ECANCELED) {
			// There are no workers and none can be started (RLIMIT_NPROC), so
			// the operation has not begun.
			u.refused(u.release(i))
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
		done(u.release(i))
	}
}

// release takes the operation out of slot i, which goes to the next that waits.
func (u *uring) release(i uint8) *Op {
	op := u.slots[i].op
	u.slots[i].op = nil
	if next := u.waiting.pop(); next != nil {
		u.slots[i].op = next
		u.prep(i)
	} else {
		u.free = append(u.free, i)
	}
	return op
}

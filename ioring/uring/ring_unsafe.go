package uring

import (
	"errors"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Only this file uses package unsafe: for the system calls, and to view mapped memory
// as counters and entries. It checks each offset and size from the kernel once; the
// rest of the package uses slices.

const (
	sqeSize = unsafe.Sizeof(SQE{})
	cqeSize = unsafe.Sizeof(CQE{})
)

var errRingLayout = errors.New("the kernel describes an io_uring that does not fit its memory")

// The system calls that make a ring and submit to it. Tests replace them.
var (
	ioURingSetup = func(entries uint32, p *Params) (int, error) {
		fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, uintptr(entries), uintptr(unsafe.Pointer(p)), 0)
		if errno != 0 {
			return -1, errno
		}
		return int(fd), nil
	}
	ioURingEnter = func(fd int, submit, flags uint32) (int, error) {
		// The call does not block, so there is no need to tell Go's scheduler.
		n, _, errno := unix.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(fd), uintptr(submit), 0, uintptr(flags), 0, 0)
		if errno != 0 {
			return 0, errno
		}
		return int(n), nil
	}
)

// NewRing makes a ring for at least entries submissions; the kernel rounds the number
// up to a power of two. The caller sets p.Flags; the kernel fills in the rest of p.
// Errors are those of io_uring_setup(2) and mmap(2), or say that the kernel's offsets
// lie outside its memory.
func NewRing(entries uint32, p *Params) (*Ring, error) {
	fd, err := ioURingSetup(entries, p)
	if err != nil {
		return nil, err
	}
	r := &Ring{fd: fd, flags: p.Flags, features: p.Features}
	if err := r.mmap(p); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

func (r *Ring) mmap(p *Params) error {
	sqSize := uint64(p.sqOff.Array) + uint64(p.SQEntries)*4
	if p.Flags&SetupNoSQArray != 0 {
		// There is no array at whose end the ring could end.
		sqSize = uint64(p.cqOff.CQEs)
	}
	cqSize := uint64(p.cqOff.CQEs) + uint64(p.CQEntries)*uint64(cqeSize)
	if p.Features&FeatSingleMmap != 0 {
		sqSize = max(sqSize, cqSize)
	}
	sqMem, err := r.mapping(offSQRing, sqSize)
	if err != nil {
		return err
	}
	cqMem := sqMem
	if p.Features&FeatSingleMmap == 0 {
		if cqMem, err = r.mapping(offCQRing, cqSize); err != nil {
			return err
		}
	}
	sqeMem, err := r.mapping(offSQEs, uint64(p.SQEntries)*uint64(sqeSize))
	if err != nil {
		return err
	}
	if r.sq, err = viewSQ(sqMem, sqeMem, p); err != nil {
		return err
	}
	r.cq, err = viewCQ(cqMem, p)
	return err
}

func (r *Ring) mapping(offset int64, size uint64) ([]byte, error) {
	mem, err := unix.Mmap(r.fd, offset, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err == nil {
		r.mappings = append(r.mappings, mem)
	}
	return mem, err
}

func (r *Ring) unmap() (err error) {
	r.sq, r.cq = submissionQueue{}, completionQueue{}
	for _, mem := range r.mappings {
		if e := unix.Munmap(mem); err == nil {
			err = e
		}
	}
	r.mappings = nil
	return err
}

// viewSQ returns the submission queue in memory with the layout that p describes.
func viewSQ(ring, sqes []byte, p *Params) (q submissionQueue, err error) {
	o := &p.sqOff
	mask, err1 := counter(ring, o.RingMask)
	entries, err2 := counter(ring, o.RingEntries)
	q.head, err = counter(ring, o.Head)
	var err3, err4 error
	q.tail, err3 = counter(ring, o.Tail)
	q.flags, err4 = counter(ring, o.Flags)
	if err := errors.Join(err, err1, err2, err3, err4); err != nil {
		return q, errRingLayout
	}
	q.mask, q.entries = mask.Load(), entries.Load()
	if !validSize(q.mask, q.entries) {
		return q, errRingLayout
	}
	if q.sqes, err = view[SQE](sqes, 0, q.entries); err != nil {
		return q, err
	}
	if p.Flags&SetupNoSQArray == 0 {
		array, err := view[uint32](ring, o.Array, q.entries)
		if err != nil {
			return q, err
		}
		// The array maps positions in the queue to entries. We use entries in order.
		for i := range array {
			array[i] = uint32(i)
		}
	}
	q.next = q.tail.Load()
	return q, nil
}

// viewCQ returns the completion queue in memory with the layout that p describes.
func viewCQ(ring []byte, p *Params) (q completionQueue, err error) {
	o := &p.cqOff
	mask, err1 := counter(ring, o.RingMask)
	entries, err2 := counter(ring, o.RingEntries)
	q.head, err = counter(ring, o.Head)
	var err3, err4 error
	q.tail, err3 = counter(ring, o.Tail)
	q.overflow, err4 = counter(ring, o.Overflow)
	if err := errors.Join(err, err1, err2, err3, err4); err != nil {
		return q, errRingLayout
	}
	q.mask, q.entries = mask.Load(), entries.Load()
	if !validSize(q.mask, q.entries) {
		return q, errRingLayout
	}
	q.cqes, err = view[CQE](ring, o.CQEs, q.entries)
	return q, err
}

// validSize reports whether entries is a power of two and mask fits it.
func validSize(mask, entries uint32) bool {
	return entries > 0 && entries&(entries-1) == 0 && mask == entries-1
}

func counter(mem []byte, off uint32) (*atomic.Uint32, error) {
	v, err := view[atomic.Uint32](mem, off, 1)
	if err != nil {
		return nil, err
	}
	return &v[0], nil
}

// view returns the n values of type T at offset off of mem, or errRingLayout if they
// lie outside mem or are not aligned. T must not contain pointers.
func view[T any](mem []byte, off, n uint32) ([]T, error) {
	var t T
	size := uint64(unsafe.Sizeof(t))
	if n == 0 || uint64(off)+uint64(n)*size > uint64(len(mem)) {
		return nil, errRingLayout
	}
	p := unsafe.Pointer(&mem[off])
	if uintptr(p)%unsafe.Alignof(t) != 0 {
		return nil, errRingLayout
	}
	return unsafe.Slice((*T)(p), n), nil
}

// address returns the address of p for use in an entry. Objects on Go's heap do not
// move. The caller makes sure that p is on the heap and keeps it alive until the
// operation completes.
func address[T any](p *T) uint64 { return uint64(uintptr(unsafe.Pointer(p))) }

func register(fd, op int, arg unsafe.Pointer, n uintptr) error {
	_, _, errno := unix.Syscall6(unix.SYS_IO_URING_REGISTER, uintptr(fd), uintptr(op), uintptr(arg), n, 0, 0)
	runtime.KeepAlive(arg)
	if errno != 0 {
		return errno
	}
	return nil
}

func registerInt32s(fd, op int, arg []int32, n uintptr) error {
	return register(fd, op, unsafe.Pointer(&arg[0]), n)
}

func registerProbeOps(fd int, p *Probe) error {
	return register(fd, registerProbe, unsafe.Pointer(p), probeOps)
}

func registerCPUSet(fd int, mask *unix.CPUSet) error {
	return register(fd, registerIOWQAff, unsafe.Pointer(mask), unsafe.Sizeof(*mask))
}

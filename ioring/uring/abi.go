package uring

// This file declares the part of io_uring's interface that is used here, from Linux's
// include/uapi/linux/io_uring.h. Names are the header's, in Go's case.

// SQE is a submission queue entry. A field that is a union in the header has the name
// of its first or most common member; the Prep methods know which operation uses which
// member.
type SQE struct {
	Opcode      uint8
	Flags       uint8 // 0 or SQEAsync
	Ioprio      uint16
	FD          int32
	Off         uint64 // also addr2
	Addr        uint64
	Len         uint32
	OpFlags     uint32 // fsync_flags, open_flags, ...
	UserData    uint64 // the kernel copies it to the CQE
	BufIndex    uint16
	Personality uint16
	SpliceFDIn  int32
	Addr3       uint64
	_           uint64
}

// CQE is a completion queue entry.
type CQE struct {
	UserData uint64
	Res      int32  // the result of the system call, or the negated errno
	Flags    uint32 // IORING_CQE_F_ bits
}

// The operations. [Ring.RegisterProbe] returns those that the kernel has.
const (
	OpNop           = 0
	OpFsync         = 3
	OpSyncFileRange = 8
	OpFallocate     = 17
	OpOpenat        = 18
	OpClose         = 19
	OpStatx         = 21
	OpRenameat      = 35
	OpUnlinkat      = 36
	OpMkdirat       = 37
	OpLinkat        = 39
	OpFtruncate     = 55 // Linux 6.9
)

// SQEAsync in SQE.Flags makes the kernel give the operation to a worker at once,
// instead of trying it first in io_uring_enter.
const SQEAsync = 1 << 4

// Flags of io_uring_setup, with the version of Linux that introduced them.
const (
	SetupClamp       = 1 << 4  // 5.6
	SetupSubmitAll   = 1 << 7  // 5.18
	SetupCoopTaskrun = 1 << 8  // 5.19
	SetupNoSQArray   = 1 << 16 // 6.6
)

// Features that io_uring_setup reports.
const (
	FeatSingleMmap    = 1 << 0 // both rings are in one mapping
	FeatNodrop        = 1 << 1 // the kernel keeps completions that do not fit in the queue
	FeatSubmitStable  = 1 << 2 // the kernel copies input that an entry points to at submission
	FeatNativeWorkers = 1 << 9 // workers are threads of the process
)

const (
	enterGetevents = 1 << 0

	// Bits of the submission queue's flags.
	sqCQOverflow = 1 << 1
	sqTaskrun    = 1 << 2

	registerEventfd          = 4
	registerProbe            = 8
	registerIOWQAff          = 17
	registerIOWQMaxWorkers   = 19
	probeOps                 = 256
	probeOpSupported         = 1 << 0
	offSQRing                = 0
	offCQRing                = 0x8000000
	offSQEs                  = 0x10000000
	fsyncDatasync            = 1 << 0
	iowqBound, iowqUnbounded = 0, 1
)

type sqringOffsets struct {
	Head        uint32
	Tail        uint32
	RingMask    uint32
	RingEntries uint32
	Flags       uint32
	Dropped     uint32
	Array       uint32
	_           uint32
	UserAddr    uint64
}

type cqringOffsets struct {
	Head        uint32
	Tail        uint32
	RingMask    uint32
	RingEntries uint32
	Overflow    uint32
	CQEs        uint32
	Flags       uint32
	_           uint32
	UserAddr    uint64
}

// Params are the parameters of io_uring_setup. The caller sets Flags; the kernel fills
// in the rest.
type Params struct {
	SQEntries    uint32
	CQEntries    uint32
	Flags        uint32 // Setup bits
	SQThreadCPU  uint32
	SQThreadIdle uint32
	Features     uint32 // Feat bits
	WQFD         uint32
	_            [3]uint32
	sqOff        sqringOffsets
	cqOff        cqringOffsets
}

type probeOp struct {
	Op    uint8
	_     uint8
	Flags uint16
	_     uint32
}

// Probe lists the operations that a kernel has.
type Probe struct {
	LastOp uint8
	OpsLen uint8
	_      uint16
	_      [3]uint32
	ops    [probeOps]probeOp
}

// Supported reports whether the kernel has the operation.
func (p *Probe) Supported(op uint8) bool {
	return op <= p.LastOp && p.ops[op].Flags&probeOpSupported != 0
}

package lockpage

import "sync/atomic"

// Size is the size of a lock page, in bytes.
const Size = 4096

// HalfBytes is how many bytes Page may take.
const HalfBytes = Size / 2

// A page begins with family and a byte that is the version of the layout.
const (
	family  = "mlogpag"
	version = 3
)

// Page is the layout of a lock page, in the machine's byte order. One goroutine
// of one process stores, with a [Writer]. A reader sees each field whole, but
// not all of them at one instant.
type Page struct {
	Magic   [8]byte
	PID     uint64
	Started int64 // nanoseconds since 1970
	Boot    [16]byte
	Backend [128]byte // how file operations are done, and why; NUL-padded text

	AgeIno   uint64 // the current that AgeSince is about
	AgeSince int64  // when its first line came, in nanoseconds since 1970; 0 if nobody asked

	Counters Counters

	// Latest is the number of the latest record, which lies in the slot of
	// Records that its lowest bit names; 0 if there is none yet.
	Latest  uint64
	Records [2]Record

	// The label of the file that is called previous, or is processed, while a
	// processor is at work: second and nanosecond; zeros otherwise.
	PreviousSec  uint64
	PreviousNano uint64

	// The inode of the file that was current before the last swap: if it is
	// still called so, the next beside it is the one that was swapped in.
	Swapped uint64

	// Files are the oldest files that are full and not safe yet; see SetFile.
	Files [FileSlots]fileSlot
}

// Counters are what the logger has done since Started. Times are in
// nanoseconds.
type Counters struct {
	BytesIn       uint64 // read from standard input
	LinesIn       uint64
	LinesSelected uint64 // for this directory
	BytesWritten  uint64 // to this directory
	Batches       uint64
	Rotations     uint64
	Pending       uint64 // files finished, but not safe yet
	Syncs         uint64
	SyncLast      uint64 // time of the last fsync of a finished file
	SyncLongest   uint64
	BatchLongest  uint64 // longest time from the first record of a batch to the end of its consume
	RoomWaits     uint64 // times the loop waited for room to rotate
	RoomWaited    uint64 // time it waited for that
	ProcessorRuns uint64
	ProcessorBad  uint64 // runs that did not exit 0
	WritePauses   uint64 // times writing was tried again after trouble
	LastBatch     int64  // when the last batch was written; since 1970
}

// Kind is what a lock file holds.
type Kind int

// The kinds of lock files.
const (
	Blank      Kind = iota // nothing, or zeros only: daemontools' lock, or a page that an outage has cut short
	Ours                   // a page of this program, of this version or another
	Foreign                // anything else: it is somebody's, and is to stay as it is
	Unreadable             // reading it is a page fault
)

// KindOf returns what mem is, the mapped beginning of a lock file, zeros behind
// the file's end.
func KindOf(mem []byte) (kind Kind) {
	kind = Unreadable
	survive(func() {
		kind = kindOf(mem)
	})
	return kind
}

func kindOf(content []byte) Kind {
	if len(content) >= len(family) && string(content[:len(family)]) == family {
		return Ours
	}
	for _, b := range content {
		if b != 0 {
			return Foreign
		}
	}
	return Blank
}

func magic() (m [8]byte) {
	copy(m[:], family)
	m[len(family)] = version
	return m
}

// Set stores v into a field of a page.
func Set(field *uint64, v uint64) { atomic.StoreUint64(field, v) }

// Add adds v to a field of a page.
func Add(field *uint64, v uint64) { atomic.StoreUint64(field, *field+v) }

// AtLeast raises a field of a page to v, unless it is higher.
func AtLeast(field *uint64, v uint64) { Set(field, max(*field, v)) }

package lockpage

import (
	"sync/atomic"

	"multilog/internal/pagefault"
)

// Size is the size of a lock page, in bytes.
const Size = 4096

// HalfBytes is the maximum size of Page in bytes.
const HalfBytes = Size / 2

// A page begins with family and one byte, the version of the layout.
const (
	family  = "mlogpag"
	version = 3
)

// Page is the layout of a lock page, in the machine's byte order. One goroutine of one
// process stores into it, with a [Writer]. A reader sees each field whole, but not all
// of them at the same instant.
type Page struct {
	Magic   [8]byte
	PID     uint64
	Started int64 // nanoseconds since 1970
	Boot    [16]byte
	Backend [128]byte // how file operations are done, and why; NUL-padded text

	AgeIno   uint64 // the current that AgeSince is about
	AgeSince int64  // the time of its first line, in nanoseconds since 1970; 0 without the word a

	Counters Counters

	// Latest is the number of the latest record; 0 means none. The record is in the
	// slot of Records with the index of its lowest bit.
	Latest  uint64
	Records [2]Record

	// The label of the file that a processor is working on, which is called previous or
	// processed: second and nanosecond; zeros if there is none.
	PreviousSec  uint64
	PreviousNano uint64

	// The inode of the file that was current before the last swap. If that file still
	// has the name current, the next beside it is the one that was swapped in.
	Swapped uint64

	// Files are the oldest files that are full and not safe yet; see SetFile.
	Files [FileSlots]fileSlot

	// All labels in that current, while it has that size in bytes, are before that time,
	// in nanoseconds since 1970. It is stored when a logger ends.
	LabelsIno    uint64
	LabelsSize   uint64
	LabelsBefore int64

	Activity Activity
}

// Counters count what the logger has done since Started. Durations are in nanoseconds.
//
// The struct is a flat list, one field for each figure, because it is a layout: a new
// figure is one field, and mlstat prints them one by one.
type Counters struct {
	BytesIn       uint64 // read from standard input
	LinesIn       uint64
	LinesSelected uint64 // selected for this directory
	BytesWritten  uint64 // to this directory
	Batches       uint64
	Rotations     uint64
	Pending       uint64 // files that are full and not safe yet
	Syncs         uint64
	SyncLast      uint64 // duration of the last fsync of a finished file
	SyncLongest   uint64
	BatchLongest  uint64 // longest time from the first record of a batch to the end of its Consume
	RoomWaits     uint64 // how often the loop waited for room to rotate
	RoomWaited    uint64 // how long it waited for that
	ProcessorRuns uint64
	ProcessorBad  uint64 // runs that did not exit with 0
	WritePauses   uint64 // how often a failed write was tried again
	LastBatch     int64  // the time of the last batch, since 1970
}

// Kind is the kind of content of a lock file.
type Kind int

// The kinds of lock files.
const (
	Blank      Kind = iota // nothing or only zeros: daemontools' lock, or a page that a power cut has cut short
	Ours                   // a page of this program, of this version or another
	Foreign                // anything else; it belongs to another program and must not be changed
	Unreadable             // reading it is a page fault
)

// KindOf returns the kind of mem, which is the mapped beginning of a lock file, with
// zeros behind the file's end.
func KindOf(mem []byte) (kind Kind) {
	kind = Unreadable
	pagefault.Survive(func() {
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

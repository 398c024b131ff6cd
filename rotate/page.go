package rotate

import "sync/atomic"

// The lock page: the lock file of a log directory is one page, which the
// logger that holds the directory has mapped, shared. It tells others what the
// logger is doing, and the next logger what this one was doing when it was
// killed. A store into it outlives the process, though not an outage.

// PageSize is the size of a lock page, in bytes.
const PageSize = 4096

// pageMagic begins a lock page; its last byte is the version of the layout.
const pageMagic = "mlogpag\x01"

// Page is the layout of a lock page, in the machine's byte order. One
// goroutine of one process stores; who reads it meanwhile sees each field
// whole, but not all of them at one instant.
type Page struct {
	Magic   [8]byte
	PID     uint64
	Started int64 // nanoseconds since 1970
	Boot    [16]byte
	Backend [128]byte // how file operations are done, and why; NUL-padded text

	AgeIno   uint64 // the current that AgeSince is about
	AgeSince int64  // when its first line came, in nanoseconds since 1970; 0 if nobody asked

	Counters Counters

	// The in-flight record is the one of Flights that Latest is the index of.
	// The other is for the next batch: a kill finds either whole.
	Flights [2]Flight
	Latest  uint64

	// The label of the file that is called previous, or is processed, while a
	// processor is at work: second and nanosecond; zeros otherwise.
	PreviousSec  uint64
	PreviousNano uint64

	// The inode of the file that was current before the last swap: if it is
	// still called so, the next beside it is the one that was swapped in.
	Swapped uint64
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

// The states of a Flight.
const (
	flightNone  = 0 // nothing is in flight
	flightBegun = 1 // writes may have happened, in part
	flightDone  = 2 // the writes to all directories have happened; the input may be consumed
)

// The values of LineBefore and LineAfter: where the input stands.
const (
	lineNone      = 0 // between two lines
	lineHere      = 1 // within one that this directory gets
	lineElsewhere = 2 // within one that it does not get
)

// Flight is an in-flight record: the batch that is being written, or was.
type Flight struct {
	State uint64

	Batch  uint64 // the same in all directories that the batch goes to
	SrcDev uint64 // the standard input that it was read from
	SrcIno uint64
	Length uint64 // bytes of input
	Sum    uint64 // of the input, see Fingerprint

	FileIno   uint64 // the file that is written, whatever its name
	FileBirth uint64
	End       uint64 // its size before the batch
	Written   uint64 // how much the batch adds

	LineBefore uint64 // where the input stood before the batch
	LineAfter  uint64 // where it stands behind it

	Last byte    // the last byte of input
	Mark byte    // anything else, until the read that consumes the batch puts it here
	_    [6]byte // so that on 32-bit machines, too, State is aligned in both of a page's
}

func (p *Page) flight() *Flight       { return &p.Flights[p.Latest&1] }
func (f *Flight) setState(s uint64)   { atomic.StoreUint64(&f.State, s) }
func store(field *uint64, v uint64)   { atomic.StoreUint64(field, v) }
func add(field *uint64, v uint64)     { atomic.StoreUint64(field, *field+v) }
func atLeast(field *uint64, v uint64) { store(field, max(*field, v)) }

// CountBatch counts a batch of input: its bytes, the lines that begin in it, those
// of them that went to this directory, how long it took, and when it was done.
func (d *Dir) CountBatch(bytes, lines, selected int, took, now int64) {
	d.note(func(page *Page) {
		c := &page.Counters
		add(&c.BytesIn, uint64(bytes))
		add(&c.LinesIn, uint64(lines))
		add(&c.LinesSelected, uint64(selected))
		add(&c.Batches, 1)
		atLeast(&c.BatchLongest, uint64(took))
		atomic.StoreInt64(&c.LastBatch, now)
	})
}

// CountRoomWait counts a wait, in nanoseconds, for room to rotate.
func (d *Dir) CountRoomWait(took int64) {
	d.note(func(page *Page) {
		add(&page.Counters.RoomWaits, 1)
		add(&page.Counters.RoomWaited, uint64(took))
	})
}

// A store into the page is a page fault when the file system has no room for
// what it does with a page that is written to (btrfs, which writes it
// elsewhere, on a full disk), or when somebody has truncated the lock file. The
// logger then goes on with a page of its own. Loading from it is one, too: what
// is wanted again is in Dir.

// regainPause is the time between two tries to get a lost page back.
const regainPause = 10e9 // nanoseconds

// note stores into the lock page. Whatever the logger notes there, it notes by
// this.
func (d *Dir) note(change func(page *Page)) {
	if stored(d.page, change) {
		return
	}
	own := &Page{}
	stored(own, func(page *Page) { *page = *d.page }) // its old content, if that can be read
	d.lostPage, d.page, d.regainAt = d.page, own, d.k.Mono()+regainPause
	d.k.Warn("unable to store into " + d.path(lockName) + ", going on (if killed meanwhile, the last lines may be logged twice)")
	change(d.page)
}

// regainPage goes back to the page that was lost, if that can be stored into
// again. Invariant: on entry, nothing is in flight.
func (d *Dir) regainPage() {
	now := d.k.Mono()
	if now < d.regainAt {
		return
	}
	d.regainAt = now + regainPause
	if !stored(d.lostPage, func(page *Page) {
		page.flight().setState(flightNone) // killed from here on, nothing is in flight
		page.Counters, page.AgeIno, page.AgeSince = d.page.Counters, d.page.AgeIno, d.page.AgeSince
		page.PreviousSec, page.PreviousNano = d.page.PreviousSec, d.page.PreviousNano
		d.mark = page.putFlight(&d.flight)
		page.Swapped = d.page.Swapped
	}) {
		return
	}
	d.page, d.lostPage = d.lostPage, nil
	d.k.Warn("able to store into " + d.path(lockName) + " again")
}

// stored has change store into the page, and says whether it could.
func stored(page *Page, change func(page *Page)) (ok bool) {
	defer func() {
		if v := recover(); v != nil {
			if _, fault := v.(interface{ Addr() uintptr }); !fault {
				panic(v)
			}
		}
	}()
	change(page)
	return true
}

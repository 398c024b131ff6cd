package rotate

import (
	"sync/atomic"

	"multilog/rotate/lockpage"
)

// record is the content of the lock page: the record of the batch in flight, which the
// next logger reads after a kill, and the counters, which others read while this logger
// runs. The page may be lost, for instance on a full btrfs. Then stores go to memory
// until the page is regained.
type record struct {
	at       *place
	page     *lockpage.Writer
	regainAt int64 // Mono before which a lost page is not tried again
	pausing  bool  // PauseSince is stored
}

// regainPause is the time between two attempts to regain a lost page.
const regainPause = 10e9 // nanoseconds

// take makes the mapped page mem this process's and returns what the previous logger
// left in it. Without mem the page is in this process's memory only: everything works
// except the in-flight record.
func (r *record) take(mem []byte, owner lockpage.Owner) lockpage.Left {
	page, left := lockpage.Open(mem, owner)
	r.page = page
	r.stored(!page.Lost())
	return left
}

// note stores into the lock page anything that is not a record.
func (r *record) note(change func(page *lockpage.Page)) { r.stored(r.page.Store(change)) }

// stored warns if a store has failed. ok is the result of the store.
func (r *record) stored(ok bool) {
	if !ok {
		r.regainAt = r.at.mono() + regainPause
		r.at.warn("unable to store into " + r.at.path(lockName) + ", going on (if killed meanwhile, the last lines may be logged twice)")
	}
}

// regain returns to a page that was lost, if it can be stored into again. Invariant: on
// entry, nothing is in flight.
func (r *record) regain() {
	if !r.page.Lost() {
		return
	}
	now := r.at.mono()
	if now < r.regainAt {
		return
	}
	r.regainAt = now + regainPause
	if r.page.Regain() {
		r.at.warn("store into " + r.at.path(lockName) + " succeeded again")
	}
}

// begin stores that a batch is about to be written, and that current gets written bytes
// of it.
func (r *record) begin(in Input, cur *file, written int64, line uint64) {
	ino, birth, size := cur.identity()
	r.stored(r.page.Put(&lockpage.Record{
		Last: in.Last, Batch: in.Batch, SrcDev: in.Dev, SrcIno: in.Ino, Length: uint64(in.Length), Sum: in.Sum,
		FileIno: ino, FileBirth: birth, End: size, Written: uint64(written),
		LineBefore: r.page.Record().LineAfter, LineAfter: line,
	}, lockpage.StateBegun))
}

// done stores that the batch is written in all directories.
func (r *record) done() { r.stored(r.page.SetState(lockpage.StateDone)) }

// clear stores that the batch's input was consumed.
func (r *record) clear() { r.stored(r.page.SetState(lockpage.StateNone)) }

// idle stores that nothing is in flight and that cur is the file being written. The
// input is that of the record before. It may stand within a line, or behind a tail.
func (r *record) idle(cur *file, line uint64, tail lockpage.Tail) {
	before := r.page.Record()
	ino, birth, size := cur.identity()
	r.put(lockpage.Record{
		SrcDev: before.SrcDev, SrcIno: before.SrcIno,
		FileIno: ino, FileBirth: birth, End: size,
		LineAfter: line,
	}, tail)
}

// put stores a record that has nothing in flight, and the tail behind it.
func (r *record) put(latest lockpage.Record, tail lockpage.Tail) {
	r.stored(r.page.PutWith(latest, lockpage.StateNone, tail))
}

// swapped stores that nothing is in flight and that cur is a new file. The input stands
// where it did.
func (r *record) swapped(cur *file) { r.idle(cur, r.page.Record().LineAfter, r.page.Tail()) }

// takenBack stores that nothing is in flight and that the input stands where it did
// before the batch.
func (r *record) takenBack(cur *file) { r.idle(cur, r.page.Record().LineBefore, r.page.TailBefore()) }

// lineAfter returns where the input stands behind the latest batch: LineNone, LineHere
// or LineElsewhere.
func (r *record) lineAfter() uint64 { return r.page.Record().LineAfter }

// isClean reports whether nothing is in flight and current does not end within a line.
func (r *record) isClean() bool {
	latest := r.page.Record()
	return latest.State() == lockpage.StateNone && latest.LineAfter != lockpage.LineHere
}

// mark returns where to store the last byte of the batch's input when it is consumed.
func (r *record) mark() *byte { return r.page.Mark() }

// countBatch counts a batch. bytes and lines are those of its input, selected is the
// number of lines that went to this directory, took is its duration in nanoseconds, now
// is the time in nanoseconds since 1970.
func (r *record) countBatch(bytes, lines, selected int, took, now int64) {
	r.note(func(page *lockpage.Page) {
		c := &page.Counters
		lockpage.Add(&c.BytesIn, uint64(bytes))
		lockpage.Add(&c.LinesIn, uint64(lines))
		lockpage.Add(&c.LinesSelected, uint64(selected))
		lockpage.Add(&c.Batches, 1)
		lockpage.AtLeast(&c.BatchLongest, uint64(took))
		atomic.StoreInt64(&c.LastBatch, now)
		page.Activity.Batches.Add(took)
		page.Activity.CountLines(now, lines)
	})
}

// waits stores that the loop waits for room to rotate, from now on, a time in nanoseconds
// since 1970.
func (r *record) waits(now int64) {
	r.note(func(page *lockpage.Page) { atomic.StoreInt64(&page.Activity.RoomSince, now) })
}

// pauses counts a failed write, which will be tried again. now is in nanoseconds since
// 1970.
func (r *record) pauses(now int64) {
	if !r.pausing {
		r.pausing = true
		r.note(func(page *lockpage.Page) { atomic.StoreInt64(&page.Activity.PauseSince, now) })
	}
	r.note(func(page *lockpage.Page) { lockpage.Add(&page.Counters.WritePauses, 1) })
}

// wrote stores that a write has succeeded.
func (r *record) wrote() {
	if r.pausing {
		r.pausing = false
		r.note(func(page *lockpage.Page) { atomic.StoreInt64(&page.Activity.PauseSince, 0) })
	}
}

// countRoomWait counts a wait, in nanoseconds, for room to rotate.
func (r *record) countRoomWait(took int64) {
	r.note(func(page *lockpage.Page) {
		lockpage.Add(&page.Counters.RoomWaits, 1)
		lockpage.Add(&page.Counters.RoomWaited, uint64(took))
		page.Activity.RoomWaits.Add(took)
		atomic.StoreInt64(&page.Activity.RoomSince, 0)
	})
}

// countSync counts an fsync of a finished file, which took that many nanoseconds.
func (r *record) countSync(took int64) {
	r.note(func(page *lockpage.Page) {
		c := &page.Counters
		lockpage.Add(&c.Syncs, 1)
		lockpage.Set(&c.SyncLast, uint64(took))
		lockpage.AtLeast(&c.SyncLongest, uint64(took))
		page.Activity.Syncs.Add(took)
	})
}

// countRun counts a run of the processor that has ended. good reports whether it
// succeeded.
func (r *record) countRun(good bool) {
	r.note(func(page *lockpage.Page) {
		lockpage.Add(&page.Counters.ProcessorRuns, 1)
		if !good {
			lockpage.Add(&page.Counters.ProcessorBad, 1)
		}
	})
}

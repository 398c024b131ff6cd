package rotate

import (
	"sync/atomic"

	"multilog/rotate/lockpage"
)

// CountBatch counts a batch of input: its bytes, the lines that begin in it, those
// of them that went to this directory, how long it took, and when it was done.
func (d *Dir) CountBatch(bytes, lines, selected int, took, now int64) {
	d.note(func(page *lockpage.Page) {
		c := &page.Counters
		lockpage.Add(&c.BytesIn, uint64(bytes))
		lockpage.Add(&c.LinesIn, uint64(lines))
		lockpage.Add(&c.LinesSelected, uint64(selected))
		lockpage.Add(&c.Batches, 1)
		lockpage.AtLeast(&c.BatchLongest, uint64(took))
		atomic.StoreInt64(&c.LastBatch, now)
	})
}

// CountRoomWait counts a wait, in nanoseconds, for room to rotate.
func (d *Dir) CountRoomWait(took int64) {
	d.note(func(page *lockpage.Page) {
		lockpage.Add(&page.Counters.RoomWaits, 1)
		lockpage.Add(&page.Counters.RoomWaited, uint64(took))
	})
}

// regainPause is the time between two tries to get a lost page back.
const regainPause = 10e9 // nanoseconds

// note stores into the lock page. What is not a record is stored by this.
func (d *Dir) note(change func(page *lockpage.Page)) { d.stored(d.page.Store(change)) }

// noteRecord puts another record in place of the one in the lock page.
func (d *Dir) noteRecord(r lockpage.Record, state uint64) { d.stored(d.page.Put(r, state)) }

// noteState stores a state of the record that is in the lock page.
func (d *Dir) noteState(state uint64) { d.stored(d.page.SetState(state)) }

// stored warns of a lock page that can't be stored into any more: ok is what the
// store has returned.
func (d *Dir) stored(ok bool) {
	if !ok {
		d.regainAt = d.k.Mono() + regainPause
		d.k.Warn("unable to store into " + d.path(lockName) + ", going on (if killed meanwhile, the last lines may be logged twice)")
	}
}

// regainPage goes back to a page that was lost, if that can be stored into
// again. Invariant: on entry, nothing is in flight.
func (d *Dir) regainPage() {
	if !d.page.Lost() {
		return
	}
	now := d.k.Mono()
	if now < d.regainAt {
		return
	}
	d.regainAt = now + regainPause
	if d.page.Regain() {
		d.k.Warn("able to store into " + d.path(lockName) + " again")
	}
}

package rotate

import (
	"slices"

	"multilog/rotate/lockpage"
)

// findTail finds the tail that is still to be logged. The one behind a record is
// there when the batch is consumed: the same system call has put it there. The
// one before is part of the batch that is in flight.
func (d *Dir) findTail(batch []*Dir, gone map[uint64]bool, done bool) {
	r := &d.left.Record
	switch {
	case r.State() != lockpage.StateBegun || gone[r.Batch] || done && slices.Contains(batch, d):
		d.tail = d.left.Tail
	case d.flightSize > int64(r.End) && !slices.Contains(batch, d):
		// What was written of the batch stays, and begins with it.
	default:
		d.tail = d.left.TailBefore
	}
}

// settleTails chooses the tail whose end is to come from standard input: of that
// input, in a directory where no other logger has been since.
func settleTails(dirs []*Dir, dev, ino uint64, others bool) {
	var on *Dir
	for _, d := range dirs {
		t := d.tail
		if t.Text == "" || ino == 0 || t.Ino != ino || t.Dev != uint64(uint32(dev)) || d.flightFile == "" || others {
			continue
		}
		switch {
		case on == nil || on.tail.Since < t.Since:
			on = d
		case on.tail == t: // it was on its way from one page to another
			d.tail = lockpage.Tail{}
		}
	}
	if on != nil {
		on.goesOn = true
	}
}

// Tail returns the beginning of a line that the logger before has taken from
// standard input and not logged; goesOn reports that its end is to come from
// there.
func (d *Dir) Tail() (t lockpage.Tail, goesOn bool) { return d.tail, d.goesOn }

// TailRoom returns memory in the lock page for the beginning of a line, up to 999
// bytes: the bytes taken, which it stores there, and room for those that follow. The
// line goes on behind the batch of the last Begin. It comes from the input dev and
// ino, and its first byte was seen at since, in nanoseconds since 1970. TailRoom
// returns nil if the page does not outlive the process.
func (d *Dir) TailRoom(dev, ino uint64, since int64, taken []byte) []byte {
	return d.page.TailRoom(dev, ino, since, taken)
}

// Mapped reports whether the lock page outlives the process.
func (d *Dir) Mapped() bool { return d.page.Mapped() }

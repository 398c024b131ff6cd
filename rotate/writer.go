package rotate

import (
	"syscall"

	"multilog/ioring"
	"multilog/rotate/lockpage"
)

// lineZone is how near to the size limit a line may end a file, in bytes: a file
// is full when a line ends lineZone bytes below it or nearer.
const lineZone = 2000

// preallocateAt is the size, in bytes, from which current is worth
// preallocating: an idle directory reserves nothing.
const preallocateAt = 128 << 10

// pushBytes is how much of current may wait to be written out before the kernel
// is told to begin, so that the last sync finds little left to do.
const pushBytes = 1 << 20

// writer writes to current, which it owns.
type writer struct {
	d     *Dir
	limit int64 // most bytes of a file
	cur   *file

	rest      [][]byte // pieces of the batch that could not be written yet
	base      int64    // size of current before the batch
	newline   bool     // current ends with a newline, or is empty
	requested bool     // a rotation was asked for
	trouble   Trouble
	refusal   refusal // of a read-only file system

	extending task[*writer] // preallocates current
	pushing   task[*writer] // has current's pages written out as it grows
}

// current returns the file that is written.
func (w *writer) current() *file { return w.cur }

// room returns how many bytes current can still take.
func (w *writer) room() int64 { return max(0, w.limit-w.cur.bytes()) }

// lineRoom returns how many bytes current takes before a newline fills it.
func (w *writer) lineRoom() int64 { return w.limit - lineZone - w.cur.bytes() }

// full reports whether current is to be rotated before anything else is written.
func (w *writer) full() bool {
	return w.cur.bytes() >= w.limit || w.newline && w.cur.bytes() >= w.limit-lineZone
}

// opened makes f current. midline reports whether it ends within a line.
func (w *writer) opened(f *file, midline bool) { w.cur, w.newline = f, !midline }

// swap makes next current, and returns the file that was; split reports whether
// that ends within a line.
func (w *writer) swap(next *file) (old *file, split bool) {
	old, split = w.cur, !w.newline
	w.cur, w.newline, w.requested = next, true, false
	return old, split
}

// request asks for a rotation.
func (w *writer) request() { w.requested = true }

// withdraw takes back that a rotation was asked for.
func (w *writer) withdraw() { w.requested = false }

// isRequested reports whether a rotation was asked for that has not happened yet.
func (w *writer) isRequested() bool { return w.requested }

// begin notes where current ends before a batch.
func (w *writer) begin() { w.base = w.cur.bytes() }

// append writes the pieces to current. After an error it is to be called
// again with nil, later, and goes on where it stopped.
//
// While the file system refuses other operations because it is read-only,
// nothing is written: ext4, which makes itself read-only when it finds an error,
// goes on taking what is written to open files, before Linux 6.15, and drops it.
func (w *writer) append(pieces [][]byte) error {
	if pieces != nil {
		w.rest = pieces
	}
	for len(w.rest) > 0 {
		n, err := 0, error(syscall.EROFS)
		if !w.refusal.lasts() {
			n, err = w.d.host.Writev(w.cur.descriptor(), w.rest)
		}
		if n > 0 {
			w.wrote(n)
			continue
		}
		if err == nil {
			err = syscall.EIO // a file takes bytes or says why not
		}
		w.d.note(func(page *lockpage.Page) { lockpage.Add(&page.Counters.WritePauses, 1) })
		if !w.d.relieve(err) {
			w.trouble.Failed(w.d.host, "write to "+w.d.path(currentName), err)
		}
		return err
	}
	w.trouble.Over(w.d.host)
	return nil
}

// wrote notes that the first n bytes of the rest were written.
func (w *writer) wrote(n int) {
	w.cur.grow(n)
	w.d.note(func(page *lockpage.Page) { lockpage.Add(&page.Counters.BytesWritten, uint64(n)) })
	last := w.rest[len(w.rest)-1]
	w.newline = last[len(last)-1] == '\n'
	w.rest = skip(w.rest, n)
	w.d.currentWritten()
}

// skip drops the first n bytes of the pieces. It shortens the pieces in place.
func skip(pieces [][]byte, n int) [][]byte {
	for len(pieces) > 0 && n >= len(pieces[0]) {
		n -= len(pieces[0])
		pieces = pieces[1:]
	}
	if n > 0 {
		pieces[0] = pieces[0][n:]
	}
	return pieces
}

// rollback takes back what append has written of the batch. It waits for the
// disk.
func (w *writer) rollback() error {
	w.rest = nil
	op := w.d.do(ioring.Op{Code: ioring.Stat, FD: w.cur.descriptor()})
	if w.d.rewritesCurrent() {
		// What that has read, it would write behind the new end.
		op.Err = syscall.EBUSY
	}
	size := max(0, op.Stat.Size-(w.cur.bytes()-w.base)) // base, unless somebody has emptied the file
	if op.Err == nil {
		op = w.d.do(ioring.Op{Code: ioring.Ftruncate, FD: w.cur.descriptor(), Len: size})
	}
	if op.Err != nil {
		return &Error{What: "take back from " + w.d.path(currentName) + " the lines that are still in standard input", Err: op.Err, More: " (left to the next logger)"}
	}
	w.cur.cut(size)
	return nil
}

// lookAhead preallocates current, and has its pages written out, in good time.
func (w *writer) lookAhead() {
	if preallocates && !w.cur.isPreallocated() && w.cur.bytes() >= preallocateAt && !w.extending.isBusy() {
		w.cur.wasPreallocated()
		w.extending.start(w.d, extendSteps, w, nil)
	}
	if pushesOut && w.cur.unpushed() >= pushBytes && !w.pushing.isBusy() {
		w.pushing.start(w.d, pushSteps, w, nil)
	}
}

// extendSteps preallocate the current that the directory was opened with.
var extendSteps = []*step[*writer]{{
	name: "preallocate current",
	on:   (*writer).current,
	op:   func(w *writer, op *ioring.Op) { w.cur.preallocate(op, w.limit) },
	then: ignoreError[*writer], // blocks that can't be reserved are found when they are written
}}

// pushSteps have the kernel write out what has come since the last time.
var pushSteps = []*step[*writer]{{
	name: "push out current's pages",
	on:   (*writer).current,
	op:   func(w *writer, op *ioring.Op) { w.cur.push(op) },
	then: func(w *writer, op *ioring.Op) verdict[*writer] {
		w.pushing.theFile().wasPushed(op)
		return verdict[*writer]{}
	},
}}

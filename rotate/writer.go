package rotate

import (
	"fmt"
	"syscall"

	"multilog/ioring"
	"multilog/rotate/lockpage"
)

// lineZone is the size, in bytes, of the zone before the size limit: a line that ends
// within it makes the file full.
const lineZone = 2000

// preallocateAt is the size, in bytes, from which current is worth preallocating. So an
// idle directory reserves nothing.
const preallocateAt = 128 << 10

// pushBytes is how much current grows before the kernel is told to write it out. So the
// sync at the end finds little left to do.
const pushBytes = 1 << 20

// writer writes to current, which it owns.
type writer struct {
	d     *Dir
	limit int64 // maximum size of a file in bytes
	asked int64 // that of the script; limit is less if this process may not write so much
	cur   *file

	rest      [][]byte // pieces of the batch that are not written yet
	base      int64    // size of current before the batch
	newline   bool     // current ends with a newline, or is empty
	ended     bool     // newline before the batch
	lowered   bool     // the size limit was lowered within the batch
	requested bool     // a rotation was requested
	labels    int64    // if current takes no other line, a time that its labels are before, since 1970; otherwise 0
	trouble   Trouble
	refusal   refusal // of a read-only file system

	extending task[*writer] // preallocates current
	pushing   task[*writer] // tells the kernel to write out current as it grows
}

// current returns the file that is written.
func (w *writer) current() *file { return w.cur }

// room returns how many bytes current can still take.
func (w *writer) room() int64 { return max(0, w.limit-w.cur.bytes()) }

// lineRoom returns after how many more bytes a newline makes current full.
func (w *writer) lineRoom() int64 {
	if w.labels != 0 {
		return 0
	}
	return w.limit - lineZone - w.cur.bytes()
}

// full reports whether the caller must rotate before it writes anything else.
func (w *writer) full() bool {
	return w.cur.bytes() >= w.limit || w.newline && w.lineRoom() <= 0
}

// endFile has current take no other line. An empty one takes lines.
func (w *writer) endFile(labels int64) {
	if w.cur.bytes() > 0 {
		w.labels = max(w.labels, labels)
	}
}

// opened makes f current. midline reports whether it ends within a line.
func (w *writer) opened(f *file, midline bool) { w.cur, w.newline = f, !midline }

// swap makes next current and returns the file that was current. split reports whether
// that file ends within a line.
func (w *writer) swap(next *file) (old *file, split bool) {
	old, split = w.cur, !w.newline
	w.cur, w.newline, w.requested, w.labels = next, true, false, 0
	return old, split
}

// request requests a rotation.
func (w *writer) request() { w.requested = true }

// withdraw cancels a request.
func (w *writer) withdraw() { w.requested = false }

// isRequested reports whether a requested rotation has not happened yet.
func (w *writer) isRequested() bool { return w.requested }

// begin notes the size and the end of current before a batch.
func (w *writer) begin() { w.base, w.ended, w.lowered = w.cur.bytes(), w.newline, false }

// overfull reports whether the batch does not fit into current any more, because the
// limit for file sizes has become lower: the batch must be taken back.
func (w *writer) overfull() bool { return w.lowered }

// leastLimit is the least limit for file sizes, in bytes, that files can be made to fit.
const leastLimit = 4096

// fitsLimit lowers the size limit to what this process may write to a file. It returns
// false if that can't help.
func (w *writer) fitsLimit() bool {
	op := w.d.do(ioring.Op{Code: ioring.FileLimit})
	if op.Err != nil || op.Res < leastLimit || op.Res >= w.limit {
		return false
	}
	w.limit, w.lowered = op.Res, true
	w.d.warn(fmt.Sprintf("files in %s are finished at %d bytes, the new limit for file sizes (prlimit -f), not at %d", w.d.name, w.limit, w.asked))
	return true
}

// raiseLimit raises a size limit that fitsLimit has lowered, if that is allowed again.
func (w *writer) raiseLimit() {
	if w.limit == w.asked {
		return
	}
	if op := w.d.do(ioring.Op{Code: ioring.FileLimit}); op.Err == nil && op.Res > w.limit {
		w.limit = min(w.asked, op.Res)
	}
}

// append writes the pieces to current. After an error the caller calls it again later
// with nil, and it continues where it stopped, unless overfull returns true.
//
// While the file system refuses other operations because it is read-only, append writes
// nothing. When ext4 finds an error it makes itself read-only, but before Linux 6.15 it
// goes on accepting writes to open files and drops them.
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
		if err == syscall.EFBIG && w.fitsLimit() {
			return err
		}
		if err == nil {
			err = syscall.EIO // a file accepts bytes or returns an error
		}
		w.d.writePauses()
		if !w.d.relieve(err) {
			w.trouble.Failed(w.d.host, "write to "+w.d.path(currentName), err)
		}
		return err
	}
	w.d.writeSucceeded()
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

// skip drops the first n bytes of the pieces. It changes the pieces in place.
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

// rollback removes what append has written of the batch. It waits for the disk.
func (w *writer) rollback() error {
	w.rest, w.newline = nil, w.ended
	op := w.d.do(ioring.Op{Code: ioring.Stat, FD: w.cur.descriptor()})
	if w.d.rewritesCurrent() {
		// A rewrite in flight would write what it has read behind the new end.
		op.Err = syscall.EBUSY
	}
	size := max(0, op.Stat.Size-(w.cur.bytes()-w.base)) // equals base, unless someone has truncated the file
	if op.Err == nil {
		op = w.d.do(ioring.Op{Code: ioring.Ftruncate, FD: w.cur.descriptor(), Len: size})
	}
	if op.Err != nil {
		return &Error{What: "take back from " + w.d.path(currentName) + " the lines that are still in standard input", Err: op.Err, More: " (left to the next logger)"}
	}
	w.cur.cut(size)
	return nil
}

// lookAhead starts to preallocate current and to write out its pages, in good time.
func (w *writer) lookAhead() {
	if preallocates && !w.cur.isPreallocated() && w.cur.bytes() >= preallocateAt && !w.extending.isBusy() {
		w.cur.wasPreallocated()
		w.extending.start(w.d, extendSteps, w, nil)
	}
	if pushesOut && w.cur.unpushed() >= pushBytes && !w.pushing.isBusy() {
		w.pushing.start(w.d, pushSteps, w, nil)
	}
}

// extendSteps preallocate the current that was there at the start.
var extendSteps = []*step[*writer]{{
	name: "preallocate current",
	on:   (*writer).current,
	op:   func(w *writer, op *ioring.Op) { w.cur.preallocate(op, w.limit) },
	then: ignoreError[*writer], // a write will notice if blocks can't be reserved
}}

// pushSteps make the kernel start to write what was added since the last time.
var pushSteps = []*step[*writer]{{
	name: "push out current's pages",
	on:   (*writer).current,
	op:   func(w *writer, op *ioring.Op) { w.cur.push(op) },
	then: func(w *writer, op *ioring.Op) verdict[*writer] {
		w.pushing.theFile().wasPushed(op)
		return verdict[*writer]{}
	},
}}

package rotate

import (
	"hash/crc32"
	"slices"

	"multilog/ioring"
	"multilog/rotate/lockpage"
	"multilog/tai64n"
)

// In-flight records make what a kill interrupts happen exactly once. Bytes are
// consumed from standard input only after they have been written, so without
// a record those of the last batch might be written twice. The record of a
// batch is stored before its first write (begun), marked when all directories
// have got their parts (done), and cleared when the input is consumed. So, if
// the batch still stands at the head of the same input, then
//
//	begun in all of them: the parts that were written are taken back, and
//	      the input is read again;
//	done in any of them: all parts were written, and the input is consumed.
//
// The same bytes may stand there twice in a row, though. So the kernel itself
// notes that it has taken them: the read that consumes a batch puts its last
// byte into the record.
//
// Not all of a batch can be looked at when the system refuses to the next
// logger what it allowed to the one before: a pipe of its own, large enough to
// duplicate the input into. That batch and input are the same is then known
// from what can be seen, and from there being as many bytes. It does not
// follow from the record: a FIFO that everybody has closed starts anew under
// the same inode, and others might read from it. So, of a batch that is done,
// nothing is dropped unseen: as many bytes are taken into memory, in one step
// with the note that they are, and compared there. What differs goes on from
// there as input. One that is begun is taken back on that knowledge: no input
// is taken, and what is taken back are lines that nobody was promised.
//
// A record is void after an outage (another boot), with another input, when
// its file is neither current nor next any more (nor the newest old one that is
// not empty, a .u file, beside an empty current: a recovery was killed), or when
// somebody else has changed that file's size.
//
// The beginning of a line that is not complete, the tail, is out of the input
// and in the lock page of one directory: behind the record, where the read that
// consumes a batch puts it. The batch that has the line's end begins with it.
// While that is begun, the tail of the record before stands for it; once it is
// done, that tail is logged.
//
// Records also say whether the input stands within a line, and whether it is
// one for that directory: so a long line goes on where it was, unless the input
// is a file that is read from its beginning again.

// Input is where a batch comes from.
type Input struct {
	Batch    uint64 // a number that no other batch has
	Dev, Ino uint64 // of standard input
	Length   int    // bytes
	Last     byte   // the last of those
	Sum      uint64 // Fingerprint of those
}

// Head is standard input as Settle sees it.
type Head interface {
	// Identity is the device and inode of the input; zeros if what is read of
	// it is gone from it: then records say nothing about it.
	Identity() (dev, ino uint64)
	// AtStart says whether the input is a file of which nothing has been
	// taken.
	AtStart() bool
	// PeekHead returns the first n bytes of the input, or fewer if that is
	// all that is there or can be looked at without taking it.
	PeekHead(n int) []byte
	// Waiting is how many bytes there are in the input, at least.
	Waiting() int
	// Take moves n bytes, of those that are Waiting, from the input into
	// memory, and stores the last of them at mark in doing so. They are then
	// the first that PeekHead shows and Consume drops, until a kill.
	Take(n int, mark *byte) ([]byte, error)
	// Consume takes n bytes from the input, and stores the last of them at
	// mark in doing so.
	Consume(n int, mark *byte) error
}

// How much of a batch Fingerprint looks at.
const (
	sampleEndsBytes = 1024 // at either end
	sampleBytes     = 64   // of each
	sampleStride    = 4096 // between
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Fingerprint tells one batch of input from another. It looks at both ends of
// a long one and at samples between them: it must cost nothing beside a batch,
// and log lines that differ do so all over. The upper half is about the first
// sampleEndsBytes alone.
func Fingerprint(b []byte) uint64 {
	first := crc32.Checksum(b[:min(len(b), sampleEndsBytes)], castagnoli)
	sum := first
	switch {
	case len(b) <= sampleEndsBytes:
	case len(b) <= sampleStride:
		sum = crc32.Update(sum, castagnoli, b[sampleEndsBytes:])
	default:
		for at := sampleStride; at+sampleBytes <= len(b)-sampleEndsBytes; at += sampleStride {
			sum = crc32.Update(sum, castagnoli, b[at:at+sampleBytes])
		}
		sum = crc32.Update(sum, castagnoli, b[len(b)-sampleEndsBytes:])
	}
	return uint64(first)<<32 | uint64(sum)
}

// beginsLike says whether a batch of which only the beginning can be seen,
// seen, may be the one with that fingerprint.
func beginsLike(seen []byte, sum uint64) bool {
	return len(seen) < sampleEndsBytes || Fingerprint(seen)>>32 == sum>>32
}

// Settle brings directories and input into agreement after a kill, by the
// in-flight records of the loggers that held the directories before. The
// directories must be locked and not yet recovered.
func Settle(dirs []*Dir, head Head) error {
	dev, ino := head.Identity()
	var live []*Dir
	others := false // another logger has been here since
	for _, d := range dirs {
		if err := d.findFlightFile(); err != nil {
			return err
		}
		f := &d.left.Record
		switch {
		case ino == 0 || f.SrcDev != dev || f.SrcIno != ino:
		case d.flightFile != "":
			live = append(live, d)
		case f.FileIno != 0:
			others = true
		}
	}
	gone := consumed(live)
	batch := matching(live, gone, head)
	anew, done := head.AtStart(), false
	for _, d := range batch {
		done = done || d.left.Record.State() == lockpage.StateDone
	}
	if done {
		if err := batch[0].dropInput(head); err != nil {
			return &Error{What: "take from standard input the lines that are in " + batch[0].conf.Name + " already", Err: err}
		}
	}
	for _, d := range dirs {
		d.findTail(batch, gone, done)
	}
	for _, d := range live {
		others = others || d.left.Record.State() == lockpage.StateBegun && !gone[d.left.Record.Batch]
	}
	for _, d := range live {
		switch {
		case anew && !done: // the beginning of a file is not within a line
		case others && len(batch) == 0: // whoever took the input took whole lines
		default:
			d.line = d.left.Record.LineAfter
		}
	}
	settleTails(dirs, dev, ino, others && len(batch) == 0)
	if !done {
		for _, d := range batch {
			if !anew {
				d.line = d.left.Record.LineBefore
			}
			if err := d.takeBack(); err != nil {
				return err
			}
		}
	}
	return nil
}

// consumed returns the batches whose input has been taken by the loggers that
// wrote them, as one directory of a batch at least has noted.
func consumed(live []*Dir) map[uint64]bool {
	gone := map[uint64]bool{}
	for _, d := range live {
		if d.left.Record.Consumed() {
			gone[d.left.Record.Batch] = true
		}
	}
	return gone
}

// matching returns those directories whose batch stands at the head of the
// input.
func matching(live []*Dir, gone map[uint64]bool, head Head) []*Dir {
	var batch []*Dir
	for _, d := range live {
		f := &d.left.Record
		switch {
		case f.State() == lockpage.StateNone || gone[f.Batch]:
		case len(batch) > 0:
			if f.Batch == batch[0].left.Record.Batch {
				batch = append(batch, d)
			}
		default:
			if standsAt(f, head) {
				batch = append(batch, d)
			}
		}
	}
	return batch
}

// standsAt says whether the batch stands at the head of the input, as far as
// that can be seen.
func standsAt(f *lockpage.Record, head Head) bool {
	seen := head.PeekHead(int(f.Length))
	if uint64(len(seen)) == f.Length {
		return Fingerprint(seen) == f.Sum
	}
	return uint64(head.Waiting()) >= f.Length && beginsLike(seen, f.Sum)
}

// dropInput consumes the input of the batch that the directory has already, if
// it is that.
func (d *Dir) dropInput(head Head) error {
	n, mark := int(d.left.Record.Length), d.Mark()
	if len(head.PeekHead(n)) < n {
		b, err := head.Take(n, mark)
		if err != nil || Fingerprint(b) != d.left.Record.Sum {
			return err
		}
	}
	return head.Consume(n, mark)
}

// Mark is where the last byte of the batch's input is to be stored when it is
// consumed.
func (d *Dir) Mark() *byte { return d.page.Mark() }

// findFlightFile finds the file that the record of the last logger is about,
// if it is there under one of the names it may bear, unchanged by others.
func (d *Dir) findFlightFile() error {
	if d.left.Record.FileIno == 0 {
		return nil
	}
	cur, err := d.tryFlightFile(currentName)
	if err != nil || d.flightFile != "" {
		return err
	}
	if _, err = d.tryFlightFile(nextName); err != nil || d.flightFile != "" || cur.Size > 0 {
		return err
	}
	// A recovery that was cut short may have given the file its next name, and
	// so the next recovery to an empty current. What else comes later another
	// logger has filled.
	names, err := d.list()
	if err != nil {
		return err
	}
	slices.Sort(names)
	horizon := d.horizon()
	for _, name := range slices.Backward(names) {
		if !isOld(name) || isAhead(name, horizon) {
			continue
		}
		if name[tai64n.Len:] != unsafeSuffix {
			return nil
		}
		info, err := d.tryFlightFile(name)
		if err != nil || d.flightFile != "" || info.Size > 0 {
			return err
		}
	}
	return nil
}

// tryFlightFile looks whether the file of that name is it.
func (d *Dir) tryFlightFile(name string) (ioring.FileInfo, error) {
	info, there, err := d.lookFor(name)
	if there && holds(&d.left.Record, info) {
		d.flightFile, d.flightSize = name, info.Size
	}
	return info, err
}

// holds says whether the record is about the file, and nobody has changed that
// since.
func holds(f *lockpage.Record, info ioring.FileInfo) bool {
	if info.Ino != f.FileIno || uint64(info.Birth) != f.FileBirth {
		return false
	}
	size, whole := uint64(info.Size), f.End+f.Written
	return size == whole || f.State() == lockpage.StateBegun && size >= f.End && size < whole
}

// takeBack cuts what a kill left of the batch off the file.
func (d *Dir) takeBack() error {
	what := "take back from " + d.path(d.flightFile) + " the lines that are still in standard input"
	op := ioring.Op{Code: ioring.OpenAt, Dir: d.fd, Path: d.flightFile, Flags: openAppend}
	d.k.Do(&op)
	if op.Err != nil {
		return &Error{What: what, Err: op.Err}
	}
	fd := int(op.Res)
	op = ioring.Op{Code: ioring.Ftruncate, FD: fd, Len: int64(d.left.Record.End)}
	d.k.Do(&op)
	if op.Err == nil {
		// They will be written once more: a power cut must not leave both.
		op = ioring.Op{Code: ioring.Fsync, FD: fd}
		d.k.Do(&op)
	}
	err := op.Err
	op = ioring.Op{Code: ioring.Close, FD: fd}
	d.k.Do(&op)
	if err != nil {
		return &Error{What: what, Err: err}
	}
	return nil
}

// noFlight stores that nothing is in flight in the file that is current now,
// though the input, which is that of the record before, may stand within a
// line, or behind a tail.
func (d *Dir) noFlight(line uint64, tail lockpage.Tail) {
	before := d.page.Record()
	d.stored(d.page.PutWith(lockpage.Record{
		SrcDev: before.SrcDev, SrcIno: before.SrcIno,
		FileIno: d.cur.ino, FileBirth: uint64(d.cur.birth), End: uint64(d.cur.size),
		LineAfter: line,
	}, lockpage.StateNone, tail))
}

// rebindFlight makes the record that is about an empty next be about the file
// that was filled before: next is about to go, and recovery may be killed.
func (d *Dir) rebindFlight(names []string, haveCurrent bool) error {
	anchor := currentName
	if !haveCurrent {
		anchor = newestLabel(names, d.horizon()).String() + unsafeSuffix
	}
	info, there, err := d.lookFor(anchor)
	if err != nil || !there {
		return err
	}
	was := d.cur
	d.cur = &file{fd: -1}
	d.cur.identify(info)
	d.noFlight(d.line, d.tail)
	d.cur = was
	return nil
}

// Midline says whether the input stands within a line whose beginning the
// logger before has dealt with, and whether this directory gets that line.
func (d *Dir) Midline() (within, here bool) {
	return d.line != lockpage.LineNone, d.line == lockpage.LineHere
}

package rotate

import (
	"os"

	"multilog/ioring"
	"multilog/rotate/lockpage"
	"multilog/tai64n"
)

// For Commit.

// begin stores in the lock page that a batch from the input in is about to be written,
// and that this directory gets written bytes of it. within reports whether the batch
// ends within a line, here whether this directory gets that line. begin must come
// before the first append of a batch, for every directory that gets a part or that the
// batch involves.
func (d *Dir) begin(in Input, written int64, within, here bool) {
	d.writer.begin()
	d.record.begin(in, d.writer.cur, written, lineState(within, here))
}

// involves reports whether the lock page must note a batch even if the directory gets
// nothing of it: because with the batch the input enters or leaves a line.
func (d *Dir) involves(within, here bool) bool {
	return d.record.lineAfter() != lineState(within, here)
}

func lineState(within, here bool) uint64 {
	switch {
	case !within:
		return lockpage.LineNone
	case here:
		return lockpage.LineHere
	default:
		return lockpage.LineElsewhere
	}
}

// append writes the pieces to current. After an error the caller calls it again later
// with nil, and it continues where it stopped, unless the directory is overfull. The
// pieces belong to the caller, who must not change them until append has returned nil or
// rollback was called.
func (d *Dir) append(pieces [][]byte) error { return d.writer.append(pieces) }

// overfull reports whether the batch must be taken back, because the limit for file sizes
// has become lower and current has no room for it any more.
func (d *Dir) overfull() bool { return d.writer.overfull() }

// done stores that the batch is written, so its input may be consumed.
func (d *Dir) done() { d.record.done() }

// mark returns where to store the last byte of the batch's input when it is consumed.
func (d *Dir) mark() *byte { return d.record.mark() }

// clear stores that the batch's input was consumed.
func (d *Dir) clear() {
	d.record.clear()
	d.record.regain()
	d.lookAhead()
}

// rollback removes from current what append has written of the batch. The caller leaves
// the batch in its input. rollback waits for the disk.
func (d *Dir) rollback() error {
	if err := d.writer.rollback(); err != nil {
		return err
	}
	d.record.takenBack(d.writer.cur)
	return nil
}

// countBatch counts a batch that began at start, a time by Mono.
func (d *Dir) countBatch(b *Batch, p *Part, start int64) {
	d.record.countBatch(b.Bytes, b.Lines, p.Lines, d.mono()-start, d.now())
}

// For the parts.

// note stores into the lock page.
func (d *Dir) note(change func(page *lockpage.Page)) { d.record.note(change) }

// storeIdle stores that nothing is in flight and that cur is the file being written.
func (d *Dir) storeIdle(cur *file, line uint64, tail lockpage.Tail) { d.record.idle(cur, line, tail) }

// storePosition stores a record that has nothing in flight, and the tail behind it.
func (d *Dir) storePosition(r lockpage.Record, tail lockpage.Tail) { d.record.put(r, tail) }

// consumed stores that the input of the latest record's batch, which is written, was
// consumed.
func (d *Dir) consumed() { d.record.clear() }

func (d *Dir) isClean() bool               { return d.record.isClean() }
func (d *Dir) writePauses()                { d.record.pauses(d.now()) }
func (d *Dir) writeSucceeded()             { d.record.wrote() }
func (d *Dir) countSync(took int64)        { d.record.countSync(took) }
func (d *Dir) countRun(good bool)          { d.record.countRun(good) }
func (d *Dir) notePrevious(l tai64n.Label) { d.record.notePrevious(l) }

// noteAge stores the time of current's first line for the next logger.
func (d *Dir) noteAge(since int64) {
	d.note(func(page *lockpage.Page) { page.AgeIno, page.AgeSince = d.writer.cur.ino, since })
}

// openPage takes over the lock page.
func (d *Dir) openPage() {
	owner := lockpage.Owner{PID: os.Getpid(), Started: d.now(), Boot: d.host.BootID()}
	d.before.left = d.record.take(d.mapLockPage(), owner)
	d.note(func(page *lockpage.Page) { lockpage.Set(&page.Activity.PendingLimit, uint64(d.finisher.limit())) })
	if d.before.left.Damaged {
		d.warn("unable to use the record in " + d.path(lockName) + ", going on without: it is damaged (if the previous logger was killed, its last lines may be logged twice)")
	}
}

// predecessor returns what is known of the previous logger.
func (d *Dir) predecessor() *predecessor { return &d.before }

// look returns all names in the directory. The parts that need them note them.
func (d *Dir) look() ([]string, error) {
	names, err := d.list()
	if err == nil {
		d.retention.counted(names)
		d.labels.found(names)
	}
	return names, err
}

// currentOpened makes the file current at the start. midline reports whether it ends
// within a line; since is the time of its first line, or 0 if that is not known.
func (d *Dir) currentOpened(cur *file, info ioring.FileInfo, midline bool, since int64) {
	d.disk = info.Dev
	d.writer.opened(cur, midline)
	if info.Size > 0 {
		d.age.take(since, info.Birth)
	}
}

func (d *Dir) horizon() tai64n.Label  { return d.labels.horizon() }
func (d *Dir) newLabel() tai64n.Label { return d.labels.newLabel() }

func (d *Dir) labelBehind(names []string, wrote int64) tai64n.Label {
	return d.labels.labelBehind(names, wrote)
}

func (d *Dir) previousLabel(noted tai64n.Label, names []string, begun int64) tai64n.Label {
	return d.labels.previousLabel(noted, names, begun)
}

// makeSpare starts to make the spare file. It does nothing if the spare exists or is
// being made, if current still has the spare's name, or if the directory is being
// closed.
func (d *Dir) makeSpare() {
	if !d.finisher.isNaming() && d.closer.isOpen() {
		d.spare.make()
	}
}

// lookAhead starts to make the spare file and to preallocate current, in good time.
func (d *Dir) lookAhead() {
	if d.writer.cur.size >= d.writer.limit/2 {
		d.makeSpare()
	}
	d.writer.lookAhead()
}

func (d *Dir) hasSpare() bool     { return d.spare.ready() }
func (d *Dir) current() *file     { return d.writer.cur }
func (d *Dir) currentSize() int64 { return d.writer.cur.size }

// preallocate fills in op to reserve the blocks of a full file.
func (d *Dir) preallocate(f *file, op *ioring.Op) { f.preallocate(op, d.writer.limit) }

// openCurrent returns current if it may still be written, synced and rotated, and nil
// once the directory is being closed.
func (d *Dir) openCurrent() *file {
	if d.closer.isOpen() {
		return d.writer.cur
	}
	return nil
}

// mayRipen reports whether current will be rotated when it is old enough.
func (d *Dir) mayRipen() bool {
	return d.closer.isOpen() && d.writer.cur.size > 0 && !d.writer.isRequested()
}

// currentWritten notes that current was written to.
func (d *Dir) currentWritten() {
	if d.timed {
		d.syncer.wrote(d.writer.cur)
		d.age.wrote()
	}
}

// rewritesCurrent reports whether current is being written again.
func (d *Dir) rewritesCurrent() bool { return d.syncer.rewrites() }

// renames reports whether the file is about to be renamed.
func (d *Dir) renames(f *file) bool { return f == d.writer.cur && d.finisher.isNaming() }

func (d *Dir) unsynced() *pending       { return d.finisher.unsynced() }
func (d *Dir) syncsNoLonger(p *pending) { d.syncer.noLongerWaits(p) }

// freed is called after an operation on the file has ended.
func (d *Dir) freed(f *file) {
	if f.isUsed() {
		return
	}
	if f.isToClose() {
		op := &ioring.Op{Done: func(*ioring.Op) {}}
		f.close(op)
		d.submit(op)
	}
	d.finisher.next()
}

// hasGivenUp reports whether the next logger does what is left.
func (d *Dir) hasGivenUp() bool { return d.closer.is(givenUp) }

func (d *Dir) hasProcessor() bool                     { return d.processor.isThere() }
func (d *Dir) fillRun(op *ioring.Op, files []int)     { d.processor.fill(op, d.fd, files) }
func (d *Dir) leftNoState(err error)                  { d.processor.leftNoState(err) }
func (d *Dir) isPending(name string) bool             { return d.finisher.isPending(name) }
func (d *Dir) pendingBytes() int64                    { return d.finisher.bytes() }
func (d *Dir) pendingCount() int                      { return d.finisher.count() }
func (d *Dir) safeSuffix() string                     { return d.finisher.suffix }
func (d *Dir) judge(names []string) []string          { return d.retention.judge(names) }
func (d *Dir) passesOver(name string, err error) bool { return d.retention.passesOver(name, err) }
func (d *Dir) oldestOf(names []string) string         { return d.retention.oldestOf(names) }
func (d *Dir) unmeasured(names []string) string       { return d.retention.unmeasured(names) }
func (d *Dir) measured(name string, size int64)       { d.retention.measured(name, size) }
func (d *Dir) hasTooMany(names []string) bool         { return d.retention.hasTooMany(names) }
func (d *Dir) mayHaveTooMany() bool                   { return d.retention.mayHaveTooMany() }
func (d *Dir) isAboveCap(names []string) bool         { return d.retention.isAboveCap(names) }
func (d *Dir) isCapped() bool                         { return d.retention.isCapped() }
func (d *Dir) keepsFree() bool                        { return d.retention.keepsFree() }
func (d *Dir) lacks(free int64) bool                  { return d.retention.lacks(free) }
func (d *Dir) relieve(err error) bool                 { return d.retention.relieve(err) }
func (d *Dir) relieves(p *progress, err error) bool   { return d.retention.relieves(p, err) }
func (d *Dir) noteRefusal(p *progress, err error)     { d.writer.refusal.note(p, err) }

package rotate

import (
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
// Recovery may be killed, too. So all of this is stored in every page before the first
// directory is recovered: what is left of each says enough by itself.
//
// Records also say whether the input stands within a line, and whether it is
// one for that directory: so a long line goes on where it was, unless the input
// is a file that is read from its beginning again.

// predecessor is what is known of the logger that held the directory before: what
// it has left in the lock page, and what that means beside the files and the
// input. Settle finds that out; recover makes use of it.
type predecessor struct {
	d    *Dir
	left lockpage.Left

	fileName string // of the file that its record is about; "" if the record does not hold
	fileSize int64  // bytes in that

	inputPosition uint64        // where the input stands: LineNone, LineHere or LineElsewhere
	tail          lockpage.Tail // the beginning of a line that is still to be logged
	goesOn        bool          // its end is to come from standard input
}

// settlement is what Settle has found out.
type settlement struct {
	head   Head
	all    []*predecessor
	live   []*predecessor  // their records are about this input, and about a file that is there
	gone   map[uint64]bool // the batches whose input has been taken by the loggers that wrote them
	batch  []*predecessor  // their batch stands at the head of the input
	done   bool            // that batch is in all of its directories
	others []*predecessor  // they show that another logger has been here since
}

// Settle brings directories and input into agreement after a kill, by the
// in-flight records of the loggers that held the directories before. The
// directories must be locked and not yet recovered.
func Settle(dirs []*Dir, head Head) error {
	s := settlement{head: head}
	for _, d := range dirs {
		s.all = append(s.all, d.predecessor())
	}
	if err := s.find(); err != nil {
		return err
	}
	// Another logger took whole lines, unless the batch is still there.
	taken := len(s.others) > 0 && len(s.batch) == 0
	anew := head.AtStart() && !s.done // the beginning of a file is not within a line
	for _, p := range s.live {
		switch {
		case anew || taken:
		case !s.done && slices.Contains(s.batch, p):
			p.inputPosition = p.left.Record.LineBefore
		default:
			p.inputPosition = p.left.Record.LineAfter
		}
	}
	s.settleTails(taken)
	return s.agree()
}

// find finds out what has become of the batches that records are about.
func (s *settlement) find() error {
	dev, ino := s.head.Identity()
	for _, p := range s.all {
		if err := p.findFile(); err != nil {
			return err
		}
		r := &p.left.Record
		switch {
		case ino == 0 || r.SrcDev != dev || r.SrcIno != ino:
		case p.fileName != "":
			s.live = append(s.live, p)
		case r.FileIno != 0:
			s.others = append(s.others, p)
		}
	}
	s.gone = consumed(s.live)
	s.batch = matching(s.live, s.gone, s.head)
	for _, p := range s.batch {
		s.done = s.done || p.left.Record.State() == lockpage.StateDone
	}
	for _, p := range s.live {
		r := &p.left.Record
		if r.State() == lockpage.StateBegun && !s.gone[r.Batch] && !slices.Contains(s.batch, p) {
			s.others = append(s.others, p)
		}
	}
	return nil
}

// agree does what was found out, and has each lock page say so by itself. Until then
// one page shows what has become of a batch that others have a part in; and recovery,
// which replaces that page's record, may be killed before it comes to the others. So
// all pages are settled before the first directory is recovered, and a record on which
// others depend is replaced after theirs.
func (s *settlement) agree() error {
	for _, p := range s.live {
		if s.gone[p.left.Record.Batch] {
			p.d.consumed()
		}
	}
	if len(s.others) > 0 {
		s.storePositions()
	}
	if !s.done {
		for _, p := range s.batch {
			if err := p.takeBack(); err != nil {
				return err
			}
		}
		return nil
	}
	for _, p := range s.batch {
		p.d.done()
	}
	first := s.batch[0]
	if err := first.dropInput(s.head); err != nil {
		return &Error{What: "take from standard input the lines that are in " + first.d.name + " already", Err: err}
	}
	for _, p := range s.batch {
		p.d.consumed()
	}
	return nil
}

// storePositions stores where the input stands in those pages that the batch does not
// settle. Those that show that another logger has been here come last.
func (s *settlement) storePositions() {
	for _, p := range s.all {
		if !slices.Contains(s.others, p) && !slices.Contains(s.batch, p) && (p.tail.Text != "" || slices.Contains(s.live, p)) {
			p.storePosition()
		}
	}
	for _, p := range s.others {
		p.storePosition()
	}
}

// storePosition stores where the input stands, with the tail that is still to be
// logged.
func (p *predecessor) storePosition() {
	r := lockpage.Record{
		FileIno: p.left.Record.FileIno, FileBirth: p.left.Record.FileBirth, End: uint64(p.fileSize),
		LineAfter: p.inputPosition,
	}
	if p.fileName != "" { // otherwise it would show others again
		r.SrcDev, r.SrcIno = p.left.Record.SrcDev, p.left.Record.SrcIno
	}
	p.d.storePosition(r, p.tail)
}

// consumed returns the batches whose input has been taken by the loggers that
// wrote them, as one directory of a batch at least has noted.
func consumed(live []*predecessor) map[uint64]bool {
	gone := map[uint64]bool{}
	for _, p := range live {
		if p.left.Record.Consumed() {
			gone[p.left.Record.Batch] = true
		}
	}
	return gone
}

// matching returns those directories whose batch stands at the head of the
// input.
func matching(live []*predecessor, gone map[uint64]bool, head Head) []*predecessor {
	var batch []*predecessor
	for _, p := range live {
		r := &p.left.Record
		switch {
		case r.State() == lockpage.StateNone || gone[r.Batch]:
		case len(batch) > 0:
			if r.Batch == batch[0].left.Record.Batch {
				batch = append(batch, p)
			}
		default:
			if standsAt(r, head) {
				batch = append(batch, p)
			}
		}
	}
	return batch
}

// standsAt reports whether the batch stands at the head of the input, as far as
// that can be seen.
func standsAt(r *lockpage.Record, head Head) bool {
	seen := head.PeekHead(int(r.Length))
	if uint64(len(seen)) == r.Length {
		return Fingerprint(seen) == r.Sum
	}
	return uint64(head.Waiting()) >= r.Length && beginsLike(seen, r.Sum)
}

// dropInput consumes the input of the batch that the directory has already, if
// it is that.
func (p *predecessor) dropInput(head Head) error {
	n, mark := int(p.left.Record.Length), p.d.mark()
	if len(head.PeekHead(n)) < n {
		b, err := head.Take(n, mark)
		if err != nil || Fingerprint(b) != p.left.Record.Sum {
			return err
		}
	}
	return head.Consume(n, mark)
}

// findFile finds the file that the record is about, if it is there under one of
// the names it may bear, unchanged by others.
func (p *predecessor) findFile() error {
	if p.left.Record.FileIno == 0 {
		return nil
	}
	cur, err := p.tryFile(currentName)
	if err != nil || p.fileName != "" {
		return err
	}
	if _, err = p.tryFile(nextName); err != nil || p.fileName != "" || cur.Size > 0 {
		return err
	}
	// A recovery that was cut short may have given the file its next name, and
	// so the next recovery to an empty current. What else comes later another
	// logger has filled.
	names, err := p.d.look()
	if err != nil {
		return err
	}
	slices.Sort(names)
	horizon := p.d.horizon()
	for _, name := range slices.Backward(names) {
		if !isOld(name) || isAhead(name, horizon) {
			continue
		}
		if name[tai64n.Len:] != unsafeSuffix {
			return nil
		}
		info, err := p.tryFile(name)
		if err != nil || p.fileName != "" || info.Size > 0 {
			return err
		}
	}
	return nil
}

// tryFile finds out whether the file of that name is it.
func (p *predecessor) tryFile(name string) (ioring.FileInfo, error) {
	info, there, err := p.d.lookFor(name)
	if there && holds(&p.left.Record, info) {
		p.fileName, p.fileSize = name, info.Size
	}
	return info, err
}

// holds reports whether the record is about the file, and nobody has changed that
// since.
func holds(r *lockpage.Record, info ioring.FileInfo) bool {
	if info.Ino != r.FileIno || uint64(info.Birth) != r.FileBirth {
		return false
	}
	size, whole := uint64(info.Size), r.End+r.Written
	return size == whole || r.State() == lockpage.StateBegun && size >= r.End && size < whole
}

// takeBack cuts what a kill left of the batch off the file. Its lines will be
// written once more: a power cut must not leave both.
func (p *predecessor) takeBack() error {
	err := p.d.withFile(p.fileName, openAppend, ioring.Op{Code: ioring.Ftruncate, Len: int64(p.left.Record.End)}, ioring.Op{Code: ioring.Fsync})
	if err != nil {
		return &Error{What: "take back from " + p.d.path(p.fileName) + " the lines that are still in standard input", Err: err}
	}
	return nil
}

// rebindRecord makes the record that is about an empty next be about the file
// that was filled before: next is about to go, and recovery may be killed.
func (p *predecessor) rebindRecord(names []string, haveCurrent bool) error {
	anchor := currentName
	if !haveCurrent {
		anchor = newestLabel(names, p.d.horizon()).String() + unsafeSuffix
	}
	info, there, err := p.d.lookFor(anchor)
	if err != nil || !there {
		return err
	}
	filled := newFile(anchor, -1)
	filled.identify(info)
	p.d.storeIdle(filled, p.inputPosition, p.tail)
	return nil
}

// midline reports whether the input stands within a line whose beginning the
// logger before has dealt with, and whether this directory gets that line.
func (p *predecessor) midline() (within, here bool) {
	return p.inputPosition != lockpage.LineNone, p.inputPosition == lockpage.LineHere
}

// findTail finds the tail that is still to be logged. The one behind a record is
// there when the batch is consumed: the same system call has put it there. The
// one before is part of the batch that is in flight.
func (s *settlement) findTail(p *predecessor) {
	r, ofBatch := &p.left.Record, slices.Contains(s.batch, p)
	switch {
	case r.State() != lockpage.StateBegun || s.gone[r.Batch] || s.done && ofBatch:
		p.tail = p.left.Tail
	case p.fileSize > int64(r.End) && !ofBatch:
		// What was written of the batch stays, and begins with it.
	default:
		p.tail = p.left.TailBefore
	}
}

// settleTails finds the tails, and chooses the one whose end is to come from standard
// input: of that input, in a directory where no other logger has been since. taken
// reports that another logger has taken the end. The ends of the other tails come from
// no input any more, which is noted in them.
func (s *settlement) settleTails(taken bool) {
	dev, ino := s.head.Identity()
	var on *predecessor
	for _, p := range s.all {
		s.findTail(p)
		t := p.tail
		if t.Text == "" || ino == 0 || t.Ino != ino || t.Dev != uint64(uint32(dev)) || p.fileName == "" || taken {
			continue
		}
		switch {
		case on == nil || on.tail.Since < t.Since:
			on = p
		case on.tail == t: // it was on its way from one page to another
			p.tail = lockpage.Tail{}
		}
	}
	for _, p := range s.all {
		if p.goesOn = p == on; !p.goesOn {
			p.tail.Ino = 0
		}
	}
}

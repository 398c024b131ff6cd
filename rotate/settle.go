package rotate

import (
	"slices"

	"multilog/ioring"
	"multilog/rotate/lockpage"
	"multilog/tai64n"
)

// In-flight records make a batch happen exactly once across a kill. Bytes are consumed
// from standard input only after they were written. So without a record the next logger
// could write the last batch a second time. The record of a batch is stored before its
// first write (begun), changed when all directories have their parts (done), and
// cleared when the input was consumed. If the batch is still at the head of the same
// input after a kill:
//
//	begun in all directories: what was written of it is taken back, and it is read again;
//	done in at least one:     all parts were written, and the input drops it.
//
// The same bytes may be in the input twice in a row. Therefore the kernel itself notes
// that it has taken them: the read that consumes a batch stores its last byte in the
// record, as the mark.
//
// The next logger may not see all of the batch, because the system can refuse it the
// large private pipe, into which the input is duplicated, that it allowed the logger
// before. Then Settle compares what it sees, and requires that at least as many bytes
// are waiting. This is not certain: a FIFO that all processes have closed starts again
// under the same inode, and other processes may read from it. So a batch that is done
// is never dropped unseen: its bytes are taken into memory, by one operation with the
// note that they are taken, and compared there. If they differ, they are input. A batch
// that is begun is taken back on what is known: that consumes no input.
//
// A record is void if the machine was restarted, if the input is another one, if
// another process has changed the file's size, or if the file is no longer current or
// next. It may also be the newest old file that is not empty, a .u file, beside an
// empty current: then a recovery was killed.
//
// The tail, the beginning of a line that is not complete, has left the input. It is in
// the lock page of one directory, behind the record, where the read that consumes a
// batch puts it. The batch with the end of the line begins with the tail. While that
// batch is begun, the tail of the record before is valid; when it is done, that tail is
// logged.
//
// Recovery may be killed, too. So all of this is stored in all pages before the first
// directory is recovered. From then on each page is enough for its directory.
//
// Records also say whether the input stands within a line, and whether the directory
// gets that line. So a long line continues where it was, unless the input is a file
// that is read from its beginning again.

// predecessor is what is known about the previous logger of the directory: what it left
// in the lock page, and what that means together with the files and the input. Settle
// determines that, and recover uses it.
type predecessor struct {
	d    *Dir
	left lockpage.Left

	fileName string // of the file that its record is about; "" if the record is void
	fileSize int64  // bytes

	inputPosition uint64        // where the input stands: LineNone, LineHere or LineElsewhere
	tail          lockpage.Tail // the beginning of a line that must still be logged
	goesOn        bool          // the rest of that line will come from standard input
	labelsBefore  int64         // see Dir.LabelsBefore
}

// settlement is what Settle determines.
type settlement struct {
	head   Head
	all    []*predecessor
	live   []*predecessor  // their records are about this input and about an existing file
	gone   map[uint64]bool // the batches that were consumed by the loggers that wrote them
	batch  []*predecessor  // their batch is at the head of the input
	done   bool            // that batch is in all of its directories
	others []*predecessor  // they show that another logger has been here since
}

// Settle makes directories and input agree after a kill. It uses the in-flight records
// of the loggers that had the directories before. The directories must be locked and
// not yet recovered. The errors are of type *Error.
func Settle(dirs []*Dir, head Head) error {
	s := settlement{head: head}
	for _, d := range dirs {
		s.all = append(s.all, d.predecessor())
	}
	if err := s.find(); err != nil {
		return err
	}
	// Another logger took complete lines, unless the batch is still there.
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

// find determines what happened to the batches of the records.
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

// agree carries out what was determined, and makes each lock page correct without the
// others. Until then, one page shows what happened to a batch that others took part in,
// and recovery replaces that page's record and may be killed before it reaches the
// others. So all pages are settled before the first directory is recovered, and a
// record on which others depend is replaced after theirs.
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
// settle. The pages that show that another logger has been here come last.
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

// storePosition stores where the input stands, and the tail that must still be logged.
func (p *predecessor) storePosition() {
	r := lockpage.Record{
		FileIno: p.left.Record.FileIno, FileBirth: p.left.Record.FileBirth, End: uint64(p.fileSize),
		LineAfter: p.inputPosition,
	}
	if p.fileName != "" { // otherwise the record would show again that another logger was here
		r.SrcDev, r.SrcIno = p.left.Record.SrcDev, p.left.Record.SrcIno
	}
	p.d.storePosition(r, p.tail)
}

// consumed returns the batches whose input was taken by the loggers that wrote them. It
// is enough if one directory of the batch has noted that.
func consumed(live []*predecessor) map[uint64]bool {
	gone := map[uint64]bool{}
	for _, p := range live {
		if p.left.Record.Consumed() {
			gone[p.left.Record.Batch] = true
		}
	}
	return gone
}

// matching returns the directories whose batch is at the head of the input.
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

// standsAt reports whether the batch is at the head of the input, as far as that is
// visible.
func standsAt(r *lockpage.Record, head Head) bool {
	seen := head.PeekHead(int(r.Length))
	if uint64(len(seen)) == r.Length {
		return Fingerprint(seen) == r.Sum
	}
	return uint64(head.Waiting()) >= r.Length && beginsLike(seen, r.Sum)
}

// dropInput consumes the input of the batch, which the directory already has, unless
// the input turns out to be another one.
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

// findFile finds the file that the record is about. It may have one of several names,
// and no other process may have changed it.
func (p *predecessor) findFile() error {
	if p.left.Record.FileIno == 0 {
		return nil
	}
	cur, err := p.tryFile(currentName)
	if err != nil || p.fileName != "" {
		return err
	}
	next, err := p.tryFile(nextName)
	if p.fileName != "" && cur.Ino != 0 && p.isAnothers(cur, next) {
		p.fileName = "" // it has not changed next, but has used the directory since
		return nil
	}
	if err != nil || p.fileName != "" || cur.Size > 0 {
		return err
	}
	// A recovery that was killed may have renamed the file, and the next recovery may
	// have done the same to an empty current. Any other later file was filled by
	// another logger.
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

// tryFile checks whether the file of that name is the one of the record.
func (p *predecessor) tryFile(name string) (ioring.FileInfo, error) {
	info, there, err := p.d.lookFor(name)
	if there && holds(&p.left.Record, info) {
		p.fileName, p.fileSize = name, info.Size
	}
	return info, err
}

// holds reports whether the record is about the file and no other process has changed
// the file since.
func holds(r *lockpage.Record, info ioring.FileInfo) bool {
	if info.Ino != r.FileIno || uint64(info.Birth) != r.FileBirth {
		return false
	}
	size, whole := uint64(info.Size), r.End+r.Written
	return size == whole || r.State() == lockpage.StateBegun && size >= r.End && size < whole
}

// takeBack cuts off from the file what a kill has left of the batch. It syncs the file,
// because the lines will be written again, and a power cut must not leave both copies.
func (p *predecessor) takeBack() error {
	err := p.d.withFile(p.fileName, openAppend, ioring.Op{Code: ioring.Ftruncate, Len: int64(p.left.Record.End)}, ioring.Op{Code: ioring.Fsync})
	if err != nil {
		return &Error{What: "take back from " + p.d.path(p.fileName) + " the lines that are still in standard input", Err: err}
	}
	return nil
}

// rebindRecord turns a record about an empty next into one about the file that was
// filled before it, because next is about to be removed and recovery may be killed.
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

// midline reports whether the input stands within a line whose beginning the previous
// logger has handled, and whether this directory gets that line.
func (p *predecessor) midline() (within, here bool) {
	return p.inputPosition != lockpage.LineNone, p.inputPosition == lockpage.LineHere
}

// findTail finds the tail that must still be logged. If the batch was consumed, it is
// the one behind the record: the same system call has put it there. Otherwise it is the
// one before, which is part of the batch in flight.
func (s *settlement) findTail(p *predecessor) {
	r, ofBatch := &p.left.Record, slices.Contains(s.batch, p)
	switch {
	case r.State() != lockpage.StateBegun || s.gone[r.Batch] || s.done && ofBatch:
		p.tail = p.left.Tail
	case p.fileSize > int64(r.End) && !ofBatch:
		// What was written of the batch stays, and it begins with the tail.
	default:
		p.tail = p.left.TailBefore
	}
}

// settleTails finds the tails and chooses the one that standard input continues: it
// must be of that input, and in a directory that no other logger has used since. taken
// reports that another logger has taken the rest of the line. For the other tails it
// notes that no input continues them.
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
		case on.tail == t: // it was being moved from one page to another
			p.tail = lockpage.Tail{}
		}
	}
	for _, p := range s.all {
		if p.goesOn = p == on; !p.goesOn {
			p.tail.Ino = 0
		}
	}
}

package rotate

// Batch is a batch of lines: where it comes from, and what each directory gets.
type Batch struct {
	Input
	Bytes  int    // of the input that it takes, those that are kept in a lock page included
	Lines  int    // that begin in it
	Within bool   // it ends within a line
	Parts  []Part // one for each directory, whether that gets anything or not
}

// Part is what one directory gets of a batch.
type Part struct {
	Dir   *Dir
	Bytes int64 // to write
	Lines int   // that begin in them
	Here  bool  // it gets the line that the batch ends within
	Keeps bool  // its lock page keeps the beginning of the next line

	begun bool
}

// Outcome is what has become of a batch.
type Outcome int

const (
	// Consumed means that the batch is in all directories, and not in the input
	// any more.
	Consumed Outcome = iota
	// TakenBack means that the batch is in the input, and in no directory. Where it
	// could not be taken back, Commit has warned, and the record tells the next
	// logger.
	TakenBack
	// Left means that the batch is in all directories, and in the input, too. The
	// records say so, and the next logger skips it.
	Left
)

// Committer is the side of the input, as Commit sees it.
type Committer interface {
	// Pieces returns what the directory of that part is to get. The pieces are
	// used until the next call.
	Pieces(part int) [][]byte

	// Pause is called when a write has failed, of which there was a warning. It
	// returns true, after some time, to have it tried again, and false to
	// give the batch up.
	Pause() bool

	// Written is called when all directories have their parts.
	Written()

	// Consume takes the batch from the input, and has its last byte stored at
	// mark, unless that is nil, by the operation that takes it. It returns
	// Consumed, TakenBack if the input does not begin with the batch any more,
	// or Left if nothing can be taken.
	Consume(mark *byte) Outcome
}

// Commit writes a batch to all directories and consumes its input. It is the one
// place that knows the order, on which it depends that a kill at any moment
// neither loses a line nor logs one twice (see Settle):
//
//	begin    in all lock pages: which file, how long it is, what it gets
//	append   what each directory gets
//	done     in all lock pages
//	consume  the input, with a mark in one of the pages
//	clear    in all lock pages
//
// A batch that is given up, or whose input another process has taken, is taken
// back from all directories.
func Commit(b *Batch, c Committer) Outcome {
	start := int64(0)
	if len(b.Parts) > 0 {
		start = b.Parts[0].Dir.mono()
	}
	for i := range b.Parts {
		p := &b.Parts[i]
		p.begun = p.Bytes > 0 || p.Keeps || p.Dir.involves(b.Within, p.Here)
		if p.begun {
			p.Dir.begin(b.Input, p.Bytes, b.Within, p.Here)
		}
	}
	for i := range b.Parts {
		if b.Parts[i].Bytes > 0 && !b.write(i, c) {
			b.takeBack()
			return TakenBack
		}
	}
	c.Written()
	for i := range b.Parts {
		if p := &b.Parts[i]; p.begun {
			p.Dir.done()
		}
	}
	if out := c.Consume(b.mark()); out != Consumed {
		if out == TakenBack {
			b.takeBack()
		}
		return out
	}
	for i := range b.Parts {
		p := &b.Parts[i]
		if p.begun {
			p.Dir.clear()
		}
		p.Dir.countBatch(b, p, start)
	}
	return Consumed
}

// write writes a part, and reports whether it could.
func (b *Batch) write(part int, c Committer) bool {
	d := b.Parts[part].Dir
	for err := d.append(c.Pieces(part)); err != nil; err = d.append(nil) {
		if !c.Pause() {
			return false
		}
	}
	return true
}

// mark returns where one of the directories that take part wants to see that the
// input is consumed: the one that keeps the beginning of the next line, which the
// same operation puts there, or else the first.
func (b *Batch) mark() (mark *byte) {
	for i := range b.Parts {
		if p := &b.Parts[i]; p.begun && (mark == nil || p.Keeps) {
			mark = p.Dir.mark()
		}
	}
	return mark
}

// takeBack takes back what was written. Where that fails, it warns.
func (b *Batch) takeBack() {
	for i := range b.Parts {
		p := &b.Parts[i]
		if !p.begun {
			continue
		}
		if err := p.Dir.rollback(); err != nil {
			p.Dir.warn(err.Error())
		}
	}
}

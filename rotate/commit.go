package rotate

// Batch is a batch of lines: where it comes from, and what each directory gets.
type Batch struct {
	Input
	Bytes  int    // of input, including those in a lock page
	Lines  int    // that begin in it
	Within bool   // it ends within a line
	Parts  []Part // one for each directory, also if it gets nothing
}

// Part is what one directory gets of a batch.
type Part struct {
	Dir   *Dir
	Bytes int64 // to write
	Lines int   // that begin in them
	Here  bool  // it gets the line within which the batch ends
	Keeps bool  // its lock page stores the beginning of the next line

	begun bool
}

// Outcome is the result of Commit.
type Outcome int

const (
	// Consumed means that the batch is in all directories and has left the input.
	Consumed Outcome = iota
	// TakenBack means that the batch is in the input and in no directory. If it could
	// not be removed from a directory, Commit has warned, and the record lets the next
	// logger do it.
	TakenBack
	// Refill means TakenBack, and that the Room of a directory has become less: the
	// same input is to be filled into a batch again.
	Refill
	// Left means that the batch is in all directories and also still in the input. The
	// records say so, and the next logger skips it.
	Left
)

// Committer is what Commit needs from the side of the input.
type Committer interface {
	// Pieces returns the bytes for the directory of that part. Commit uses them until
	// the next call.
	Pieces(part int) [][]byte

	// Pause is called after a failed write, which was warned about. It waits some time
	// and returns true to try the write again, or returns false to give up the batch.
	Pause() bool

	// Written is called when all parts are written.
	Written()

	// Consume takes the batch from the input. The operation that takes it also stores
	// its last byte at mark, unless mark is nil. Consume returns Consumed, or TakenBack
	// if the input no longer begins with the batch, or Left if nothing can be taken.
	Consume(mark *byte) Outcome
}

// Commit writes a batch to all directories and consumes its input. It alone knows the
// order of these steps. Because of this order a kill at any moment neither loses a line
// nor logs one twice (see Settle):
//
//	begin    in all lock pages: which file, its size, how much it gets
//	append   to each directory its part
//	done     in all lock pages
//	consume  the input, with a mark in one of the pages
//	clear    in all lock pages
//
// If the batch is given up, or if another process has taken its input, Commit takes it
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
		if b.Parts[i].Bytes > 0 {
			switch b.write(i, c) {
			case TakenBack:
				b.takeBack(true)
				return TakenBack
			case Refill:
				return b.takeAllBack(c)
			}
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
			b.takeBack(true)
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

// write writes a part. It returns Consumed if it is written; otherwise the batch must be
// taken back, and that is the outcome of Commit.
func (b *Batch) write(part int, c Committer) Outcome {
	d := b.Parts[part].Dir
	for err := d.append(c.Pieces(part)); err != nil; err = d.append(nil) {
		if d.overfull() {
			return Refill
		}
		if !c.Pause() {
			return TakenBack
		}
	}
	return Consumed
}

// mark returns the byte in a lock page that shows that the input was consumed. It lies
// in the page that stores the beginning of the next line, because the same operation
// puts that line there; if no page does, in the page of the first directory that takes
// part.
func (b *Batch) mark() (mark *byte) {
	for i := range b.Parts {
		if p := &b.Parts[i]; p.begun && (mark == nil || p.Keeps) {
			mark = p.Dir.mark()
		}
	}
	return mark
}

// takeBack removes what was written of the batch, and reports whether that succeeded. If
// it fails, it warns if warn is set.
func (b *Batch) takeBack(warn bool) bool {
	all := true
	for i := range b.Parts {
		p := &b.Parts[i]
		if !p.begun {
			continue
		}
		if err := p.Dir.rollback(); err == nil {
			p.begun = false
		} else {
			if all = false; warn {
				p.Dir.warn(err.Error())
			}
		}
	}
	return all
}

// takeAllBack removes what was written of the batch, so that it can be filled again. It
// tries until that succeeds, or until the batch is given up.
func (b *Batch) takeAllBack(c Committer) Outcome {
	for first := true; !b.takeBack(first); first = false {
		if !c.Pause() {
			return TakenBack
		}
	}
	return Refill
}

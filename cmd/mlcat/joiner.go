package main

import (
	"slices"

	"multilog/internal/logdir"
	"multilog/tai64n"
)

// A walk gives what is shown of a source, one part after another, and joins the
// lines that blocks and files cut. It is either in order or in reverse.
type walk struct {
	scanner *scanner
	source  *source
	queue   *queue
	r       *renderer
	reverse bool

	job     *job
	piece   *piece // the one that was taken last
	pending bool   // its lines have not been given yet
	joint   shown

	// part is a line of which one end is missing: its beginning or, in reverse, its
	// end. It ends file partOf.
	part   []byte
	isPart bool
	partOf int

	last  mark // the label that lines without one belong to
	ended bool
}

func (sc *scanner) walk(s *source, reverse bool) *walk {
	w := &walk{scanner: sc, source: s, r: newRenderer(sc.style), reverse: reverse}
	if reverse {
		w.queue = sc.backward(s)
	} else {
		w.queue = sc.forward(s)
	}
	return w
}

// next returns more of what is shown, valid until the next call; nil at the end.
func (w *walk) next() *shown {
	for {
		if w.pending {
			w.pending = false
			if w.piece.count > 0 {
				return w.labelled(&w.piece.shown)
			}
		}
		w.release()
		if w.ended {
			return nil
		}
		w.joint.reset()
		w.piece = w.take()
		switch {
		case w.piece == nil:
			w.ended = true
			w.flush()
		case w.reverse:
			w.joinBackward(w.piece)
		default:
			w.joinForward(w.piece)
		}
		w.pending = w.piece != nil
		if w.joint.count > 0 {
			return w.labelled(&w.joint)
		}
	}
}

// take waits for the next piece; there is none at the end.
func (w *walk) take() *piece {
	if w.job == nil {
		if w.job = <-w.queue.jobs; w.job == nil {
			return nil
		}
	}
	p := <-w.job.result
	if !p.more {
		w.job = nil
		w.queue.done()
	}
	if p.err != nil {
		w.source.warn(p.err)
	}
	return p
}

func (w *walk) release() {
	if w.piece == nil {
		return
	}
	if w.piece.last {
		w.source.close(w.piece.file)
	}
	w.scanner.pieces.Put(w.piece)
	w.piece = nil
}

// flush shows the part of a line that nothing continues.
func (w *walk) flush() {
	if w.isPart {
		w.r.lines(&w.joint, append(w.part, '\n'))
	}
	w.part, w.isPart = w.part[:0], false
}

// limit keeps a line that has no end from taking all memory.
func (w *walk) limit() {
	if len(w.part) > logdir.MaxLineBytes {
		w.flush()
	}
}

// joinForward shows the line that ends in p, and keeps the one that begins there.
func (w *walk) joinForward(p *piece) {
	if p.first && w.isPart && !w.continues(w.partOf, p.head) {
		w.flush()
	}
	if p.first && !w.last.known {
		w.last = w.labelOfName(p.file)
	}
	if !p.joined {
		w.part = append(w.part, p.head...)
		w.isPart = w.isPart || len(p.head) > 0
		if p.whole {
			w.isPart = true
			w.flush()
		}
	}
	if p.whole || p.joined {
		w.part = append(w.part, p.tail...)
		w.isPart = w.isPart || len(p.tail) > 0
	}
	w.partOf = p.file
	w.limit()
}

// joinBackward shows the line that begins in p, and keeps the one that ends there.
func (w *walk) joinBackward(p *piece) {
	last := p.head // what stands before the part
	if p.whole {
		last = p.tail
	}
	if p.first && w.isPart && (len(last) == 0 || !w.continues(p.file, w.part)) {
		w.flush()
	}
	w.part = slices.Insert(w.part, 0, last...)
	w.isPart = w.isPart || len(last) > 0
	if p.whole {
		w.flush()
		w.part = append(w.part, p.head...)
		w.isPart = true
	}
	w.limit()
}

// continues reports whether a line that stands at the end of file i, without a
// newline, goes on with next at the start of the file after it. Loggers cut a
// line that fills a file; of what a logger left that was killed, it does not.
func (w *walk) continues(i int, next []byte) bool {
	return !w.source.files[i].Torn() && logdir.LineHead(next) == 0
}

func (w *walk) labelOfName(i int) mark {
	after, ok := tai64n.ParseString(w.source.files[i].After)
	return mark{label: after, known: ok}
}

// labelled fills in the labels of lines that have none, as far as they are known.
func (w *walk) labelled(s *shown) *shown {
	if !w.r.marks {
		return s
	}
	if !w.reverse {
		s.inherit(&w.last)
		return s
	}
	before := w.before(s)
	s.inherit(&before)
	for i := len(s.marks) - 1; i >= 0; i-- {
		if !s.marks[i].known { // its label is not among what was read yet
			s.marks[i].label = w.last.label
		}
		w.last.label = s.marks[i].label
	}
	return s
}

// before returns, in reverse, the label that stands before the first line of s.
func (w *walk) before(s *shown) mark {
	p := w.piece
	if p == nil {
		return mark{}
	}
	if s == &w.joint && p.known {
		return mark{label: p.shown.last, known: true}
	}
	label, ok := tai64n.Parse(p.head)
	return mark{label: label, known: ok}
}

// inherit gives the first lines, as long as they have no label, that of the line
// before them, and keeps in before what the next lines have before them.
func (s *shown) inherit(before *mark) {
	for i := range s.marks {
		if s.marks[i].known {
			break
		}
		s.marks[i].label, s.marks[i].known = before.label, before.known
	}
	if s.known {
		*before = mark{label: s.last, known: true}
	}
}

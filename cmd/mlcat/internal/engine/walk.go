package engine

import (
	"slices"

	"multilog/cmd/mlcat/internal/render"
	"multilog/cmd/mlcat/internal/source"
	"multilog/internal/logdir"
	"multilog/tai64n"
)

// A walk is the [Stream] of what is wanted of one source. It takes its pieces, forward
// or backward, and joins the lines that continue from one piece to the next.
type walk struct {
	scanner *scanner
	source  *source.Source
	queue   *queue
	render  *render.Renderer
	reverse bool

	job     *job
	piece   *piece // the piece that was taken last
	pending bool   // Next has not returned its lines yet
	joint   render.Lines
	cut     cut

	last  render.Mark // the label to which the next lines without one belong
	ended bool
}

// A cut is a line of which one end has not been read yet: its end or, in reverse, its
// beginning.
type cut struct {
	text []byte
	is   bool // there is such a line, which may be empty so far
	file int  // the file that ends in it
}

func (sc *scanner) walk(s *source.Source, reverse bool) *walk {
	w := &walk{scanner: sc, source: s, render: render.New(sc.style).From(s.Number), reverse: reverse}
	if reverse {
		w.queue = sc.backward(s)
	} else {
		w.queue = sc.forward(s)
	}
	return w
}

// Next implements Stream.
func (w *walk) Next() *render.Lines {
	for {
		if w.pending {
			w.pending = false
			if w.piece.lines.Count > 0 {
				return w.labelled(&w.piece.lines)
			}
		}
		w.release()
		if w.ended {
			return nil
		}
		w.joint.Reset()
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
		if w.joint.Count > 0 {
			return w.labelled(&w.joint)
		}
	}
}

// take waits for the next piece and returns it, or nil at the end.
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
		w.source.Warn(p.err)
	}
	return p
}

// release gives back the piece, whose lines have been used.
func (w *walk) release() {
	if w.piece == nil {
		return
	}
	if w.piece.part.last {
		w.source.Done(w.piece.part.file)
	}
	w.scanner.pieces.Put(w.piece)
	w.piece = nil
}

// flush renders the cut line, which nothing continues.
func (w *walk) flush() {
	if w.cut.is {
		w.render.Render(&w.joint, append(w.cut.text, '\n'))
	}
	w.cut.text, w.cut.is = w.cut.text[:0], false
}

// limit keeps a line that does not end from filling the memory.
func (w *walk) limit() {
	if len(w.cut.text) > logdir.MaxLineBytes {
		w.flush()
	}
}

// joinForward renders the line that ends in p, and keeps the line that begins there.
func (w *walk) joinForward(p *piece) {
	if p.part.first && w.cut.is && !w.continues(w.cut.file, p.head) {
		w.flush()
	}
	if p.part.first && !w.last.Known {
		w.last = w.labelOfName(p.part.file)
	}
	if !p.joined {
		w.cut.text = append(w.cut.text, p.head...)
		w.cut.is = w.cut.is || len(p.head) > 0
		if p.whole {
			w.cut.is = true
			w.flush()
		}
	}
	if p.whole || p.joined {
		w.cut.text = append(w.cut.text, p.tail...)
		w.cut.is = w.cut.is || len(p.tail) > 0
	}
	w.cut.file = p.part.file
	w.limit()
}

// joinBackward renders the line that begins in p, and keeps the line that ends there.
func (w *walk) joinBackward(p *piece) {
	last := p.head // what stands in front of the cut line
	if p.whole {
		last = p.tail
	}
	if p.part.first && w.cut.is && (len(last) == 0 || !w.continues(p.part.file, w.cut.text)) {
		w.flush()
	}
	w.cut.text = slices.Insert(w.cut.text, 0, last...)
	w.cut.is = w.cut.is || len(last) > 0
	if p.whole {
		w.flush()
		w.cut.text = append(w.cut.text, p.head...)
		w.cut.is = true
	}
	w.limit()
}

// continues reports whether a line without a newline at the end of file i continues
// with next, the start of the file after it. It does if its logger cut a line to fill
// the file, but not if the logger was killed.
func (w *walk) continues(i int, next []byte) bool {
	return !w.source.File(i).Torn() && logdir.LineHead(next) == 0
}

// labelOfName returns the label in the name of the old file before file i. No line of
// file i is much earlier.
func (w *walk) labelOfName(i int) render.Mark {
	after, ok := tai64n.ParseString(w.source.File(i).After)
	return render.Mark{Label: after, Known: ok}
}

// labelled returns l with the labels of lines that have none, as far as they are known.
func (w *walk) labelled(l *render.Lines) *render.Lines {
	if !w.scanner.style.Marks {
		return l
	}
	if !w.reverse {
		l.Inherit(&w.last)
		return l
	}
	before := w.before(l)
	l.Inherit(&before)
	for i := len(l.Marks) - 1; i >= 0; i-- {
		if !l.Marks[i].Known { // its label has not been read yet
			l.Marks[i].Label = w.last.Label
		}
		w.last.Label = l.Marks[i].Label
	}
	return l
}

// before returns, in reverse, the label in front of the first line of l.
func (w *walk) before(l *render.Lines) render.Mark {
	p := w.piece
	if p == nil {
		return render.Mark{}
	}
	if l == &w.joint && p.lines.Last.Known {
		return p.lines.Last
	}
	label, ok := logdir.Label(p.head)
	return render.Mark{Label: label, Known: ok}
}

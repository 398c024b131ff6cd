package engine

import (
	"bytes"
	"runtime"
	"slices"
	"sync"

	"multilog/cmd/mlcat/internal/render"
	"multilog/cmd/mlcat/internal/source"
	"multilog/internal/logdir"
)

// A piece is a part of a file, rendered: its whole lines, and the parts of lines that
// continue in the pieces before and after it.
type piece struct {
	lines      render.Lines
	whole      bool   // it has a newline; otherwise all of it is head
	head, tail []byte // before its first newline and behind its last one

	part   part
	more   bool // of a stream: the result channel will have more pieces
	joined bool // of a stream: it begins with a whole line
	err    error
}

// A part says where a piece stands in its log.
type part struct {
	source *source.Source
	file   int
	first  bool // it is the first piece of the file, in the direction of reading
	last   bool // it is the last one
}

// A job is to read and render one block of a file, or a whole stream.
type job struct {
	part
	content  *logdir.Content
	block    int
	from, to int64 // the wanted bytes of the content
	result   chan *piece
}

// jobsPerWorker is how many blocks reading is ahead of printing, for each processor.
const jobsPerWorker = 4

// A scanner reads files with all processors. Its queues keep their order.
type scanner struct {
	style   *render.Style
	jobs    chan *job
	pieces  sync.Pool
	stopped chan struct{} // closed when no more is needed
}

func newScanner(style *render.Style) *scanner {
	sc := &scanner{style: style, jobs: make(chan *job), stopped: make(chan struct{})}
	sc.pieces.New = func() any { return new(piece) }
	for range runtime.GOMAXPROCS(0) {
		go sc.work()
	}
	return sc
}

// stop ends all work.
func (sc *scanner) stop() { close(sc.stopped) }

func (sc *scanner) work() {
	r := render.New(sc.style)
	var buf []byte
	for {
		select {
		case j := <-sc.jobs:
			var p *piece
			p, buf = sc.do(r, j, buf)
			j.result <- p
		case <-sc.stopped:
			return
		}
	}
}

// do reads and renders one block. It reads into buf or, if that is too small, into a
// larger buffer, and returns the buffer for the next block.
func (sc *scanner) do(r *render.Renderer, j *job, buf []byte) (*piece, []byte) {
	p := sc.newPiece(j.part)
	data, buf, err := j.content.ReadPart(j.block, j.from, j.to, buf)
	if err != nil {
		p.err = j.source.ReadError(j.file, err)
		return p, buf
	}
	p.fill(r.From(j.source.Number), data)
	return p, buf
}

// newPiece returns an empty piece. The caller of Walk.Next gives it back to sc.pieces.
func (sc *scanner) newPiece(at part) *piece {
	p := sc.pieces.Get().(*piece)
	p.lines.Reset()
	p.head, p.tail = p.head[:0], p.tail[:0]
	p.whole, p.more, p.joined, p.err = false, false, false, nil
	p.part = at
	return p
}

// fill renders data, which may begin and end within lines.
func (p *piece) fill(r *render.Renderer, data []byte) {
	begin := bytes.IndexByte(data, '\n')
	if begin < 0 {
		p.head = append(p.head, data...)
		return
	}
	p.whole = true
	end := bytes.LastIndexByte(data, '\n')
	p.head = append(p.head, data[:begin]...)
	p.tail = append(p.tail, data[end+1:]...)
	if end > begin {
		r.Render(&p.lines, data[begin+1:end+1])
	}
}

// forward queues what is wanted of s, in order.
func (sc *scanner) forward(s *source.Source) *queue {
	q := newQueue(jobsPerWorker * runtime.GOMAXPROCS(0))
	go func() {
		defer close(q.jobs)
		parts := s.Wanted()
		for n, p := range parts {
			first, end := p.Files()
			for i := first; i < end; i++ {
				more := n+1 < len(parts) && parts[n+1].From.File == i
				if c := s.Content(i); c != nil && !sc.forwardFile(q, s, i, c, p, more) {
					return
				}
			}
		}
	}()
	return q
}

// forwardFile queues what wanted has of file i, and reports whether to go on. If more is
// set, the next part has something of the file, too.
func (sc *scanner) forwardFile(q *queue, s *source.Source, i int, c *logdir.Content, wanted source.Part, more bool) bool {
	from, to := wanted.Span(i)
	if c.IsStream() {
		j := &job{part: part{s, i, true, true}, content: c, result: make(chan *piece, maxStreamPieces)}
		return sc.put(q, j)
	}
	if to < 0 {
		to = c.Size()
	}
	if from >= to {
		if !more {
			s.Done(i)
		}
		return true
	}
	for b := c.BlockAt(from); b < c.Blocks(); b++ {
		off, size := c.Block(b)
		if off >= to {
			break
		}
		at := part{s, i, off <= from, off+size >= to && !more}
		if !sc.put(q, &job{part: at, content: c, block: b, from: from, to: to, result: make(chan *piece, 1)}) {
			return false
		}
	}
	return true
}

// backward queues what is wanted of s, the last block first.
func (sc *scanner) backward(s *source.Source) *queue {
	q := newQueue(1)
	go func() {
		defer close(q.jobs)
		parts := s.Wanted()
		for n, p := range slices.Backward(parts) {
			first, end := p.Files()
			for i := end - 1; i >= first; i-- {
				more := n > 0 && parts[n-1].To.File == i && parts[n-1].To.Off > 0
				if c := s.Blocks(i); c != nil && !sc.backwardFile(q, s, i, c, p, more) {
					return
				}
			}
		}
	}()
	return q
}

// backwardFile queues what wanted has of file i, and reports whether to go on. If more is
// set, the part before has something of the file, too.
func (sc *scanner) backwardFile(q *queue, s *source.Source, i int, c *logdir.Content, wanted source.Part, more bool) bool {
	from, to := wanted.Span(i)
	if to < 0 {
		to = c.Size()
	}
	if from >= to {
		if !more {
			s.Done(i)
		}
		return true
	}
	for b := c.BlockAt(to - 1); b >= 0; b-- {
		off, size := c.Block(b)
		if off+size <= from {
			break
		}
		at := part{s, i, off+size >= to, off <= from && !more}
		if !sc.put(q, &job{part: at, content: c, block: b, from: from, to: to, result: make(chan *piece, 1)}) {
			return false
		}
	}
	return true
}

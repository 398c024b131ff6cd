package main

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"sync"

	"multilog/internal/logdir"
)

// A piece is a part of a file, read and shown: its whole lines, and what it has of
// the lines that go on in the pieces before and behind it.
type piece struct {
	shown
	whole      bool   // it has a newline; else all of it is head
	head, tail []byte // without newlines

	source *source
	file   int
	first  bool // nothing of the file comes before it in the way that it is read
	last   bool // nothing of the file comes behind it
	more   bool // of a stream: the result has more pieces
	joined bool // of a stream: its lines continue no others
	err    error
}

// A job is to read and show one block of a file, or a whole stream.
type job struct {
	piece
	content  *logdir.Content
	block    int
	from, to int64 // what of the content is wanted
	result   chan *piece
}

const (
	// maxStreamPieces is how many pieces of a stream may wait to be written.
	maxStreamPieces = 16

	// jobsPerWorker is how far reading is ahead of writing, in blocks.
	jobsPerWorker = 4
)

// scanner reads files with all processors and keeps their order.
type scanner struct {
	style   *style
	jobs    chan *job
	pieces  sync.Pool
	stopped chan struct{} // nobody wants more
}

func newScanner(s *style) *scanner {
	sc := &scanner{style: s, jobs: make(chan *job), stopped: make(chan struct{})}
	sc.pieces.New = func() any { return new(piece) }
	for range runtime.GOMAXPROCS(0) {
		go sc.work()
	}
	return sc
}

// stop ends the work. Nothing more will be read.
func (sc *scanner) stop() { close(sc.stopped) }

func (sc *scanner) work() {
	r := newRenderer(sc.style)
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

// do reads and shows one block.
func (sc *scanner) do(r *renderer, j *job, buf []byte) (*piece, []byte) {
	p := sc.newPiece(&j.piece)
	data, buf, err := j.content.ReadPart(j.block, j.from, j.to, buf)
	if err != nil {
		p.err = fmt.Errorf("unable to read %s: %w", j.source.files[j.file].Path(), err)
		return p, buf
	}
	p.fill(r, data)
	return p, buf
}

func (sc *scanner) newPiece(like *piece) *piece {
	p := sc.pieces.Get().(*piece)
	p.shown.reset()
	p.head, p.tail = p.head[:0], p.tail[:0]
	p.whole, p.more, p.joined, p.err = false, false, false, nil
	p.source, p.file, p.first, p.last = like.source, like.file, like.first, like.last
	return p
}

// fill shows data, which begins and ends anywhere.
func (p *piece) fill(r *renderer, data []byte) {
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
		r.lines(&p.shown, data[begin+1:end+1])
	}
}

// A queue is the order of the jobs under way. Each takes a ticket, and gives it
// back when it has been written.
type queue struct {
	jobs    chan *job
	tickets chan struct{}
}

// newQueue returns a queue with so many tickets at first.
func newQueue(tickets int) *queue {
	most := jobsPerWorker * runtime.GOMAXPROCS(0)
	q := &queue{make(chan *job, most), make(chan struct{}, most)}
	for range min(tickets, most) {
		q.tickets <- struct{}{}
	}
	return q
}

// done gives a ticket back, with another one while there are fewer than may be:
// who wants a few lines gets them from a block or two, who goes on is read ahead of.
func (q *queue) done() {
	for range 2 {
		select {
		case q.tickets <- struct{}{}:
		default:
		}
	}
}

// put puts j in line; false means that nobody wants it any more.
func (sc *scanner) put(q *queue, j *job) bool {
	select {
	case <-q.tickets:
	case <-sc.stopped:
		return false
	}
	q.jobs <- j
	if j.content.IsStream() {
		go sc.stream(j)
		return true
	}
	select {
	case sc.jobs <- j:
		return true
	case <-sc.stopped:
		return false
	}
}

// forward puts what is wanted of s in line, in order.
func (sc *scanner) forward(s *source) *queue {
	q := newQueue(jobsPerWorker * runtime.GOMAXPROCS(0))
	go func() {
		defer close(q.jobs)
		first, end := s.wanted()
		for i := first; i < end; i++ {
			if c := s.open(i); c != nil && !sc.forwardFile(q, s, i, c) {
				return
			}
		}
	}()
	return q
}

func (sc *scanner) forwardFile(q *queue, s *source, i int, c *logdir.Content) bool {
	from, to := s.span(i)
	if c.IsStream() {
		j := &job{piece: piece{source: s, file: i, first: true, last: true}, content: c, result: make(chan *piece, maxStreamPieces)}
		return sc.put(q, j)
	}
	if to < 0 {
		to = c.Size()
	}
	if from >= to {
		s.close(i)
		return true
	}
	for b := c.BlockAt(from); b < c.Blocks(); b++ {
		off, size := c.Block(b)
		if off >= to {
			break
		}
		j := &job{piece: piece{source: s, file: i}, content: c, block: b, from: from, to: to, result: make(chan *piece, 1)}
		j.first, j.last = off <= from, off+size >= to
		if !sc.put(q, j) {
			return false
		}
	}
	return true
}

// backward puts what is wanted of s in line, the last block first.
func (sc *scanner) backward(s *source) *queue {
	q := newQueue(1)
	go func() {
		defer close(q.jobs)
		for _, i := range s.reversedFiles() {
			if c := s.openBlocks(i); c != nil && !sc.backwardFile(q, s, i, c) {
				return
			}
		}
	}()
	return q
}

func (sc *scanner) backwardFile(q *queue, s *source, i int, c *logdir.Content) bool {
	from, to := s.span(i)
	if to < 0 {
		to = c.Size()
	}
	if from >= to {
		s.close(i)
		return true
	}
	for b := c.BlockAt(to - 1); b >= 0; b-- {
		off, size := c.Block(b)
		if off+size <= from {
			break
		}
		j := &job{piece: piece{source: s, file: i}, content: c, block: b, from: from, to: to, result: make(chan *piece, 1)}
		j.first, j.last = off+size >= to, off <= from
		if !sc.put(q, j) {
			return false
		}
	}
	return true
}

// stream reads and shows a file that can only be read from its beginning. Its
// pieces are as large as what they show: a search that finds little in many files
// need not wait for its turn.
func (sc *scanner) stream(j *job) {
	r := newRenderer(sc.style)
	p := sc.newPiece(&j.piece)
	in, err := j.content.Stream()
	if err == nil {
		p, err = sc.streamPieces(j, r, p, in)
		in.Close()
	}
	if err != nil {
		p.err = fmt.Errorf("unable to read %s: %w", j.source.files[j.file].Path(), err)
	}
	p.last = true
	j.result <- p
}

// streamPieces hands out all pieces but the last one, which it returns.
func (sc *scanner) streamPieces(j *job, r *renderer, p *piece, in io.Reader) (*piece, error) {
	p.last = false
	buf := make([]byte, 2*logdir.BlockBytes)
	rest, begun := 0, false
	for {
		if len(buf)-rest < logdir.BlockBytes {
			buf = append(buf, make([]byte, len(buf))...)
		}
		n, err := readFull(in, buf[rest:])
		data := buf[:rest+n]
		end := bytes.LastIndexByte(data, '\n') + 1
		if end == 0 && len(data) > logdir.MaxLineBytes {
			data = append(data, '\n') // a line that is taken for several
			end = len(data)
		}
		if end > 0 && begun {
			r.lines(&p.shown, data[:end])
		} else if end > 0 {
			p.fill(r, data[:end])
			begun = true
		}
		rest = copy(buf, data[end:])
		if err != nil {
			if begun {
				p.tail = append(p.tail, buf[:rest]...)
			} else {
				p.head = append(p.head, buf[:rest]...)
			}
			return p, ignoreEOF(err)
		}
		if len(p.text) >= logdir.BlockBytes {
			p.more = true
			select {
			case j.result <- p:
			case <-sc.stopped:
				return p, nil
			}
			p = sc.newPiece(&j.piece)
			p.first, p.last, p.joined = false, false, true
		}
	}
}

// readFull fills buf. Unlike io.ReadFull it returns what the reader returned, of
// which io.ErrUnexpectedEOF says that a file is damaged.
func readFull(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var got int
		got, err = r.Read(buf[n:])
		n += got
	}
	return n, err
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

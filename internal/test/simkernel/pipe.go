package simkernel

import "sort"

// Pipe is standard input and its writer.
type Pipe struct {
	Ino      uint64
	Stream   []byte  // all that is to be written
	Times    []Piece // when; in order
	Capacity int

	Head   int  // bytes of Stream that the logger has done with
	Held   int  // bytes behind those that it has taken from the pipe into memory
	Tail   int  // bytes of Stream that were written into it
	Closed bool // the writer has gone

	closeAt int64 // Mono; 0: it stays
	edge    bool  // something has come since a wait last said so
	due     int   // index in Times
}

// Piece says that the first Upto bytes of the stream are to be in the pipe
// at the time At, of the monotonic clock, if they fit.
type Piece struct {
	At   int64
	Upto int
}

// NewPipe gives the world a new standard input.
func (w *World) NewPipe(p *Pipe) {
	w.lastPipe++
	p.Ino = w.lastPipe
	w.Pipe = p
	w.tracef("a new pipe, capacity %d, for %d bytes", p.Capacity, len(p.Stream))
}

// Close has the writer go once it has written everything.
func (p *Pipe) Close(at int64) { p.closeAt = max(at, 1) }

// wants is how much of the stream the writer is to have written.
func (p *Pipe) wants(mono int64) int {
	for p.due < len(p.Times) && p.Times[p.due].At <= mono {
		p.due++
	}
	if p.due == 0 {
		return 0
	}
	return p.Times[p.due-1].Upto
}

func (p *Pipe) pump(w *World) {
	if want := p.wants(w.mono); p.Tail < want {
		if n := min(want-p.Tail, p.Capacity-p.waiting()); n > 0 {
			p.Tail += n
			p.edge = true
			if w.Trace != nil {
				w.tracef("writer: %d bytes, %d in the pipe", n, p.waiting())
			}
		}
	}
	if !p.Closed && p.closeAt != 0 && p.closeAt <= w.mono && p.Tail == len(p.Stream) {
		p.Closed, p.edge = true, true
		w.tracef("writer: gone")
	}
}

// waiting is how many bytes are in the pipe.
func (p *Pipe) waiting() int { return p.Tail - p.Head - p.Held }

// next is when the writer does something, unless it is blocked.
func (p *Pipe) next() int64 {
	if p.due < len(p.Times) {
		return p.Times[p.due].At
	}
	if !p.Closed && p.closeAt != 0 && p.Tail == len(p.Stream) {
		return p.closeAt
	}
	return never
}

// Finished says that the writer has no more to write.
func (p *Pipe) Finished() bool { return p.Tail == len(p.Stream) }

// Schedule has the stream written in pieces that end at the given places, a
// gap after one another, beginning at the time from.
func (p *Pipe) Schedule(from int64, ends []int, gap func() int64) {
	sort.Ints(ends)
	for _, end := range ends {
		p.Times = append(p.Times, Piece{At: from, Upto: end})
		from += gap()
	}
	p.Times = append(p.Times, Piece{At: from, Upto: len(p.Stream)})
}

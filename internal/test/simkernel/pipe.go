package simkernel

import "sort"

// pipePage is the size of a slot in bytes.
const pipePage = 4096

// Pipe is standard input and its writer. It follows fs/pipe.c of Linux:
//
//   - A pipe has slots of a page each. A slot is free again when all of it was read.
//   - A small write goes into the last page if it fits there.
//   - A writer that finds no free slot sleeps in its call.
//   - Pollers are woken when a call ends. Before the writer sleeps, they are woken only if
//     the call had found the pipe empty when it began or went on.
type Pipe struct {
	Ino      uint64
	Stream   []byte // everything that the writer writes
	Calls    []Call // in order
	Capacity int    // bytes; a multiple of a page

	Head   int  // how many bytes of Stream the logger has consumed
	Held   int  // how many bytes after these it has taken from the pipe, too
	Kept   int  // how many of the held bytes are in a lock page; the others are in its memory
	Tail   int  // how many bytes of Stream the writer has written
	Closed bool // the writer has closed the pipe

	slots []slot
	writer
	epoll
}

// writer is what the writer of a pipe is doing.
type writer struct {
	call     int   // the index in Calls of the next or present call
	writing  bool  // the call has begun
	blocked  bool  // the call sleeps, because there was no room
	wasEmpty bool  // the variable was_empty in pipe_write
	closeAt  int64 // 0: the writer does not close the pipe
}

// epoll is what the epoll of a logger knows of a pipe.
type epoll struct {
	listed bool // the pipe is in the ready list of the logger's epoll
	polled bool // the logger has an epoll for the pipe
}

// slot is a pipe_buffer: from and to are offsets in its page.
type slot struct{ from, to int }

// Call is a call of write. It begins when the monotonic clock reaches At and the call
// before it has ended. It writes the stream up to byte Upto.
type Call struct {
	At   int64
	Upto int
}

// NewPipe makes p the standard input of the world.
func (w *World) NewPipe(p *Pipe) {
	w.lastPipe++
	p.Ino = w.lastPipe
	w.Pipe = p
	w.tracef("a new pipe, capacity %d, for %d bytes", p.Capacity, len(p.Stream))
}

// Close makes the writer close the pipe at the time at, or when it has written everything.
func (p *Pipe) Close(at int64) { p.closeAt = max(at, 1) }

// pump runs the writer as far as it can go now.
func (p *Pipe) pump(w *World) {
	for p.call < len(p.Calls) {
		c := p.Calls[p.call]
		if !p.writing {
			if c.At > w.mono {
				return
			}
			if c.Upto <= p.Tail { // a call that writes nothing
				p.call++
				continue
			}
			p.begin(c.Upto - p.Tail)
		} else if p.full() {
			return
		} else if p.blocked {
			p.blocked, p.wasEmpty = false, len(p.slots) == 0
		}
		if !p.fill(c.Upto) {
			p.blocked = true
			if p.wasEmpty {
				p.wake()
			}
			w.tracef("writer: blocked at %d of %d, %d in the pipe", p.Tail, c.Upto, p.waiting())
			return
		}
		if p.wasEmpty || p.polled {
			p.wake()
		}
		p.writing = false
		p.call++
		if w.Trace != nil {
			w.tracef("writer: call ended at %d, %d in the pipe", p.Tail, p.waiting())
		}
	}
	if !p.Closed && p.closeAt != 0 && p.closeAt <= w.mono && p.Tail == len(p.Stream) {
		p.Closed = true
		p.wake()
		w.tracef("writer: gone")
	}
}

// begin begins a call of n bytes. The part that fills no page goes first, into the last
// page, if it fits there.
func (p *Pipe) begin(n int) {
	p.writing, p.wasEmpty = true, len(p.slots) == 0
	if part := n % pipePage; part > 0 && !p.wasEmpty {
		if last := &p.slots[len(p.slots)-1]; last.to+part <= pipePage {
			last.to += part
			p.Tail += part
		}
	}
}

// fill writes up to byte upto of the stream, and reports whether there was room for all.
func (p *Pipe) fill(upto int) bool {
	for p.Tail < upto {
		if p.full() {
			return false
		}
		n := min(upto-p.Tail, pipePage)
		p.slots = append(p.slots, slot{0, n})
		p.Tail += n
	}
	return true
}

func (p *Pipe) full() bool { return len(p.slots) >= p.Capacity/pipePage }

func (p *Pipe) wake() { p.listed = true }

// read takes n bytes out of the slots.
func (p *Pipe) read(n int) {
	for n > 0 {
		s := &p.slots[0]
		m := min(n, s.to-s.from)
		s.from += m
		n -= m
		if s.from == s.to {
			p.slots = p.slots[1:]
		}
	}
}

// poll adds the pipe to the epoll of a logger that starts.
func (p *Pipe) poll() { p.polled, p.listed = true, true }

// ready reports whether a level-triggered epoll_wait would return at once.
func (p *Pipe) ready() bool {
	p.listed = p.listed && (len(p.slots) > 0 || p.Closed)
	return p.listed
}

// edge reports whether an edge-triggered epoll_wait would return at once, and if so,
// takes the pipe off the ready list.
func (p *Pipe) edge() bool {
	ready := p.ready()
	p.listed = false
	return ready
}

// waiting returns how many bytes are in the pipe.
func (p *Pipe) waiting() int { return p.Tail - p.Head - p.Held }

// next returns the time of the next event of the writer; never if it sleeps or has ended.
func (p *Pipe) next() int64 {
	if p.writing {
		if p.full() {
			return never
		}
		return 0 // at once
	}
	if p.call < len(p.Calls) {
		return p.Calls[p.call].At
	}
	if !p.Closed && p.closeAt != 0 && p.Tail == len(p.Stream) {
		return p.closeAt
	}
	return never
}

// Blocked reports whether the writer sleeps in a call.
func (p *Pipe) Blocked() bool { return p.writing }

// Finished reports whether the writer has no more to write.
func (p *Pipe) Finished() bool { return p.Tail == len(p.Stream) }

// Schedule adds calls that end at these bytes of the stream, and a last one for the rest.
// The first begins at the time from, and each other gap() nanoseconds after the one before.
func (p *Pipe) Schedule(from int64, ends []int, gap func() int64) {
	sort.Ints(ends)
	for _, end := range ends {
		p.Calls = append(p.Calls, Call{At: from, Upto: end})
		from += gap()
	}
	p.Calls = append(p.Calls, Call{At: from, Upto: len(p.Stream)})
}

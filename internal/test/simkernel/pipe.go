package simkernel

import "sort"

// pipePage is what a slot of a pipe holds, in bytes.
const pipePage = 4096

// Pipe is standard input and its writer. It follows fs/pipe.c of Linux: what
// is in it stands in slots of a page each; a slot is free again when all of it
// was read; a small write goes into the last page if it fits; a writer that
// finds no free slot sleeps within its call. Those who poll are woken when a
// call ends, and before the writer sleeps only if the call had found the pipe
// empty, when it began or when it went on.
type Pipe struct {
	Ino      uint64
	Stream   []byte // all that is to be written
	Calls    []Call // in order
	Capacity int    // bytes; a multiple of a page

	Head   int  // bytes of Stream that the logger has done with
	Held   int  // bytes behind those that it has taken from the pipe
	Kept   int  // how many of those are in a lock page; the others are in its memory
	Tail   int  // bytes of Stream that were written into it
	Closed bool // the writer has gone

	slots    []slot
	call     int  // the index in Calls of the next or present call
	writing  bool // the call has begun
	blocked  bool // it sleeps, since there was no room
	wasEmpty bool // as in pipe_write
	closeAt  int64

	// Of the logger's epoll: what was reported or woken stands in a list, and
	// is looked at by the next wait.
	listed bool
	polled bool // the logger polls
}

// slot is a pipe_buffer: from and to are offsets in its page.
type slot struct{ from, to int }

// Call is a write call: at the time At, of the monotonic clock, or when the
// one before it has ended, it writes what is missing of the first Upto bytes of
// the stream.
type Call struct {
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

// pump lets the writer go on as far as it can.
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

// begin begins a call of n bytes. What does not fill a page goes first, into
// the last one, if it fits.
func (p *Pipe) begin(n int) {
	p.writing, p.wasEmpty = true, len(p.slots) == 0
	if part := n % pipePage; part > 0 && !p.wasEmpty {
		if last := &p.slots[len(p.slots)-1]; last.to+part <= pipePage {
			last.to += part
			p.Tail += part
		}
	}
}

// fill writes up to upto and reports whether all of it found room.
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

// poll has the logger's epoll look at the pipe when the logger starts.
func (p *Pipe) poll() { p.polled, p.listed = true, true }

// ready is what a level-triggered epoll_wait finds without sleeping.
func (p *Pipe) ready() bool {
	p.listed = p.listed && (len(p.slots) > 0 || p.Closed)
	return p.listed
}

// edge is the same, edge-triggered.
func (p *Pipe) edge() bool {
	ready := p.ready()
	p.listed = false
	return ready
}

// waiting is how many bytes are in the pipe.
func (p *Pipe) waiting() int { return p.Tail - p.Head - p.Held }

// next is when the writer does something, unless it is blocked.
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

// Blocked reports whether the writer sleeps within a call.
func (p *Pipe) Blocked() bool { return p.writing }

// Finished reports whether the writer has no more to write.
func (p *Pipe) Finished() bool { return p.Tail == len(p.Stream) }

// Schedule has the stream written in calls that end at the given places, a
// gap after one another, beginning at the time from.
func (p *Pipe) Schedule(from int64, ends []int, gap func() int64) {
	sort.Ints(ends)
	for _, end := range ends {
		p.Calls = append(p.Calls, Call{At: from, Upto: end})
		from += gap()
	}
	p.Calls = append(p.Calls, Call{At: from, Upto: len(p.Stream)})
}

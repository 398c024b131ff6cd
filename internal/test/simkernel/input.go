package simkernel

import (
	"bytes"
	"syscall"

	"multilog/pipeline/input"
	"multilog/rotate/lockpage"
)

// widestBytes is how many bytes Peek shows at most unless Plan.Window is set.
const widestBytes = 64 << 10

// Traits returns the traits of a pipe, or those of an input that can only be read.
func (k *Kernel) Traits() input.Traits {
	if k.w.Pipe == nil || k.plan.Plain {
		return input.Traits{}
	}
	return input.Traits{
		Dev: 7, Ino: k.w.Pipe.Ino, Stays: true, Movable: true,
		Cramped: k.w.Pipe.Capacity <= 2*pipePage, // what is left in both pages keeps the writer from going on
	}
}

// LastLine limits reading, where the input can only be read, to the end of a line.
func (k *Kernel) LastLine() { k.reading.lineOnly = true }

// Peek shows what is in the pipe. If the input can only be read, Peek moves it into the
// logger's memory. As on Linux, the end of input shows only when the pipe is empty.
func (k *Kernel) Peek() (b []byte, held int, eof bool) {
	end := k.call()
	p := k.w.Pipe
	limit := k.plan.Window
	if limit == 0 {
		limit = widestBytes
	}
	limit += p.Held
	in := p.Stream[p.Head:min(p.Tail, p.Head+limit)]
	if k.plan.Plain {
		if n := bytes.IndexByte(in[p.Held:], '\n'); n >= 0 && k.reading.lineOnly {
			in = in[:p.Held+n+1]
		}
		p.read(len(in) - p.Held)
		p.Held = len(in)
	}
	more := p.Head+len(in) < p.Tail
	if cap(k.reading.buf) <= limit {
		k.reading.buf = make([]byte, limit+1)
	}
	b = k.reading.buf[:copy(k.reading.buf[:limit], in)]
	eof = p.Closed && !more && (k.reading.shown == p.Head+len(b) || len(b) == p.Held)
	k.reading.shown = p.Head + len(b)
	if k.w.Trace != nil {
		k.w.tracef("peek: %d bytes, %d of them held, eof %v", len(b), p.Held, eof)
	}
	k.returns(end)
	return b, p.Held, eof
}

// Waiting returns how many bytes are in the pipe.
func (k *Kernel) Waiting() int { return k.w.Pipe.Tail - k.w.Pipe.Head }

// Hold makes Peek show again bytes that the previous logger has taken from the pipe.
// They must be the last ones that it has taken.
func (k *Kernel) Hold(b []byte) {
	p := k.w.Pipe
	if len(b) > p.Head || string(p.Stream[p.Head-len(b):p.Head]) != string(b) {
		k.w.Fail("%q is held, which does not stand before what is in the pipe", b)
	}
	p.Head -= len(b)
	p.Held, p.Kept = p.Held+len(b), len(b)
	k.w.tracef("hold %d bytes", len(b))
}

// Take moves bytes from the pipe into memory. A kill loses them.
func (k *Kernel) Take(n int, mark *byte) ([]byte, error) {
	p := k.w.Pipe
	if err := k.Consume(n, mark, nil); err != nil {
		return nil, err
	}
	p.Head -= n
	p.Held = n
	return p.Stream[p.Head:][:n:n], nil
}

// Consume drops n bytes, those that are held first, and moves the next len(tail) to tail.
// It stores the last byte that it has taken from the pipe in mark.
func (k *Kernel) Consume(n int, mark *byte, tail []byte) error {
	end := k.call()
	p := k.w.Pipe
	if n < 0 || p.Head+max(n, p.Held)+len(tail) > p.Tail {
		k.w.Fail("consume of %d and %d bytes where %d are in the pipe", n, len(tail), p.Tail-p.Head)
	}
	if k.plan.Plain && (n > p.Held || len(tail) > 0) {
		k.w.Fail("consume of %d and %d bytes where %d were read", n, len(tail), p.Held)
	}
	if err := k.fails(); err != nil && !k.plan.Plain && n+len(tail) > 0 {
		k.w.tracef("consume %d bytes: %v", n, err)
		k.returns(end)
		return err
	}
	took := max(0, n-p.Held)
	p.read(took + len(tail))
	p.Head += n
	if mark != nil && took > 0 {
		*mark = p.Stream[p.Head-1]
	}
	p.Held = max(0, p.Held-n)
	copy(tail, p.Stream[p.Head+p.Held:])
	p.Held += len(tail)
	p.Kept = p.Held
	if k.w.Trace != nil {
		if n > 0 || len(tail) == 0 {
			k.w.tracef("consume %d bytes, up to %d", n, p.Head)
		}
		if len(tail) > 0 {
			k.w.tracef("take %d bytes of a line", len(tail))
		}
	}
	if k.w.Watch != nil {
		k.w.Watch.Consumed()
	}
	k.returns(end)
	return nil
}

func (k *Kernel) signals() (terms, alarms int) {
	terms, alarms = k.terms, k.alrms
	k.terms, k.alrms = 0, 0
	return terms, alarms
}

// Wait sleeps until an operation is finished, a signal comes, the monotonic clock reaches
// until (0: never) or, if input is true, there is input. It waits for input with a
// level-triggered epoll, or with an edge-triggered one if Edges is set.
func (k *Kernel) Wait(until int64, input bool) (terms, alarms int) {
	end := k.call()
	if until != 0 && k.w.Trace != nil {
		k.w.tracef("wait until %.6f, input %v", float64(until)/1e9, input)
	} else {
		k.w.tracef("wait, input %v", input)
	}
	terms, alarms = k.wait(until, input)
	k.returns(end)
	return terms, alarms
}

func (k *Kernel) wait(until int64, input bool) (terms, alarms int) {
	for {
		finished := k.deliver()
		terms, alarms = k.signals()
		if finished || terms+alarms > 0 || until != 0 && k.w.mono >= until {
			return terms, alarms
		}
		if input && k.ready() {
			return terms, alarms
		}
		if k.plan.Lazy && k.w.Rand.IntN(8) == 0 {
			return terms, alarms // without a reason, which the loop must tolerate
		}
		next := k.next()
		if until != 0 {
			next = min(next, until)
		}
		if next != never {
			k.w.mono = max(next, k.w.mono)
			k.pump()
			continue
		}
		if k.idles++; k.idles > maxIdles {
			k.w.Fail("the logger waits for ever (for input: %v)", input)
		}
		k.plan.Idle(k)
		k.pump()
	}
}

func (k *Kernel) ready() bool {
	if k.Edges {
		return k.w.Pipe.edge()
	}
	return k.w.Pipe.ready()
}

// maxIdles is how often Plan.Idle is called at most.
const maxIdles = 8

// MapPage maps the lock page in the file fd.
func (k *Kernel) MapPage(fd int) ([]byte, error) {
	end := k.call()
	defer k.returnsUnlessDead(end)
	if err := k.fails(); err != nil {
		return nil, err
	}
	f := k.fd(fd).f
	switch {
	case len(f.Data) == 0:
		return nil, syscall.EINVAL // a load would be a bus error
	case len(f.Data) < pageSize:
		mem := lockpage.New() // a copy: stores to it are lost
		copy(mem, f.Data)
		return mem, nil
	}
	k.pages = append(k.pages, f)
	k.w.tracef("map %s", k.w.NameOf(f))
	return f.Data[:pageSize:pageSize], nil
}

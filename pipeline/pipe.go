package pipeline

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// pipe is a pipe or FIFO. peek duplicates its pages into a private pipe, which
// moves nothing, and reads that.
//
// A writer that has opened it with O_DIRECT writes packets (pipe(2)): a read
// takes one of them at most, and drops what it does not take of it. The
// reading end can't see that, but in how the private pipe reads. Then bytes are
// consumed by moving them to the private pipe, which takes all or none of them,
// too, and as much of a packet as is asked for; the mark is stored after that,
// so that a kill between the two leaves it to the bytes to tell.
type pipe struct {
	taker
	in, out int  // the private pipe's two ends
	bytes   int  // capacity of standard input
	slots   int  // of the private pipe: each takes a page, or less
	packets bool // there have been some
	reads   int  // that took the private pipe's content; of packets, one each
}

// enlarge makes a pipe larger, as far as that is allowed, and returns its
// capacity in bytes. Not to be allowed to is no error; not to be a pipe is one.
func enlarge(fd int) (bytes int, err error) {
	bytes, err = unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0)
	for size := pipeAsked; err == nil && size != bytes; size /= 2 {
		if n, err := unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, size); err == nil {
			return n, nil
		}
		if size < bytes {
			break
		}
	}
	return bytes, err
}

func newPipe(fd int) (*pipe, error) {
	bytes, err := enlarge(fd)
	if err != nil {
		return nil, err
	}
	var private [2]int
	if err := unix.Pipe2(private[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, err
	}
	p := &pipe{taker: taker{fd: fd}, bytes: bytes, out: private[0], in: private[1]}
	size, err := enlarge(p.in)
	if err != nil {
		return nil, err
	}
	p.slots = size / unix.Getpagesize()
	// Its other end may have been opened for reading only, by accident, or
	// the kernel may lack tee: then the input is read.
	if _, err := tee(fd, p.in, 0); err != nil && !errors.Is(err, syscall.EAGAIN) {
		return nil, err
	}
	return p, nil
}

func (p *pipe) peek(buf []byte, known int, hangup bool) (n int, more, eof bool) {
	held := copy(buf, p.held)
	if held == len(buf) {
		return held, true, false
	}
	there := 0 // bytes in the pipe, where that matters
	if known-held >= p.slots {
		there = p.waiting()
	}
	n, err := tee(p.fd, p.in, len(buf)-held)
	if err == nil && !p.drain(buf[held:held+n]) {
		n, err = tee(p.fd, p.in, len(buf)-held)
		p.drain(buf[held : held+max(n, 0)])
	}
	if err != nil {
		return held, err == syscall.EINTR, err != syscall.EAGAIN && err != syscall.EINTR
	}
	full := p.packets && p.reads >= p.bytes/unix.Getpagesize()
	if held+n == known && (n < there || full) {
		// A line in more pieces than there are slots: what is behind them
		// can't be seen, or written, without taking them.
		if p.drop(n, nil) != nil {
			return held, false, true
		}
		p.held = append(p.held, buf[held:held+n]...)
		return p.peek(buf, 0, hangup)
	}
	// Each slot holds at least one byte. The beginning of a line that was
	// there already says nothing of what is behind it.
	more = held+n == len(buf) || n >= p.slots && held+n > known
	return held + n, more, n == 0 || hangup && !more
}

// drain reads all that is in the private pipe, as many bytes as b has. It says
// whether it could: a byte was dropped if it finds only now that there are
// packets.
func (p *pipe) drain(b []byte) bool {
	p.reads = 0
	for read := 0; read < len(b); {
		// Of one packet only the last byte is left: ask for that separately.
		upto := len(b)
		if !p.packets && read < upto-1 {
			upto--
		}
		n, err := readRaw(p.out, b[read:upto])
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil || n == 0:
			p.packets = true
			return false
		case read+n < upto:
			p.packets = true
		}
		read += n
		p.reads++
	}
	return true
}

func (p *pipe) take(n int, mark *byte) ([]byte, error) {
	if !p.packets {
		return p.taker.take(n, mark)
	}
	b := make([]byte, 0, n)
	for len(b) < n {
		m, err := splice(p.fd, p.in, n-len(b))
		if err == syscall.EINTR {
			continue
		}
		if err != nil || m == 0 {
			break
		}
		p.drain(b[len(b) : len(b)+m])
		b = b[:len(b)+m]
	}
	if len(b) == n {
		*mark = b[n-1]
	}
	p.held = append(p.held, b...)
	return b, nil
}

func (p *pipe) consume(n int, mark *byte) error {
	n -= p.forget(n)
	return p.drop(n, mark)
}

// drop takes bytes from the pipe.
func (p *pipe) drop(n int, mark *byte) error {
	if !p.packets {
		return p.trash.take(p.fd, n, mark)
	}
	for n > 0 {
		m, err := splice(p.fd, p.in, n)
		if err == syscall.EINTR {
			continue
		}
		if err == nil && m == 0 {
			err = syscall.EPIPE
		}
		if err != nil {
			return err
		}
		if n -= m; n > 0 {
			err = p.trash.take(p.out, m, nil)
		} else {
			err = p.trash.take(p.out, m, mark)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *pipe) canPeek() bool { return true }
func (p *pipe) capacity() int { return p.bytes }
func (p *pipe) lastLine()     {}

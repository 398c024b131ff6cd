package input

import (
	"errors"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// pipe is a pipe or FIFO. peek duplicates its pages into a private pipe, which
// moves nothing, and reads that. consume takes what was dealt with by one read.
//
// A writer that has opened it with O_DIRECT writes packets (pipe(2)): a read
// takes one of them at most, and drops what it does not take of it. The
// reading end can't see that, but in how the private pipe reads. A read that
// takes all that peek has shown, in as many pieces as that came in, needs no
// care. Otherwise bytes are consumed by moving them to the private pipe, which
// takes all or none of them, too, and as much of a packet as is asked for; the
// mark is stored after that, so that a kill between the two leaves it to the
// bytes to tell.
type pipe struct {
	taker
	in, out int  // the private pipe's two ends
	bytes   int  // capacity of standard input
	slots   int  // of the private pipe: each takes a page, or less
	reads   int  // that took the private pipe's content; of packets, one each
	packets bool // there are some among what peek has shown
	probed  bool // packets is known
}

// pipeBytes is the capacity that pipes are given where that is allowed: what a
// delay leaves unread stays in the kernel, where a kill can't reach it.
const pipeBytes = 1 << 20

// pipeAsked is the capacity to ask for: pipeBytes, unless MULTILOG_PIPE says
// otherwise, to measure what that gains.
var pipeAsked = func() int {
	if n, err := strconv.Atoi(os.Getenv("MULTILOG_PIPE")); err == nil && n > 0 {
		return n
	}
	return pipeBytes
}()

// enlarge makes a pipe as large as asked, as far as that is allowed, and
// returns its capacity in bytes. Not to be allowed to is no error; not to be a
// pipe is one.
func enlarge(fd, asked int) (bytes int, err error) {
	bytes, err = unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0)
	for size := asked; err == nil && size != bytes; size /= 2 {
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
	bytes, err := enlarge(fd, pipeAsked)
	if err != nil {
		return nil, err
	}
	var private [2]int
	if err := unix.Pipe2(private[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return nil, err
	}
	p := &pipe{taker: taker{reader: reader{fd: fd}}, bytes: bytes, out: private[0], in: private[1]}
	size, err := enlarge(p.in, min(pipeAsked, BatchBytes))
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

func (p *pipe) peek(buf []byte) view {
	held := copy(buf, p.held)
	// Bytes that were left in it hide that its writer has gone.
	gone := len(p.shown) > 0 && hungUp(p.fd)
	p.shown, p.packets, p.probed = nil, false, false
	// There is room for more than the private pipe holds, unless much is held:
	// so it is never cut within a packet.
	n, err := tee(p.fd, p.in, len(buf)-held)
	if err != nil {
		return view{n: held, held: held, more: err == syscall.EINTR, eof: err != syscall.EAGAIN && err != syscall.EINTR}
	}
	p.shown = buf[held : held+n]
	p.drain(p.shown)
	p.packets = p.reads > 1
	more := n >= p.slots*unix.Getpagesize()/2 || p.reads >= p.slots
	return view{n: held + n, held: held, more: more, eof: n == 0 || gone && !more}
}

// drain reads all that is in the private pipe, as many bytes as b has, and
// counts the reads. It reports whether all were there: some are dropped if b is
// shorter than a packet.
func (p *pipe) drain(b []byte) bool {
	p.reads = 0
	for read := 0; read < len(b); {
		n, err := readRaw(p.out, b[read:])
		if err == syscall.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return false
		}
		read += n
		p.reads++
	}
	return true
}

// probe finds out whether what peek has shown, and has read in one piece, ends
// in a packet: of that, the last byte is gone when it is asked for separately.
func (p *pipe) probe() {
	if p.packets || p.probed || len(p.shown) < 2 {
		return
	}
	p.probed = true
	p.grow(len(p.shown))
	n, err := tee(p.fd, p.in, len(p.shown))
	if err != nil || n < 2 {
		return
	}
	p.packets = !p.drain(p.scratch[:n-1]) || !p.drain(p.scratch[n-1:n])
}

func (p *pipe) consume(n int, mark *byte, tail []byte) error {
	whole := len(p.held) + len(p.shown)
	if n+len(tail) < whole && n > len(p.held) {
		p.probe()
	}
	if !p.packets {
		return p.taker.consume(n, mark, tail)
	}
	take := n - min(n, len(p.held))
	if err := p.drop(take, mark); err != nil {
		return err
	}
	p.forget(n - take)
	p.shown = p.shown[min(take, len(p.shown)):]
	for len(tail) > 0 { // to its end: so each read takes a packet whole
		part := tail
		if err := p.move(&part); err != nil {
			return err
		}
		tail = tail[len(part):]
	}
	return nil
}

// move takes as many bytes of the pipe as one read does into the tail, and
// makes that as long as those are.
func (p *pipe) move(tail *[]byte) error {
	n, err := p.reader.read(*tail)
	if err == nil && n == 0 {
		err = syscall.EPIPE
	}
	if err != nil {
		return err
	}
	*tail = (*tail)[:n]
	p.held = append(p.held, *tail...)
	p.shown = p.shown[min(n, len(p.shown)):]
	return nil
}

// drop takes bytes from a pipe of packets.
func (p *pipe) drop(n int, mark *byte) error {
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
		p.grow(m)
		p.drain(p.scratch[:m])
		if n -= m; n == 0 && mark != nil {
			*mark = p.scratch[m-1]
		}
	}
	return nil
}

func (p *pipe) take(n int, mark *byte) ([]byte, error) {
	p.probe()
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
	p.shown = nil
	return b, nil
}

// cramped reports whether the beginning of a line can fill the pipe. A page of a
// pipe is free when all of it is read; what is less than a line may lie in two, and
// a write that does not fit behind it needs one more. Each packet takes a page.
func (p *pipe) cramped() bool { return p.bytes <= 2*unix.Getpagesize() || p.packets }
func (p *pipe) capacity() int { return p.bytes }
func (p *pipe) lastLine()     {}

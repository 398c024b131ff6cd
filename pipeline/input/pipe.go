package input

import (
	"errors"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// pipe is a pipe or FIFO. peek duplicates its pages into a private pipe, which moves
// nothing, and reads that. consume takes what was handled with one read.
//
// A writer that has opened the pipe with O_DIRECT writes packets (pipe(2)): a read
// takes at most one of them and drops the part of it that does not fit. The reading end
// cannot ask whether there are packets; the reads from the private pipe show it. A read
// that takes everything that peek has shown needs no care. Otherwise consume moves the
// bytes to the private pipe by splice, which takes all or none of them, and of a packet
// as much as it is asked for. The mark is stored after that; after a kill in between,
// recovery compares the bytes.
type pipe struct {
	taker
	in, out int  // the private pipe's two ends
	bytes   int  // capacity of standard input
	slots   int  // of the private pipe; each takes at most a page
	half    int  // bytes: half of what the private pipe takes
	reads   int  // how many reads it took to empty the private pipe; one for each packet
	packets bool // peek has shown packets
	probed  bool // packets is known
}

// pipeBytes is the capacity that a pipe is given if that is allowed. What a delay
// leaves unread then stays in the kernel, where a kill does not reach it.
const pipeBytes = 1 << 20

// pipeAsked is the capacity to ask for: pipeBytes, unless MULTILOG_PIPE says otherwise,
// which is for benchmarks.
var pipeAsked = func() int {
	if n, err := strconv.Atoi(os.Getenv("MULTILOG_PIPE")); err == nil && n > 0 {
		return n
	}
	return pipeBytes
}()

// enlarge makes a pipe as large as asked, as far as that is allowed, and returns its
// capacity in bytes. A pipe that is larger stays so, unless MULTILOG_PIPE asks. It returns
// an error only if fd is not a pipe.
func enlarge(fd, asked int) (bytes int, err error) {
	bytes, err = unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0)
	if bytes > asked && pipeAsked == pipeBytes {
		return bytes, err
	}
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
	p.slots, p.half = size/unix.Getpagesize(), size/2
	// fd may be the writing end of a pipe, by accident, or the kernel may lack tee.
	// Then the input is read plainly.
	if _, err := tee(fd, p.in, 0); err != nil && !errors.Is(err, syscall.EAGAIN) {
		return nil, err
	}
	return p, nil
}

func (p *pipe) peek(buf []byte) view {
	held := copy(buf, p.held)
	// Bytes that were left in the pipe hide that its writer has gone.
	gone := len(p.shown) > 0 && hungUp(p.fd)
	p.shown, p.packets, p.probed = nil, false, false
	// Unless much is held, buf has room for more than the private pipe holds. So no
	// packet is cut.
	n, err := tee(p.fd, p.in, len(buf)-held)
	if err != nil {
		return view{n: held, held: held, more: err == syscall.EINTR, eof: err != syscall.EAGAIN && err != syscall.EINTR}
	}
	p.shown = buf[held : held+n]
	p.drain(p.shown)
	p.packets = p.reads > 1
	more := n >= p.half || p.reads >= p.slots
	return view{n: held + n, held: held, more: more, eof: n == 0 || gone && !more}
}

// drain reads len(b) bytes, which is all that the private pipe contains, and counts the
// reads. It reports whether it got all: if b is shorter than a packet, some bytes are
// dropped.
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

// probe determines whether what peek has shown, and read in one piece, is a packet. It
// reads all but the last byte: of a packet, the last byte is then gone.
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
	for len(tail) > 0 { // until the end, so that each read takes a whole packet
		part := tail
		if err := p.move(&part); err != nil {
			return err
		}
		tail = tail[len(part):]
	}
	return nil
}

// move takes bytes of the pipe into the tail with one read, and cuts the tail to the
// number that came.
func (p *pipe) move(tail *[]byte) error {
	into := *tail
	n, err := p.reader.read(into)
	if err == syscall.EFAULT { // the lock page is lost
		p.grow(len(into))
		into = p.scratch[:len(into)]
		n, err = p.reader.read(into)
	}
	if err == nil && n == 0 {
		err = syscall.EPIPE
	}
	if err != nil {
		return err
	}
	*tail = (*tail)[:n]
	p.held = append(p.held, into[:n]...)
	p.shown = p.shown[min(n, len(p.shown)):]
	return nil
}

// drop takes n bytes from a pipe of packets and stores the last one at mark.
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
			setMark(mark, p.scratch[m-1])
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
		setMark(mark, b[n-1])
	}
	p.held = append(p.held, b...)
	p.shown = nil
	return b, nil
}

// cramped reports whether the beginning of a line can fill the pipe. A page of a pipe
// is free when all of it was read. Less than a line may lie in two pages, and a write
// that does not fit behind it needs another one. Each packet takes a page.
func (p *pipe) cramped() bool { return p.bytes <= 2*unix.Getpagesize() || p.packets }
func (p *pipe) capacity() int { return p.bytes }
func (p *pipe) lastLine()     {}

package pipeline

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// Standard input, by kind. What is at its head is looked at first and taken
// only when it has been written: a pipe's bytes by tee and read, a file's by
// pread, a stream socket's by MSG_PEEK. What can do none of these is read.
// The file status flags are never changed: others share them.

// source is one kind of input. peek fills buf from the head of the input
// without waiting; eof says that nothing will follow; more that there may be
// more than was looked at. Of what it finds, known bytes have been looked at
// before; hangup says that a wait has seen the other side go.
type source interface {
	peek(buf []byte, known int, hangup bool) (n int, more, eof bool)
	consume(n int, mark *byte) error
	canPeek() bool
	capacity() int // bytes that may wait in the input; a guess where unknown
	lastLine()
}

// smallCapacityBytes is a pipe's capacity where nobody has enlarged it.
const smallCapacityBytes = 64 << 10

// pipeBytes is the capacity that pipes are given where that is allowed: what
// a hiccup delays stays in the kernel, where a kill can't reach it.
const pipeBytes = 1 << 20

// pipeAsked is the capacity asked for: pipeBytes, unless MULTILOG_PIPE says
// otherwise, to measure what that gains.
var pipeAsked = func() int {
	if n, err := strconv.Atoi(os.Getenv("MULTILOG_PIPE")); err == nil && n > 0 {
		return n
	}
	return pipeBytes
}()

// openSource takes the descriptor as input: how is "peek" or empty for what
// its kind allows, or "read" for plain reading, whatever it is.
func openSource(fd int, how string) (source, error) {
	switch how {
	case "", "peek":
		return newSource(fd), nil
	case "read":
		return newStream(fd), nil
	default:
		return nil, fmt.Errorf("unknown way %q", how)
	}
}

// newSource finds out what the descriptor is.
func newSource(fd int) source {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return newStream(fd)
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFIFO:
		if p, err := newPipe(fd); err == nil {
			return p
		}
	case unix.S_IFREG:
		if _, err := unix.Seek(fd, 0, unix.SEEK_CUR); err == nil {
			return &regular{fd: fd}
		}
	case unix.S_IFSOCK:
		if t, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); err == nil && t == unix.SOCK_STREAM {
			return &socket{fd: fd}
		}
	}
	return newStream(fd)
}

// pipe is a pipe or FIFO. peek duplicates its pages into a private pipe, which
// moves nothing, and reads that.
type pipe struct {
	fd, in, out int // standard input; the private pipe's two ends
	bytes       int // capacity of standard input
	slots       int // of the private pipe: each takes a page, or less
	trash       trash
}

// enlarge makes a pipe larger where that is allowed, and returns its capacity
// in bytes. Not to be allowed to is no error; not to be a pipe is one.
func enlarge(fd int) (bytes int, err error) {
	if n, err := unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, pipeAsked); err == nil {
		return n, nil
	}
	return unix.FcntlInt(uintptr(fd), unix.F_GETPIPE_SZ, 0)
}

func newPipe(fd int) (*pipe, error) {
	bytes, err := enlarge(fd)
	if err != nil {
		return nil, err
	}
	var private [2]int
	if err := unix.Pipe2(private[:], unix.O_CLOEXEC); err != nil {
		return nil, err
	}
	p := &pipe{fd: fd, bytes: bytes, out: private[0], in: private[1]}
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
	n, err := tee(p.fd, p.in, len(buf))
	if err != nil {
		return 0, err == syscall.EINTR, err != syscall.EAGAIN && err != syscall.EINTR
	}
	for read := 0; read < n; {
		m, err := readRaw(p.out, buf[read:n])
		if err == syscall.EINTR {
			continue
		}
		if err != nil || m == 0 {
			return 0, false, true // not with a pipe that nobody else has
		}
		read += m
	}
	// Each slot holds at least one byte. The beginning of a line that was
	// there already says nothing of what is behind it.
	more = n == len(buf) || n >= p.slots && n > known
	return n, more, n == 0 || hangup && !more
}

// consume reads the bytes into one page, again and again: measured, that costs
// no more than splicing them to /dev/null, and unlike that it takes all of
// them or, killed, none.
func (p *pipe) consume(n int, mark *byte) error { return p.trash.take(p.fd, n, mark) }

func (p *pipe) canPeek() bool { return true }
func (p *pipe) capacity() int { return p.bytes }
func (p *pipe) lastLine()     {}

// regular is a regular file.
type regular struct{ fd int }

func (r *regular) peek(buf []byte, _ int, _ bool) (n int, more, eof bool) {
	at, err := unix.Seek(r.fd, 0, unix.SEEK_CUR)
	if err != nil {
		return 0, false, true
	}
	n, err = unix.Pread(r.fd, buf, at)
	if err != nil {
		return 0, err == syscall.EINTR, err != syscall.EINTR
	}
	return n, n == len(buf), n < len(buf)
}

// consume leaves mark alone: what stands at the head of a file says enough.
func (r *regular) consume(n int, _ *byte) error {
	_, err := unix.Seek(r.fd, int64(n), unix.SEEK_CUR)
	return err
}

func (r *regular) canPeek() bool { return true }
func (r *regular) capacity() int { return smallCapacityBytes }
func (r *regular) lastLine()     {}

// socket is a stream socket.
type socket struct {
	fd    int
	trash trash
}

func (s *socket) peek(buf []byte, _ int, hangup bool) (n int, more, eof bool) {
	n, _, err := unix.Recvfrom(s.fd, buf, unix.MSG_PEEK|unix.MSG_DONTWAIT)
	if err != nil {
		return 0, err == syscall.EINTR, err != syscall.EAGAIN && err != syscall.EINTR
	}
	// A peek may stop at the border of two messages.
	more = n > 0 && s.waiting() > n
	return n, more, n == 0 || hangup && !more
}

// waiting is how many bytes wait in the socket.
func (s *socket) waiting() int {
	n, err := unix.IoctlGetInt(s.fd, unix.TIOCINQ)
	if err != nil {
		return 0
	}
	return n
}

func (s *socket) consume(n int, mark *byte) error { return s.trash.take(s.fd, n, mark) }
func (s *socket) canPeek() bool                   { return true }
func (s *socket) capacity() int                   { return smallCapacityBytes }
func (s *socket) lastLine()                       {}

// stream is whatever can only be read: a terminal, a device, a datagram
// socket. What was read and not consumed stands in the buffer that peek gets,
// which is the same each time: from from to to.
type stream struct {
	fd       int
	bytes    int // capacity
	from, to int
	ended    bool
	byByte   bool
}

func newStream(fd int) *stream {
	bytes, err := enlarge(fd)
	if err != nil {
		bytes = smallCapacityBytes // not a pipe
	}
	return &stream{fd: fd, bytes: bytes}
}

func (s *stream) peek(buf []byte, _ int, _ bool) (n int, more, eof bool) {
	s.to = copy(buf, buf[s.from:s.to])
	s.from = 0
	for !s.ended && s.to < len(buf) && s.ready() {
		part := buf[s.to:]
		if s.byByte {
			part = part[:1]
		}
		n, err := unix.Read(s.fd, part)
		if err == syscall.EINTR || err == syscall.EAGAIN {
			break
		}
		if err != nil || n == 0 {
			s.ended = true
			break
		}
		s.to += n
		if !s.byByte || part[0] == '\n' {
			more = s.ready()
			break
		}
	}
	return s.to, more, s.ended
}

// ready says whether a read would not wait.
func (s *stream) ready() bool {
	fds := [1]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds[:], 0)
	return err == nil && n > 0
}

func (s *stream) consume(n int, _ *byte) error {
	s.from += n
	return nil
}

func (s *stream) canPeek() bool { return false }
func (s *stream) capacity() int { return s.bytes }
func (s *stream) lastLine()     { s.byByte = true }

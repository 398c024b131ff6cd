package pipeline

import (
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
// without waiting; eof says that nothing will follow; more that there is
// probably more than was looked at. The others are those of Kernel.
type source interface {
	peek(buf []byte) (n int, more, eof bool)
	consume(n int, mark *byte, tail []byte) error
	take(n int, mark *byte) ([]byte, error)
	hold(b []byte)
	waiting() int
	holds() int
	canPeek() bool
	canMove() bool
	atStart() bool
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
		return nil, fmt.Errorf("no such way as MULTILOG_INPUT=%q, there are peek and read", how)
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
		if st.Size == 0 {
			break // empty, or one of proc: kmsg, there, gives each byte once, and waits for more
		}
		if _, err := unix.Seek(fd, 0, unix.SEEK_CUR); err == nil {
			return &regular{fd: fd}
		}
	case unix.S_IFSOCK:
		if t, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); err == nil && t == unix.SOCK_STREAM {
			return &socket{taker{reader: reader{fd: fd}}}
		}
	}
	return newStream(fd)
}

// regular is a regular file. All of it can be seen: it has no use for take.
type regular struct{ fd int }

func (r *regular) peek(buf []byte) (n int, more, eof bool) {
	at, err := unix.Seek(r.fd, 0, unix.SEEK_CUR)
	if err != nil {
		return 0, false, true
	}
	for n < len(buf) { // less than was asked for is not the end: see FUSE
		m, err := unix.Pread(r.fd, buf[n:], at+int64(n))
		if err == syscall.EINTR {
			break
		}
		if err != nil || m == 0 {
			return n, false, true
		}
		n += m
	}
	return n, true, false
}

// consume leaves mark alone: what stands at the head of a file says enough.
func (r *regular) consume(n int, _ *byte, _ []byte) error {
	_, err := unix.Seek(r.fd, int64(n), unix.SEEK_CUR)
	return err
}

func (r *regular) atStart() bool {
	at, err := unix.Seek(r.fd, 0, unix.SEEK_CUR)
	return err == nil && at == 0
}

func (r *regular) take(int, *byte) ([]byte, error) { return nil, unix.ENOTSUP }
func (r *regular) hold([]byte)                     {}
func (r *regular) canMove() bool                   { return false }
func (r *regular) waiting() int                    { return 0 }
func (r *regular) holds() int                      { return 0 }
func (r *regular) canPeek() bool                   { return true }
func (r *regular) capacity() int                   { return smallCapacityBytes }
func (r *regular) lastLine()                       {}

// socket is a stream socket.
type socket struct{ taker }

func (s *socket) peek(buf []byte) (n int, more, eof bool) {
	held := copy(buf, s.held)
	gone := len(s.shown) > 0 && hungUp(s.fd)
	s.shown = nil
	n, err := peekRaw(s.fd, buf[held:])
	if err != nil {
		return held, err == syscall.EINTR, err != syscall.EAGAIN && err != syscall.EINTR
	}
	s.shown = buf[held : held+n]
	// A peek may stop at the border of two messages.
	more = n > 0 && s.waiting() > n
	return held + n, more, n == 0 || gone && !more
}

func (s *socket) canPeek() bool { return true }
func (s *socket) canMove() bool { return true }
func (s *socket) capacity() int { return smallCapacityBytes }
func (s *socket) lastLine()     {}

// stream is whatever can only be read: a terminal, a device, a datagram
// socket, a file of proc, a pipe that another process reads, too. What was read
// and not consumed stands in the buffer that peek gets, which is the same each
// time: from from to to.
type stream struct {
	reader
	bytes    int // capacity
	from, to int
	ended    bool
	byByte   bool
}

func newStream(fd int) *stream {
	bytes, err := enlarge(fd, pipeAsked)
	if err != nil {
		bytes = smallCapacityBytes // not a pipe
	}
	return &stream{reader: reader{fd: fd, waits: err != nil}, bytes: bytes}
}

// streamOn returns a stream that goes on with a pipe of which held was taken
// already; buf is what peek will get.
func streamOn(p *pipe, buf []byte) *stream {
	return &stream{reader: p.reader, bytes: p.bytes, to: copy(buf, p.held)}
}

func (s *stream) peek(buf []byte) (n int, more, eof bool) {
	s.to = copy(buf, buf[s.from:s.to])
	s.from = 0
	for !s.ended && s.to < len(buf) && s.ready() {
		part := buf[s.to:]
		if s.byByte {
			part = part[:1]
		}
		n, err := s.read(part)
		if err == syscall.EINTR || err == syscall.EAGAIN {
			break
		}
		if err != nil || n == 0 {
			s.ended = true
			break
		}
		s.to += n
		if !s.byByte || part[0] == '\n' {
			break
		}
	}
	return s.to, false, s.ended
}

// ready reports whether a read would not wait.
func (s *stream) ready() bool {
	fds := [1]unix.PollFd{{Fd: int32(s.fd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds[:], 0)
	return err == nil && n > 0
}

func (s *stream) consume(n int, _ *byte, _ []byte) error {
	s.from += n
	return nil
}

func (s *stream) hold([]byte)                     {}
func (s *stream) take(int, *byte) ([]byte, error) { return nil, unix.ENOTSUP }
func (s *stream) waiting() int                    { return 0 }
func (s *stream) holds() int                      { return s.to - s.from }
func (s *stream) canPeek() bool                   { return false }
func (s *stream) canMove() bool                   { return false }
func (s *stream) atStart() bool                   { return false }
func (s *stream) capacity() int                   { return s.bytes }
func (s *stream) lastLine()                       { s.byByte = true }

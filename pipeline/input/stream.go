package input

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// stream is any input that can only be read: a terminal, a device, a datagram socket, a
// file of proc, a pipe that another process also reads. The bytes that were read and
// not consumed are at buf[from:to] of the buffer that peek gets, which is the same each
// time.
type stream struct {
	reader
	bytes    int // capacity
	from, to int
	ended    bool
	byByte   bool
	shared   bool // a pipe that another process may peek at
	took     bool // something was read
}

func newStream(fd int) *stream {
	bytes, err := enlarge(fd, pipeAsked)
	if err != nil {
		bytes = smallCapacityBytes // not a pipe
	}
	return &stream{reader: reader{fd: fd, waits: err != nil}, bytes: bytes}
}

func (s *stream) peek(buf []byte) view {
	s.to = copy(buf, buf[s.from:s.to])
	s.from = 0
	for !s.ended && s.to < len(buf) && s.ready() {
		part := buf[s.to:]
		if s.byByte {
			part = part[:1]
		}
		if s.shared && s.took && !s.byByte {
			s.shared = giveWay(s.fd)
			if !s.ready() {
				break
			}
		}
		s.took = true
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
	return view{n: s.to, held: s.to, eof: s.ended}
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

// take and hold are not called: without Traits.Stays no logger leaves anything.
func (s *stream) take(int, *byte) ([]byte, error) { return nil, unix.ENOTSUP }
func (s *stream) hold([]byte)                     {}
func (s *stream) waiting() int                    { return s.to - s.from }
func (s *stream) lastLine()                       { s.byByte = true }
func (s *stream) cramped() bool                   { return false }
func (s *stream) capacity() int                   { return s.bytes }

package input

import "syscall"

// socket is a stream socket.
type socket struct{ taker }

func (s *socket) peek(buf []byte) view {
	held := copy(buf, s.held)
	// Bytes that were left in the socket hide that its writer has gone.
	gone := len(s.shown) > 0 && hungUp(s.fd)
	s.shown = nil
	n, err := peekRaw(s.fd, buf[held:])
	if err != nil {
		return view{n: held, held: held, more: err == syscall.EINTR, eof: err != syscall.EAGAIN && err != syscall.EINTR}
	}
	s.shown = buf[held : held+n]
	// A peek may stop between two messages.
	more := n > 0 && s.queued() > n
	return view{n: held + n, held: held, more: more, eof: n == 0 || gone && !more}
}

// cramped returns true: in a socket, a message that was read in part takes as much room
// as a whole one.
func (s *socket) cramped() bool { return true }
func (s *socket) capacity() int { return smallCapacityBytes }
func (s *socket) lastLine()     {}

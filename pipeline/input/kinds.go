package input

import (
	"golang.org/x/sys/unix"
)

// kind is one kind of input. Its methods do what those of [Input] do, in buffers of
// their caller.
type kind interface {
	// peek fills buf from the head of the input, without waiting.
	peek(buf []byte) view
	consume(n int, mark *byte, tail []byte) error
	take(n int, mark *byte) ([]byte, error)
	hold(b []byte)
	waiting() int
	lastLine()
	cramped() bool
	capacity() int // how many bytes may wait in the input; a guess where unknown
}

// view is what a peek has found.
type view struct {
	n    int  // bytes in the buffer
	held int  // how many of them, the first ones, are out of the input
	more bool // there is probably more than was looked at
	eof  bool // nothing will follow
}

// smallCapacityBytes is the capacity of a pipe as Linux makes it, and the guess for
// other kinds of input.
const smallCapacityBytes = 64 << 10

// newKind finds out what the descriptor is. Of the traits it leaves out Dev and Ino.
func newKind(fd int) (kind, Traits) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return newStream(fd), Traits{}
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFIFO:
		if p, err := newPipe(fd); err == nil {
			return p, Traits{Stays: true, Movable: true}
		}
	case unix.S_IFREG:
		if st.Size == 0 {
			break // empty, or one of proc: kmsg, there, gives each byte once, and waits for more
		}
		if at, err := unix.Seek(fd, 0, unix.SEEK_CUR); err == nil {
			return &regular{fd: fd}, Traits{Stays: true, AtStart: at == 0}
		}
	case unix.S_IFSOCK:
		if t, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); err == nil && t == unix.SOCK_STREAM {
			return &socket{taker{reader: reader{fd: fd}}}, Traits{Stays: true, Movable: true}
		}
	}
	return newStream(fd), Traits{}
}

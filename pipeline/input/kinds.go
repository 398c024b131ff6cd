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
	capacity() int // how many bytes fit into the input; a guess if unknown
}

// view is the result of a peek.
type view struct {
	n    int  // bytes in the buffer
	held int  // how many of them, the first ones, have left the input
	more bool // there is probably more than peek has read
	eof  bool // nothing will follow
}

// smallCapacityBytes is the capacity that Linux gives a new pipe, and a guess for other
// kinds.
const smallCapacityBytes = 64 << 10

// newKind determines the kind of the descriptor, and all traits except Dev and Ino.
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
			break // empty, or a file of proc such as kmsg, which returns each byte once and waits for more
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

package input

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Stdin is an [Input] of the real kernel.
type Stdin struct {
	kind   kind
	traits Traits
	buf    []byte

	capacity int
	more     bool // there is probably more than the last Peek has shown
	shown    int  // bytes that Peek has shown and Consume has not dropped
	came     int  // bytes that were shown for the first time since the last Came
}

// Open takes over the descriptor fd as input. how is "peek", or empty, to do what the
// kind of input allows, or "read" to read it plainly. warn gets the warning that
// another logger reads the same pipe. The errors are those of an unknown how and of
// mapping memory.
func Open(fd int, how string, warn func(text string)) (*Stdin, error) {
	s := &Stdin{}
	switch how {
	case "", "peek":
		s.kind, s.traits = newKind(fd)
	case "read":
		s.kind = newStream(fd)
	default:
		return nil, fmt.Errorf("no such way as MULTILOG_INPUT=%q, there are peek and read", how)
	}
	if s.traits.Stays {
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err == nil {
			s.traits.Dev, s.traits.Ino = st.Dev, st.Ino
		}
	}
	s.capacity = s.kind.capacity()
	// The kernel writes into this memory without Go knowing, so it is mapped. It has
	// room for one more byte, the newline that an unfinished last line lacks.
	var err error
	s.buf, err = unix.Mmap(-1, 0, PeekBytes+unix.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, err
	}
	if p, ok := s.kind.(*pipe); ok {
		if pid, other := claim(p.fd); other {
			warn(sharedWith(pid))
			s.share(&p.taker)
		}
	}
	return s, nil
}

// Traits implements [Input].
func (s *Stdin) Traits() Traits {
	t := s.traits
	t.Cramped = s.kind.cramped()
	return t
}

// Peek implements [Input].
func (s *Stdin) Peek() (b []byte, held int, eof bool) {
	v := s.kind.peek(s.buf[:PeekBytes])
	s.came += v.n - s.shown
	s.more, s.shown = v.more, v.n
	return s.buf[:v.n], v.held, v.eof
}

// Consume implements [Input].
func (s *Stdin) Consume(n int, mark *byte, tail []byte) error {
	err := s.kind.consume(n, mark, tail)
	if err == nil {
		s.shown -= n
		return nil
	}
	if errors.Is(err, ErrTaken) {
		switch k := s.kind.(type) {
		case *pipe:
			s.share(&k.taker)
		case *socket:
			s.share(&k.taker)
		}
	}
	return err
}

// Hold implements [Input].
func (s *Stdin) Hold(b []byte) {
	s.kind.hold(b)
	s.shown += len(b)
}

// LastLine implements [Input].
func (s *Stdin) LastLine() { s.kind.lastLine() }

// Waiting implements [Input].
func (s *Stdin) Waiting() int { return s.kind.waiting() }

// Take implements [Input].
func (s *Stdin) Take(n int, mark *byte) ([]byte, error) { return s.kind.take(n, mark) }

// More reports whether there is probably more in the input than the last Peek has
// shown. Then waiting for input is not necessary.
func (s *Stdin) More() bool { return s.more }

// Came returns how many bytes Peek has shown for the first time since the last call
// of Came.
func (s *Stdin) Came() int {
	n := s.came
	s.came = 0
	return n
}

// Capacity returns how many bytes fit into the input; a guess if the kernel does not
// say.
func (s *Stdin) Capacity() int { return s.capacity }

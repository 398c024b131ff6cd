package input

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/internal/test/fds"
)

func open(t *testing.T, fd int, how string) *Stdin {
	t.Helper()
	s := fds.Must[*Stdin](t)(Open(fd, how, func(text string) { t.Errorf("warning: %s", text) }))
	t.Cleanup(func() {
		_ = unix.Munmap(s.buf)
		if p, ok := s.kind.(*pipe); ok {
			_, _ = unix.Close(p.in), unix.Close(p.out)
		}
	})
	return s
}

// shows fails the test unless Peek shows this.
func (s *Stdin) shows(t *testing.T, want string, wantHeld int, wantEOF bool) {
	t.Helper()
	if b, held, eof := s.Peek(); string(b) != want || held != wantHeld || eof != wantEOF {
		t.Errorf("%q, %d bytes held, end %v; want %q, %d, %v", b, held, eof, want, wantHeld, wantEOF)
	}
}

func (s *Stdin) consumes(t *testing.T, n, tail int) {
	t.Helper()
	if err := s.Consume(n, nil, make([]byte, tail)); err != nil {
		t.Fatal(err)
	}
}

// Bytes count as new once, when Peek shows them first.
func TestCame(t *testing.T) {
	r, w := fds.Pipe(t, 0)
	fds.CloseLater(t, w)
	s := open(t, r, "")
	fds.Put(t, w, "one\ntwo\nbeg")
	s.shows(t, "one\ntwo\nbeg", 0, false)
	s.shows(t, "one\ntwo\nbeg", 0, false)
	if n := s.Came(); n != 11 {
		t.Errorf("%d bytes came, not 11", n)
	}
	s.consumes(t, 4, 0)
	s.consumes(t, 4, 3)
	fds.Put(t, w, "un\n")
	s.shows(t, "begun\n", 3, false)
	if n := s.Came(); n != 3 {
		t.Errorf("%d bytes came, not 3", n)
	}
	s.consumes(t, 6, 0)
	s.Hold([]byte("held "))
	fds.Put(t, w, "x\n")
	s.shows(t, "held x\n", 5, false)
	if n := s.Came(); n != 2 {
		t.Errorf("%d bytes came, not 2", n)
	}
}

// Consume notices once that another process has taken bytes that were shown. Peek shows
// the bytes that came instead, and from then on the input is read as one that can't be
// peeked.
func TestTaken(t *testing.T) {
	pr, pw := fds.Pipe(t, 0)
	sr, sw := socketPair(t, unix.SOCK_STREAM)
	for name, ends := range map[string][2]int{"pipe": {pr, pw}, "socket": {sr, sw}} {
		t.Run(name, func(t *testing.T) {
			s := open(t, ends[0], "")
			fds.Put(t, ends[1], "one\ntwo\n")
			s.shows(t, "one\ntwo\n", 0, false)
			if b := make([]byte, 4); fds.Must[int](t)(unix.Read(ends[0], b)) != 4 {
				t.Fatal("the other reader does not get its bytes")
			}
			fds.Put(t, ends[1], "three\n")
			if err := s.Consume(4, nil, nil); !errors.Is(err, ErrTaken) {
				t.Fatalf("consume: %v", err)
			}
			if traits := s.Traits(); traits != (Traits{}) {
				t.Errorf("%+v", traits)
			}
			s.shows(t, "two\nthree\n", 10, false)
			s.consumes(t, 4, 0)
			fds.Put(t, ends[1], "four\n")
			s.shows(t, "three\nfour\n", 11, false)
			s.consumes(t, 11, 0)
			_ = unix.Close(ends[1])
			s.shows(t, "", 0, true)
		})
	}
}

// The descriptor's kind decides, unless plain reading is requested.
func TestOpen(t *testing.T) {
	r, w := fds.Pipe(t, 0)
	fds.CloseLater(t, w)
	if s := open(t, r, "read"); s.Traits() != (Traits{}) {
		t.Errorf("read plainly: %+v", s.Traits())
	}
	var st unix.Stat_t
	if err := unix.Fstat(r, &st); err != nil {
		t.Fatal(err)
	}
	s := open(t, r, "peek")
	want := Traits{Dev: st.Dev, Ino: st.Ino, Stays: true, Movable: true, Cramped: s.Capacity() <= 2*unix.Getpagesize()}
	if s.Traits() != want {
		t.Errorf("%+v, want %+v", s.Traits(), want)
	}
	if _, err := Open(r, "otherwise", nil); err == nil {
		t.Error("Open accepts any word")
	}
}

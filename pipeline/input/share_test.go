package input

import (
	"errors"
	"io"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"multilog/internal/test/fds"
)

// other is another process with a pipe: to fcntl(2), locks of an open file are as strange
// to this process as those of another one.
type other struct {
	t  *testing.T
	fd int
}

func newOther(t *testing.T, pipe int) other {
	t.Helper()
	f, err := os.Open("/proc/self/fd/" + strconv.Itoa(pipe))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return other{t, int(f.Fd())}
}

// lock sets or removes a lock.
func (o other) lock(at int64, what int16) {
	o.t.Helper()
	lock := unix.Flock_t{Type: what, Whence: io.SeekStart, Start: at, Len: 1}
	if err := unix.FcntlFlock(uintptr(o.fd), unix.F_OFD_SETLK, &lock); err != nil {
		o.t.Fatal(err)
	}
}

// sees reports whether somebody else has a lock.
func (o other) sees(at int64) bool {
	o.t.Helper()
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart, Start: at, Len: 1}
	if err := unix.FcntlFlock(uintptr(o.fd), unix.F_OFD_GETLK, &lock); err != nil {
		o.t.Fatal(err)
	}
	return lock.Type != unix.F_UNLCK
}

func wantPeek(t *testing.T, s *Stdin, want string) {
	t.Helper()
	if b, _, _ := s.Peek(); string(b) != want {
		t.Errorf("peek shows %q, want %q", b, want)
	}
}

// A logger that comes second reads once, and then waits until the first one knows of it.
func TestGivesWay(t *testing.T) {
	r, w := fds.Pipe(t, 0)
	defer unix.Close(w)
	o := newOther(t, r)
	o.lock(lockReads, unix.F_RDLCK)
	o.lock(lockPeeks, unix.F_RDLCK)
	warned := 0
	s := fds.Must[*Stdin](t)(Open(r, "", func(string) { warned++ }))
	if warned != 1 || s.Traits().Stays || o.sees(lockPeeks) || !o.sees(lockReads) {
		t.Fatalf("%d warnings, traits %+v", warned, s.Traits())
	}
	fds.Put(t, w, "one\n")
	wantPeek(t, s, "one\n")
	if err := s.Consume(4, nil, nil); err != nil {
		t.Fatal(err)
	}
	fds.Put(t, w, "two\n")
	start := time.Now()
	wantPeek(t, s, "two\n") // the other one does not answer
	if waited := time.Since(start); waited < givesWay {
		t.Errorf("it reads again after %v, though the other one peeks", waited)
	}
	time.AfterFunc(givesWay/4, func() { o.lock(lockPeeks, unix.F_UNLCK) })
	fds.Put(t, w, "three\n")
	wantPeek(t, s, "two\nthree\n")
	if o.sees(lockPeeks) || s.kind.(*stream).shared {
		t.Error("it goes on to wait for one that does not peek")
	}
}

// A logger that came first tells by its lock that it peeks, until it knows of the other
// one and has the rest of the line that it took.
func TestKnowsOfOther(t *testing.T) {
	r, w := fds.Pipe(t, 0)
	defer unix.Close(w)
	s := fds.Must[*Stdin](t)(Open(r, "", func(text string) { t.Error(text) }))
	o := newOther(t, r)
	fds.Put(t, w, "one\n")
	wantPeek(t, s, "one\n")
	var taken [4]byte
	fds.Must[int](t)(unix.Read(o.fd, taken[:]))
	fds.Put(t, w, "twelve\n")
	if !o.sees(lockPeeks) {
		t.Error("nothing says that it peeks")
	}
	if err := s.Consume(4, nil, nil); !errors.Is(err, ErrTaken) {
		t.Errorf("consume: %v", err)
	}
	if o.sees(lockPeeks) {
		t.Error("it does not say that it reads plainly now")
	}
	if n := fds.Must[uint32](t)(unix.IoctlGetUint32(r, unix.TIOCINQ)); n != 0 {
		t.Errorf("%d bytes of the line are left in the pipe", n)
	}
	wantPeek(t, s, "twelve\n")
}

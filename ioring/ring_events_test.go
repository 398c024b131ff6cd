package ioring

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestRingPoll(t *testing.T) {
	setups(t, func(t *testing.T, flags uint32) {
		r := newTestRing(t, 8, Params{Flags: flags})
		if !kernelHas(5, 13) {
			t.Skip("multishot poll is of Linux 5.13")
		}
		var p [2]int
		if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		defer unix.Close(p[0])
		defer unix.Close(p[1])
		write := func() {
			t.Helper()
			if _, err := unix.Write(p[1], []byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		s := sqe(t, r)
		s.PrepPollMultishot(p[0], unix.POLLIN)
		s.UserData = 1
		submit(t, r)
		if cqe := r.PeekCQE(); cqe != nil {
			t.Fatalf("readable when empty: %+v", cqe)
		}
		for range 5 { // each write is an edge, though nobody reads
			write()
			cqe := next(t, r)
			if cqe.UserData != 1 || cqe.Res&unix.POLLIN == 0 || cqe.Flags&CQEMore == 0 {
				t.Fatalf("completion %+v", cqe)
			}
		}
		s = sqe(t, r)
		s.PrepPollRemove(1)
		s.UserData = 2
		submit(t, r)
		for range 2 {
			switch cqe := next(t, r); {
			case cqe.UserData == 1 && cqe.Res == -int32(unix.ECANCELED) && cqe.Flags&CQEMore == 0:
			case cqe.UserData == 2 && cqe.Res == 0:
			default:
				t.Errorf("after removal: %+v", cqe)
			}
		}
		// Once only, and readable already.
		if res := result(t, r, prep(t, r, func(s *SQE) { s.PrepPollAdd(p[0], unix.POLLIN) })); res&unix.POLLIN == 0 {
			t.Errorf("poll: %d", res)
		}
	})
}

func TestRingTimeout(t *testing.T) {
	setups(t, func(t *testing.T, flags uint32) {
		r := newTestRing(t, 8, Params{Flags: flags})
		short, long := NewTimespec(time.Millisecond+time.Microsecond), NewTimespec(time.Hour)
		if *short != (Timespec{Nsec: 1001000}) || *long != (Timespec{Sec: 3600}) {
			t.Errorf("%+v, %+v", short, long)
		}
		if res := result(t, r, prep(t, r, func(s *SQE) { s.PrepTimeout(short, 0, 0) })); res != -int32(unix.ETIME) {
			t.Errorf("timeout: %d", res)
		}
		s := sqe(t, r)
		s.PrepTimeout(long, 0, 0)
		s.UserData = 1
		s = sqe(t, r)
		s.PrepTimeoutRemove(1)
		s.UserData = 2
		submit(t, r)
		for range 2 {
			switch cqe := next(t, r); {
			case cqe.UserData == 1 && cqe.Res == -int32(unix.ECANCELED):
			case cqe.UserData == 2 && cqe.Res == 0:
			default:
				t.Errorf("after removal: %+v", cqe)
			}
		}
		runtime.KeepAlive(long)
	})
}

func TestRingCancel(t *testing.T) {
	setups(t, func(t *testing.T, flags uint32) {
		r := newTestRing(t, 8, Params{Flags: flags})
		var p [2]int
		if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		defer unix.Close(p[0])
		defer unix.Close(p[1])
		if res := result(t, r, prep(t, r, func(s *SQE) { s.PrepCancel(1) })); res != -int32(unix.ENOENT) {
			t.Errorf("cancel of nothing: %d", res)
		}
		s := sqe(t, r)
		s.PrepPollAdd(p[0], unix.POLLIN)
		s.UserData = 1
		s = sqe(t, r)
		s.PrepCancel(1)
		s.UserData = 2
		submit(t, r)
		for range 2 {
			switch cqe := next(t, r); {
			case cqe.UserData == 1 && cqe.Res == -int32(unix.ECANCELED):
			case cqe.UserData == 2 && cqe.Res == 0:
			default:
				t.Errorf("after cancel: %+v", cqe)
			}
		}
	})
}

// TestRingLink: the entry after a linked one that fails does not begin.
func TestRingLink(t *testing.T) {
	r := newTestRing(t, 8, Params{})
	s := sqe(t, r)
	s.PrepFsync(-1, false)
	s.Flags |= SQEIOLink
	s.UserData = 1
	s = sqe(t, r)
	s.PrepNop()
	s.UserData = 2
	submit(t, r)
	want := map[uint64]unix.Errno{1: unix.EBADF, 2: unix.ECANCELED}
	for range 2 {
		if cqe := next(t, r); unix.Errno(-cqe.Res) != want[cqe.UserData] {
			t.Errorf("completion %+v", cqe)
		}
	}
}

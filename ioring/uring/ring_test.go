package uring

import (
	"errors"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/internal/test/kernelversion"
	"multilog/internal/test/logger"
)

// newTestRing makes a ring for the test's goroutine, or skips the test if the machine
// refuses one.
func newTestRing(t *testing.T, entries uint32, p Params) *Ring {
	t.Helper()
	runtime.LockOSThread()
	r, err := NewRing(entries, &p)
	if err != nil {
		runtime.UnlockOSThread()
	}
	switch {
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.ENOSYS):
		t.Skipf("io_uring is refused here: %v", err)
	case errors.Is(err, unix.EINVAL) && !kernelversion.AtLeast(t, 6, 6):
		t.Skipf("this kernel lacks some of the flags %#x", p.Flags)
	case err != nil:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		runtime.UnlockOSThread()
	})
	return r
}

// needOp skips the test if the kernel is older than major.minor and lacks the
// operation. If a newer kernel lacks it, the test fails.
func needOp(t *testing.T, r *Ring, op uint8, major, minor int) {
	t.Helper()
	p, err := r.RegisterProbe()
	if err != nil {
		t.Fatal(err)
	}
	if p.Supported(op) {
		return
	}
	if kernelversion.AtLeast(t, major, minor) {
		t.Fatalf("operation %d is missing", op)
	}
	t.Skipf("this kernel lacks operation %d", op)
}

func sqe(t *testing.T, r *Ring) *SQE {
	t.Helper()
	s := r.GetSQE()
	if s == nil {
		t.Fatal("submission queue full")
	}
	return s
}

func submit(t *testing.T, r *Ring) {
	t.Helper()
	want := r.SQReady()
	if n, err := r.Submit(); err != nil || n != int(want) {
		t.Fatalf("submitted %d, %v, want %d", n, err, want)
	}
}

// next waits for one completion.
func next(t *testing.T, r *Ring) CQE {
	t.Helper()
	var got CQE
	logger.Until(t, "a completion", func() bool {
		cqe := r.PeekCQE()
		if cqe == nil {
			return false
		}
		got = *cqe
		r.SeenCQE()
		return true
	})
	return got
}

// result submits s, which has been prepared, and returns the result of its completion.
func result(t *testing.T, r *Ring, s *SQE) int32 {
	t.Helper()
	s.UserData = 77
	submit(t, r)
	cqe := next(t, r)
	if cqe.UserData != 77 {
		t.Fatalf("completion of %d", cqe.UserData)
	}
	return cqe.Res
}

func zero(t *testing.T, r *Ring, s *SQE) {
	t.Helper()
	if res := result(t, r, s); res != 0 {
		t.Fatalf("operation %d: %d (%v)", s.Opcode, res, unix.Errno(-res))
	}
}

// setups runs f with the sets of flags that kernels of several versions accept.
func setups(t *testing.T, f func(t *testing.T, flags uint32)) {
	for name, flags := range map[string]uint32{
		"6.6":  SetupClamp | SetupSubmitAll | SetupCoopTaskrun | SetupNoSQArray,
		"5.19": SetupClamp | SetupSubmitAll | SetupCoopTaskrun, "5.6": SetupClamp, "oldest": 0,
	} {
		t.Run(name, func(t *testing.T) { f(t, flags) })
	}
}

func TestRingNops(t *testing.T) {
	setups(t, func(t *testing.T, flags uint32) {
		r := newTestRing(t, 8, Params{Flags: flags})
		if r.Flags() != flags {
			t.Errorf("flags %#x, want %#x", r.Flags(), flags)
		}
		// Submit many more operations than the ring has entries, in batches of any size.
		var submitted, seen uint64
		for round := range 2000 {
			for range 1 + round%8 {
				s := sqe(t, r)
				s.PrepNop()
				submitted++
				s.UserData = submitted
			}
			submit(t, r)
			for cqe := r.PeekCQE(); cqe != nil; cqe = r.PeekCQE() {
				if seen++; cqe.UserData != seen || cqe.Res != 0 {
					t.Fatalf("completion %+v, want %d", cqe, seen)
				}
				r.SeenCQE()
			}
		}
		if seen != submitted {
			t.Errorf("%d completions of %d", seen, submitted)
		}
	})
}

func TestRingFillsSubmissionQueue(t *testing.T) {
	r := newTestRing(t, 8, Params{Flags: SetupClamp})
	for range 3 {
		for range 8 {
			sqe(t, r).PrepNop()
		}
		if r.GetSQE() != nil {
			t.Fatal("GetSQE returned a ninth entry of eight")
		}
		if r.SQReady() != 8 {
			t.Fatalf("%d ready, want 8", r.SQReady())
		}
		submit(t, r)
		if r.SQReady() != 0 || r.CQReady() != 8 {
			t.Fatalf("after submission %d ready, %d completed", r.SQReady(), r.CQReady())
		}
		r.CQAdvance(8)
	}
}

func TestRingOverflowsCompletionQueue(t *testing.T) {
	setups(t, func(t *testing.T, flags uint32) {
		r := newTestRing(t, 4, Params{Flags: flags})
		if r.Features()&FeatNodrop == 0 {
			if kernelversion.AtLeast(t, 5, 5) {
				t.Fatal("no FeatNodrop")
			}
			t.Skip("this kernel drops completions")
		}
		const many = 40 // the completion queue has 8
		for i := range uint64(many) {
			s := sqe(t, r)
			s.PrepNop()
			s.UserData = i
			submit(t, r)
		}
		for i := range uint64(many) {
			if cqe := next(t, r); cqe.UserData != i {
				t.Fatalf("completion of %d, want %d", cqe.UserData, i)
			}
		}
		if r.PeekCQE() != nil || r.CQOverflow() != 0 || r.needsEnter() {
			t.Errorf("afterwards: %d lost, %d ready", r.CQOverflow(), r.CQReady())
		}
	})
}

func TestRingEventfd(t *testing.T) {
	setups(t, func(t *testing.T, flags uint32) {
		r := newTestRing(t, 8, Params{Flags: flags})
		fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		if err := r.RegisterEventfd(fd); err != nil {
			t.Fatal(err)
		}
		dir := openDir(t, t.TempDir())
		s := sqe(t, r)
		s.PrepFsync(dir, false)
		s.Flags |= SQEAsync
		submit(t, r)
		var counter [8]byte
		if _, err := unix.Read(fd, counter[:]); err != nil { // sleeps until it fires
			t.Fatal(err)
		}
		if r.CQReady() != 1 {
			t.Error("the eventfd fired, but no completion is visible")
		}
		if cqe := next(t, r); cqe.Res != 0 {
			t.Errorf("fsync: %d", cqe.Res)
		}
	})
}

func TestRingOperations(t *testing.T) {
	setups(t, func(t *testing.T, flags uint32) {
		r := newTestRing(t, 8, Params{Flags: flags})
		needOp(t, r, OpLinkat, 5, 15)
		name := t.TempDir()
		dir := openDir(t, name)
		a, b, d := []byte("a\x00"), []byte("b\x00"), []byte("d\x00")

		zero(t, r, prep(t, r, (*SQE).PrepNop))
		s := sqe(t, r)
		s.PrepOpenat(dir, &a[0], unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC, 0o640)
		fd := int(result(t, r, s))
		if fd < 0 {
			t.Fatalf("open: %v", unix.Errno(-fd))
		}
		var st unix.Stat_t
		check := func(what string, ok func() bool) {
			t.Helper()
			if err := unix.Fstat(fd, &st); err != nil || !ok() {
				t.Errorf("after %s: %+v, %v", what, st, err)
			}
		}
		check("open", func() bool { return st.Mode == unix.S_IFREG|0o640 })
		zero(t, r, prep(t, r, func(s *SQE) { s.PrepFallocate(fd, unix.FALLOC_FL_KEEP_SIZE, 4096, 1<<20) }))
		check("fallocate", func() bool { return st.Size == 0 && st.Blocks >= 2048 })
		if _, err := unix.Pwrite(fd, []byte("hello"), 0); err != nil {
			t.Fatal(err)
		}
		zero(t, r, prep(t, r, func(s *SQE) { s.PrepSyncFileRange(fd, 0, 4096, unix.SYNC_FILE_RANGE_WRITE) }))
		zero(t, r, prep(t, r, func(s *SQE) { s.PrepFsync(fd, false) }))
		zero(t, r, prep(t, r, func(s *SQE) { s.PrepFsync(fd, true) }))
		stx := new(unix.Statx_t)
		zero(t, r, prep(t, r, func(s *SQE) { s.PrepStatx(dir, &a[0], 0, unix.STATX_BASIC_STATS, stx) }))
		if stx.Size != 5 || stx.Ino != st.Ino {
			t.Errorf("statx: %+v", stx)
		}
		zero(t, r, prep(t, r, func(s *SQE) { s.PrepLinkat(dir, &a[0], dir, &b[0], 0) }))
		check("link", func() bool { return st.Nlink == 2 })
		s = prep(t, r, func(s *SQE) { s.PrepRenameat(dir, &a[0], dir, &b[0], unix.RENAME_NOREPLACE) })
		if res := result(t, r, s); unix.Errno(-res) != unix.EEXIST {
			t.Errorf("rename to an existing name: %d", res)
		}
		zero(t, r, prep(t, r, func(s *SQE) { s.PrepUnlinkat(dir, &a[0], 0) }))
		check("unlink", func() bool { return st.Nlink == 1 })
		zero(t, r, prep(t, r, func(s *SQE) { s.PrepRenameat(dir, &b[0], dir, &a[0], 0) }))
		zero(t, r, prep(t, r, func(s *SQE) { s.PrepMkdirat(dir, &d[0], 0o700) }))
		zero(t, r, prep(t, r, func(s *SQE) { s.PrepUnlinkat(dir, &d[0], unix.AT_REMOVEDIR) }))
		if err := unix.Access(filepath.Join(name, "a"), unix.F_OK); err != nil {
			t.Errorf("after rename: %v", err)
		}
		zero(t, r, prep(t, r, func(s *SQE) { s.PrepClose(fd) }))
		if err := unix.Fstat(fd, &st); err != unix.EBADF {
			t.Errorf("after close: %v", err)
		}
	})
}

func TestRingFtruncate(t *testing.T) {
	r := newTestRing(t, 8, Params{})
	needOp(t, r, OpFtruncate, 6, 9)
	fd, err := unix.Open(filepath.Join(t.TempDir(), "f"), unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	zero(t, r, prep(t, r, func(s *SQE) { s.PrepFtruncate(fd, 1<<33) }))
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Size != 1<<33 {
		t.Errorf("size %d, %v", st.Size, err)
	}
}

func prep(t *testing.T, r *Ring, f func(*SQE)) *SQE {
	t.Helper()
	s := sqe(t, r)
	f(s)
	return s
}

func openDir(t *testing.T, name string) int {
	t.Helper()
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// TestRingTakeBack submits entries to a kernel that takes three of them and then none.
// TakeBack returns the others in order, and the ring works on.
func TestRingTakeBack(t *testing.T) {
	r := newTestRing(t, 8, Params{})
	enter := ioURingEnter
	defer func() { ioURingEnter = enter }()
	calls := 0
	ioURingEnter = func(fd int, submit, flags uint32) (int, error) {
		if calls++; calls == 1 {
			return enter(fd, min(submit, 3), flags)
		}
		return 0, unix.EBUSY
	}
	for i := range uint64(8) {
		s := sqe(t, r)
		s.PrepNop()
		s.UserData = i
	}
	if n, err := r.Submit(); n != 3 || err != nil {
		t.Fatalf("submitted %d, %v", n, err)
	}
	if n, err := r.Submit(); n != 0 || err != unix.EBUSY {
		t.Fatalf("submitted %d, %v", n, err)
	}
	var back []uint64
	r.TakeBack(func(s *SQE) { back = append(back, s.UserData) })
	if len(back) != 5 || back[0] != 3 || back[4] != 7 || r.SQReady() != 0 {
		t.Fatalf("%v came back, %d are ready", back, r.SQReady())
	}
	ioURingEnter = enter
	for i := range uint64(3) {
		if cqe := next(t, r); cqe.UserData != i {
			t.Errorf("completion of %d, want %d", cqe.UserData, i)
		}
	}
	zero(t, r, prep(t, r, (*SQE).PrepNop))
}

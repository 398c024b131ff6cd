package ioring

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"multilog/internal/test/kernelversion"
	"multilog/ioring/uring"
)

// newRingQueue makes a queue on a ring, or skips the test if it can't.
func newRingQueue(t *testing.T) *Queue {
	t.Helper()
	runtime.LockOSThread()
	q, err := NewQueue(Options{Backend: "ring"})
	if err != nil {
		runtime.UnlockOSThread()
		skipWithoutRing(t, err)
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := q.Close(); err != nil {
			t.Error(err)
		}
		runtime.UnlockOSThread()
	})
	return q
}

// skipWithoutRing skips the test if err says that this machine refuses io_uring or is
// too old.
func skipWithoutRing(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSYS) || err != nil && !kernelversion.AtLeast(t, 5, 15) {
		t.Skipf("no ring here: %v", err)
	}
}

// A kernel that has all operations gets all of them.
func TestRingTakesEverything(t *testing.T) {
	q := newRingQueue(t)
	if !kernelversion.AtLeast(t, 6, 9) {
		t.Skip("this kernel may lack some operations")
	}
	for code := range ringOps {
		if !q.ring.takes(&Op{Code: code}) {
			t.Errorf("%v does not go to the ring", code)
		}
	}
	for _, op := range []*Op{
		{Code: Run}, {Code: Fchmod}, {Code: 250},
		{Code: OpenAt, Path: "a\x00"}, {Code: RenameAt, NewPath: "\x00"},
		{Code: SyncRange, Len: 1 << 32},
	} {
		if q.ring.takes(op) {
			t.Errorf("%v %q goes to the ring", op.Code, op.Path)
		}
	}
}

// The newest kernels use the flags for the newest kernels.
func TestRingUsesNewestFlags(t *testing.T) {
	q := newRingQueue(t)
	if !kernelversion.AtLeast(t, 6, 6) {
		t.Skip("this kernel may lack some flags")
	}
	if got := q.ring.kernel.(*uring.Ring).Flags(); got != ringSetups[0] {
		t.Errorf("flags %#x, want %#x", got, ringSetups[0])
	}
}

// The kernel refuses flags as older ones do.
func TestRingOlderFlags(t *testing.T) {
	setup := newRing
	defer func() { newRing = setup }()
	since := [...][2]int{{6, 6}, {5, 19}, {5, 6}} // the Linux that has each of ringSetups
	for i, known := range ringSetups {
		newRing = func(entries uint32, p *uring.Params) (*uring.Ring, error) {
			if p.Flags&^known != 0 {
				return nil, unix.EINVAL
			}
			return setup(entries, p)
		}
		t.Run("", func(t *testing.T) {
			q := newRingQueue(t)
			if got := q.ring.kernel.(*uring.Ring).Flags(); got != known && kernelversion.AtLeast(t, since[i][0], since[i][1]) {
				t.Errorf("flags %#x, want %#x", got, known)
			}
			operations(t, q.do(t))
		})
	}
}

// With whatever error the kernel refuses a ring, the queue uses goroutines and says
// why. If a ring is requested, NewQueue fails.
func TestQueueFallsBack(t *testing.T) {
	setup := newRing
	defer func() { newRing = setup }()
	for errno, hint := range map[unix.Errno]string{
		unix.EPERM: "operation not permitted (", unix.ENOSYS: "function not implemented",
		unix.ENOMEM: "cannot allocate memory (RLIMIT_MEMLOCK too low?)", unix.EMFILE: "too many open files",
		unix.EINVAL: "invalid argument",
	} {
		newRing = func(uint32, *uring.Params) (*uring.Ring, error) { return nil, errno }
		if q, err := NewQueue(Options{Backend: "ring"}); !errors.Is(err, errno) {
			t.Errorf("%v: a ring was requested: %v, %v", errno, q, err)
		}
		q, err := NewQueue(Options{})
		if err != nil {
			t.Fatalf("%v: %v", errno, err)
		}
		if want := "io_uring_setup: " + hint; q.Backend() != "pool" || !strings.HasPrefix(q.Reason(), want) {
			t.Errorf("%v: %s because %q, want %q", errno, q.Backend(), q.Reason(), want)
		}
		operations(t, q.do(t))
		if err := q.Close(); err != nil {
			t.Error(err)
		}
	}
}

// refusing is a kernel's ring that takes nothing.
type refusing struct {
	kernelRing
	err error
}

func (r *refusing) Submit() (int, error) { return 0, r.err }

// The pool does the operations for which the kernel has no memory at the moment.
func TestRingRefusesSubmission(t *testing.T) {
	q := newRingQueue(t)
	kernel := q.ring.kernel
	for name, err := range map[string]error{"with an error": unix.EAGAIN, "silently": nil} {
		q.ring.kernel = &refusing{kernel, err}
		dir := openDir(t, t.TempDir())
		var done int
		for i := range 3 * ringSlots {
			q.Submit(&Op{Code: MkdirAt, Dir: dir, Path: itoa(i), Mode: 0o700, Done: func(op *Op) {
				if done++; op.Err != nil {
					t.Errorf("%s: mkdir: %v", name, op.Err)
				}
			}})
		}
		wait(t, q, 0)
		if done != 3*ringSlots {
			t.Errorf("%s: %d done", name, done)
		}
	}
	q.ring.kernel = kernel
	operations(t, q.do(t))
}

// fakeRing is a kernel's ring that completes an operation when the test says so.
type fakeRing struct {
	kernelRing
	prepared  []*uring.SQE
	completed []uring.CQE
}

func (f *fakeRing) GetSQE() *uring.SQE {
	f.prepared = append(f.prepared, new(uring.SQE))
	return f.prepared[len(f.prepared)-1]
}

func (f *fakeRing) PeekCQE() *uring.CQE {
	if len(f.completed) == 0 {
		return nil
	}
	return &f.completed[0]
}

func (f *fakeRing) SeenCQE() { f.completed = f.completed[1:] }

// complete completes the oldest operation.
func (f *fakeRing) complete(res int32) {
	f.completed = append(f.completed, uring.CQE{UserData: f.prepared[0].UserData, Res: res})
	f.prepared = f.prepared[1:]
}

// An operation that a signal has interrupted starts again, except a close.
func TestRingInterrupted(t *testing.T) {
	for code, want := range map[Code]error{Fsync: nil, Close: unix.EINTR} {
		f := &fakeRing{}
		r := &ring{kernel: f, free: []uint8{3}}
		op := &Op{Code: code, FD: 5}
		var finished *Op
		r.submit(op)
		results := []int32{-int32(unix.EINTR), 0}
		for len(results) > 0 && finished == nil {
			if len(f.prepared) != 1 || f.prepared[0].UserData != 3 {
				t.Fatalf("%v: the kernel got %v", code, f.prepared)
			}
			f.complete(results[0])
			results = results[1:]
			r.complete(func(op *Op) { finished = op })
		}
		if finished != op || op.Err != want || len(results) != map[Code]int{Fsync: 0, Close: 1}[code] {
			t.Errorf("%v: finished %+v, %d results left", code, finished, len(results))
		}
		if len(r.free) != 1 || r.slots[3].op != nil {
			t.Errorf("%v: the slot is still taken", code)
		}
	}
}

// An operation for which the kernel found no worker is done elsewhere.
func TestRingCancelled(t *testing.T) {
	f := &fakeRing{}
	var elsewhere *Op
	r := &ring{kernel: f, free: []uint8{3}, refused: func(op *Op) { elsewhere = op }}
	op, waiting := &Op{Code: Fsync, FD: 5}, &Op{Code: Fsync, FD: 6}
	r.submit(op)
	r.submit(waiting)
	f.complete(-int32(unix.ECANCELED))
	r.complete(func(*Op) { t.Error("finished") })
	if elsewhere != op || op.Err != nil {
		t.Errorf("%+v was done elsewhere, want %+v", elsewhere, op)
	}
	if len(f.prepared) != 1 || r.slots[3].op != waiting {
		t.Error("the next one does not follow")
	}
}

// However many operations sleep, at most laneOps of the kernel's threads sleep with
// them.
func TestRingWorkersAreFew(t *testing.T) {
	q := newRingQueue(t)
	dir := openDir(t, t.TempDir())
	for i := range ringSlots {
		fd, err := unix.Openat(dir, itoa(i), unix.O_CREAT|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		if _, err := unix.Write(fd, make([]byte, 1<<16)); err != nil {
			t.Fatal(err)
		}
		q.Submit(&Op{Code: Fsync, FD: fd})
	}
	for left := ringSlots - 1; left >= 0; left-- {
		wait(t, q, left)
		if n := countWorkers(t); n > laneOps {
			t.Fatalf("%d workers, want %d at most", n, laneOps)
		}
	}
}

// The kernel's workers for the ring end when there is nothing to do. Otherwise the last
// one would wake up every five seconds.
func TestRingWorkersEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("takes more than five seconds")
	}
	if !kernelversion.AtLeast(t, 6, 3) {
		t.Skip("the last worker may stay")
	}
	q := newRingQueue(t)
	dir := openDir(t, t.TempDir())
	for range 20 {
		q.Submit(&Op{Code: Fsync, FD: dir})
	}
	wait(t, q, 0)
	if countWorkers(t) == 0 {
		t.Fatal("no workers: is this test looking for the right threads?")
	}
	for deadline := time.Now().Add(time.Minute); countWorkers(t) > 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d workers are left", countWorkers(t))
		}
	}
	operations(t, q.do(t))
}

// countWorkers counts the kernel's workers for the calling thread.
func countWorkers(t *testing.T) (n int) {
	t.Helper()
	comm := "iou-wrk-" + itoa(unix.Gettid()) + "\n"
	names, err := filepath.Glob("/proc/self/task/*/comm")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if got, err := os.ReadFile(name); err == nil && string(got) == comm {
			n++
		}
	}
	return n
}

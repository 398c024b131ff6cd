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
)

// newRingQueue makes a queue on a ring, or skips where there can be none.
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

// skipWithoutRing skips when err says that this machine refuses io_uring, or is
// too old.
func skipWithoutRing(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, unix.EPERM) || errors.Is(err, unix.ENOSYS) || err != nil && !kernelHas(5, 15) {
		t.Skipf("no ring here: %v", err)
	}
}

// TestUringTakesEverything: a kernel that has all operations gets them.
func TestUringTakesEverything(t *testing.T) {
	q := newRingQueue(t)
	if !kernelHas(6, 9) {
		t.Skip("this kernel may lack some")
	}
	for code := range uringOps {
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

// TestUringUsesNewestFlags: what fits the newest kernels is what they use.
func TestUringUsesNewestFlags(t *testing.T) {
	q := newRingQueue(t)
	if !kernelHas(6, 6) {
		t.Skip("this kernel may lack some")
	}
	if got := q.ring.ring.Flags(); got != uringSetups[0] {
		t.Errorf("flags %#x, want %#x", got, uringSetups[0])
	}
}

// TestUringOlderFlags has the kernel refuse flags as older ones do.
func TestUringOlderFlags(t *testing.T) {
	setup := ioURingSetup
	defer func() { ioURingSetup = setup }()
	since := [...][2]int{{6, 6}, {5, 19}, {5, 6}} // Linux, that has uringSetups
	for i, known := range uringSetups {
		ioURingSetup = func(entries uint32, p *Params) (int, error) {
			if p.Flags&^known != 0 {
				return -1, unix.EINVAL
			}
			return setup(entries, p)
		}
		t.Run("", func(t *testing.T) {
			q := newRingQueue(t)
			if got := q.ring.ring.Flags(); got != known && kernelHas(since[i][0], since[i][1]) {
				t.Errorf("flags %#x, want %#x", got, known)
			}
			operations(t, q.do(t))
		})
	}
}

// TestQueueFallsBack: whatever the kernel refuses a ring with, the queue works
// on its goroutines and says why, and refuses to be when a ring is demanded.
func TestQueueFallsBack(t *testing.T) {
	setup := ioURingSetup
	defer func() { ioURingSetup = setup }()
	for errno, hint := range map[unix.Errno]string{
		unix.EPERM: "operation not permitted (", unix.ENOSYS: "function not implemented",
		unix.ENOMEM: "cannot allocate memory (RLIMIT_MEMLOCK too low?)", unix.EMFILE: "too many open files",
		unix.EINVAL: "invalid argument",
	} {
		ioURingSetup = func(uint32, *Params) (int, error) { return -1, errno }
		if q, err := NewQueue(Options{Backend: "ring"}); !errors.Is(err, errno) {
			t.Errorf("%v: a ring was demanded: %v, %v", errno, q, err)
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

// TestUringRefusesSubmission: what the kernel has no memory for at the moment
// is done by the pool, in the ring's place.
func TestUringRefusesSubmission(t *testing.T) {
	q := newRingQueue(t)
	enter := ioURingEnter
	defer func() { ioURingEnter = enter }()
	for name, refuse := range map[string]func(fd int, submit, wait, flags uint32) (int, error){
		"all":       func(int, uint32, uint32, uint32) (int, error) { return 0, unix.EAGAIN },
		"silently":  func(int, uint32, uint32, uint32) (int, error) { return 0, nil },
		"but three": nil,
	} {
		calls := 0
		if refuse == nil {
			refuse = func(fd int, submit, wait, flags uint32) (int, error) {
				if calls++; calls == 1 {
					return enter(fd, min(submit, 3), wait, flags)
				}
				return 0, unix.EBUSY
			}
		}
		ioURingEnter = refuse
		dir := openDir(t, t.TempDir())
		var done int
		for i := range 3 * uringSlots {
			q.Submit(&Op{Code: MkdirAt, Dir: dir, Path: itoa(i), Mode: 0o700, Done: func(op *Op) {
				if done++; op.Err != nil {
					t.Errorf("%s: mkdir: %v", name, op.Err)
				}
			}})
		}
		wait(t, q, 0)
		if done != 3*uringSlots {
			t.Errorf("%s: %d done", name, done)
		}
		ioURingEnter = enter
	}
	operations(t, q.do(t))
}

// TestUringInterrupted: an operation that a signal interrupted is begun again,
// but for a close. A fake kernel interrupts the first attempt.
func TestUringInterrupted(t *testing.T) {
	for code, want := range map[Code]error{Fsync: nil, Close: unix.EINTR} {
		f := newFakeRing(t, 0)
		u := &uring{ring: &Ring{sq: f.sq, cq: f.cq}, free: []uint8{3}}
		op := &Op{Code: code, FD: 5}
		var finished *Op
		u.submit(op)
		results := []int32{-int32(unix.EINTR), 0}
		for len(results) > 0 && finished == nil {
			u.ring.sq.flush()
			if taken := f.take(8); len(taken) != 1 || taken[0] != 3 {
				t.Fatalf("%v: the kernel got %v", code, taken)
			}
			f.post(3, results[0])
			results = results[1:]
			u.complete(func(op *Op) { finished = op })
		}
		if finished != op || op.Err != want || len(results) != map[Code]int{Fsync: 0, Close: 1}[code] {
			t.Errorf("%v: finished %+v, %d results left", code, finished, len(results))
		}
		if len(u.free) != 1 || u.slots[3].op != nil {
			t.Errorf("%v: the slot is still taken", code)
		}
	}
}

// TestUringCancelled: what the kernel found no worker for is done elsewhere.
func TestUringCancelled(t *testing.T) {
	f := newFakeRing(t, 0)
	var elsewhere *Op
	u := &uring{ring: &Ring{sq: f.sq, cq: f.cq}, free: []uint8{3}, refused: func(op *Op) { elsewhere = op }}
	op, waiting := &Op{Code: Fsync, FD: 5}, &Op{Code: Fsync, FD: 6}
	u.submit(op)
	u.submit(waiting)
	u.ring.sq.flush()
	f.take(8)
	f.post(3, -int32(unix.ECANCELED))
	u.complete(func(*Op) { t.Error("finished") })
	if elsewhere != op || op.Err != nil {
		t.Errorf("%+v was done elsewhere, want %+v", elsewhere, op)
	}
	if u.ring.SQReady() != 1 || u.slots[3].op != waiting {
		t.Error("the next one does not follow")
	}
}

// TestUringWorkersAreFew: however many operations sleep, no more than
// uringWorkers of the kernel's threads sleep with them.
func TestUringWorkersAreFew(t *testing.T) {
	q := newRingQueue(t)
	dir := openDir(t, t.TempDir())
	for i := range uringSlots {
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
	for left := uringSlots - 1; left >= 0; left-- {
		wait(t, q, left)
		if n := ringWorkers(t); n > uringWorkers {
			t.Fatalf("%d workers, want %d at most", n, uringWorkers)
		}
	}
}

// TestUringWorkersEnd: the kernel's workers for the ring go away when there is
// nothing to do, since the last would otherwise wake up every five seconds.
func TestUringWorkersEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("takes more than five seconds")
	}
	if !kernelHas(6, 3) {
		t.Skip("the last worker may stay")
	}
	q := newRingQueue(t)
	dir := openDir(t, t.TempDir())
	for range 20 {
		q.Submit(&Op{Code: Fsync, FD: dir})
	}
	wait(t, q, 0)
	if ringWorkers(t) == 0 {
		t.Fatal("no workers: is this test looking for the right threads?")
	}
	for deadline := time.Now().Add(time.Minute); ringWorkers(t) > 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d workers are left", ringWorkers(t))
		}
	}
	operations(t, q.do(t))
}

// ringWorkers counts the kernel's workers for the calling thread.
func ringWorkers(t *testing.T) (n int) {
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

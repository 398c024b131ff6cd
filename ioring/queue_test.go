package ioring

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"multilog/ioring/uring"
)

// queues calls f with a queue of each backend. The test's goroutine owns it.
func queues(t *testing.T, f func(t *testing.T, q *Queue)) {
	for _, backend := range []string{"ring", "pool"} {
		t.Run(backend, func(t *testing.T) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			q, err := NewQueue(Options{Backend: backend})
			if backend == "ring" {
				skipWithoutRing(t, err)
			}
			if err != nil {
				t.Fatal(err)
			}
			if q.Backend() != backend || q.Reason() != "" {
				t.Errorf("backend %q because %q, want %q", q.Backend(), q.Reason(), backend)
			}
			f(t, q)
			if q.Inflight() == 0 && readable(t, q) {
				t.Error("the queue is readable although nothing is in flight")
			}
			if err := q.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func readable(t *testing.T, q *Queue) bool {
	t.Helper()
	fds := []unix.PollFd{{Fd: int32(q.FD()), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

// wait sleeps until the queue's descriptor is readable and completes, until at most
// left operations are in flight.
func wait(t *testing.T, q *Queue, left int) {
	t.Helper()
	for q.Inflight() > left {
		q.Flush()
		fds := []unix.PollFd{{Fd: int32(q.FD()), Events: unix.POLLIN}}
		if _, err := unix.Poll(fds, -1); err != nil && err != unix.EINTR {
			t.Fatal(err)
		}
		q.Complete()
	}
}

// do carries out one operation on q.
func (q *Queue) do(t *testing.T) func(*Op) {
	return func(op *Op) {
		t.Helper()
		var calls int
		op.Done = func(done *Op) {
			if done != op {
				t.Errorf("Done got another operation")
			}
			calls++
		}
		q.Submit(op)
		wait(t, q, 0)
		if calls != 1 {
			t.Fatalf("%v: Done called %d times", op.Code, calls)
		}
	}
}

func TestQueueOperations(t *testing.T) {
	queues(t, func(t *testing.T, q *Queue) { operations(t, q.do(t)) })
}

func TestQueueRun(t *testing.T) {
	queues(t, func(t *testing.T, q *Queue) { runs(t, q.do(t)) })
}

func TestQueueManyInFlight(t *testing.T) {
	queues(t, func(t *testing.T, q *Queue) {
		const many = 1000 // more than any queue of the kernel holds
		name := t.TempDir()
		dir := openDir(t, name)
		done := make(map[*Op]int)
		for i := range many {
			op := &Op{Code: MkdirAt, Dir: dir, Path: itoa(i), Mode: 0o700}
			op.Done = func(op *Op) { done[op]++ }
			q.Submit(op)
		}
		if q.Inflight() != many {
			t.Errorf("%d in flight, want %d", q.Inflight(), many)
		}
		if len(done) != 0 {
			t.Error("Done called by Submit")
		}
		wait(t, q, 0)
		for op, calls := range done {
			if calls != 1 || op.Err != nil {
				t.Errorf("%s: Done called %d times, error %v", op.Path, calls, op.Err)
			}
		}
		if entries, err := os.ReadDir(name); err != nil || len(done) != many || len(entries) != many {
			t.Errorf("%d done, %d directories, %v, want %d", len(done), len(entries), err, many)
		}
	})
}

// Each operation is submitted in the Done of the one before it.
func TestQueueSteps(t *testing.T) {
	queues(t, func(t *testing.T, q *Queue) {
		name := t.TempDir()
		dir := openDir(t, name)
		fd, err := unix.Openat(dir, "x0", unix.O_CREAT|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		const steps = 300
		step := 0
		op := &Op{Code: RenameAt, Dir: dir, Path: "x0", NewPath: "x1"}
		op.Done = func(op *Op) {
			if op.Err != nil {
				t.Errorf("step %d: %v", step, op.Err)
			}
			if step++; step < steps {
				op.Path, op.NewPath = "x"+itoa(step), "x"+itoa(step+1)
				q.Submit(op)
			} else if step == steps {
				op.Code, op.FD = Close, fd
				q.Submit(op)
			}
		}
		q.Submit(op)
		wait(t, q, 0)
		if _, err := os.Stat(filepath.Join(name, "x"+itoa(steps))); err != nil || step != steps+1 {
			t.Errorf("after step %d: %v", step, err)
		}
	})
}

// Programs do not wait for each other, and file operations do not wait for programs. No
// thread waits for each of them.
func TestQueueRunsSideBySide(t *testing.T) {
	queues(t, func(t *testing.T, q *Queue) {
		const programs = 12
		dir := openDir(t, t.TempDir())
		gates := make([]int, programs)
		threads := countThreads(t)
		var order []int64
		for i := range gates {
			if err := unix.Mkfifoat(dir, itoa(i), 0o600); err != nil {
				t.Fatal(err)
			}
			gate, err := unix.Openat(dir, itoa(i), unix.O_RDWR|unix.O_CLOEXEC, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(gate)
			gates[i] = gate
			script := "read x <" + itoa(i) + "; exit " + itoa(i)
			q.Submit(&Op{
				Code: Run, Cmd: &Command{Path: "/bin/sh", Args: []string{"sh", "-c", script}, Dir: dir, Files: []int{-1, -1, 2}},
				Done: func(op *Op) { order = append(order, op.Res) },
			})
		}
		// No program can have ended yet.
		for range 100 {
			q.Submit(&Op{Code: Fsync, FD: dir})
		}
		wait(t, q, programs)
		if len(order) != 0 {
			t.Fatalf("programs ended: %v", order)
		}
		// The last one first: it runs although all others run.
		for i := programs - 1; i >= 0; i-- {
			if _, err := unix.Write(gates[i], []byte("\n")); err != nil {
				t.Fatal(err)
			}
			wait(t, q, i)
			if i == 1 && countThreads(t) >= threads+programs {
				t.Errorf("%d threads more than %d", countThreads(t)-threads, threads)
			}
		}
		if want := []int64{11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}; !slices.Equal(order, want) {
			t.Errorf("order %v, want %v", order, want)
		}
	})
}

func countThreads(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// Operations that wait in one lane, for a disk that hangs, do not delay other lanes.
func TestQueueLanes(t *testing.T) {
	queues(t, func(t *testing.T, q *Queue) {
		dir := openDir(t, t.TempDir())
		if err := unix.Mkfifoat(dir, "fifo", 0o600); err != nil {
			t.Fatal(err)
		}
		const hanging = 3 * laneOps
		for range hanging { // until the other end is opened
			q.Submit(&Op{Code: OpenAt, Dir: dir, Path: "fifo", Flags: unix.O_WRONLY, Lane: 1, Done: func(op *Op) {
				if op.Err == nil {
					unix.Close(int(op.Res))
				}
			}})
		}
		done := 0
		for range 50 {
			q.Submit(&Op{Code: Fsync, FD: dir, Lane: 2, Done: func(*Op) { done++ }})
		}
		end := time.Now().Add(time.Minute)
		for done < 50 && time.Now().Before(end) {
			q.Flush()
			fds := []unix.PollFd{{Fd: int32(q.FD()), Events: unix.POLLIN}}
			if _, err := unix.Poll(fds, 1000); err != nil && err != unix.EINTR {
				t.Fatal(err)
			}
			q.Complete()
		}
		if done < 50 || q.Inflight() != hanging {
			t.Errorf("%d operations done, %d in flight", done, q.Inflight())
		}
		other, err := unix.Openat(dir, "fifo", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(other)
		wait(t, q, 0)
	})
}

// A wait that gets only edges is woken for every operation that finishes after
// Complete.
func TestQueueEdgeTriggered(t *testing.T) {
	queues(t, func(t *testing.T, q *Queue) {
		epfd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(epfd)
		event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET}
		if err := unix.EpollCtl(epfd, unix.EPOLL_CTL_ADD, q.FD(), &event); err != nil {
			t.Fatal(err)
		}
		const rounds = 200
		for i := range rounds {
			for range 1 + i%7 {
				q.Submit(&Op{Code: Nop})
			}
			for q.Inflight() > 0 {
				q.Flush()
				events := make([]unix.EpollEvent, 1)
				if _, err := unix.EpollWait(epfd, events, -1); err != nil && err != unix.EINTR {
					t.Fatal(err)
				}
				q.Complete()
			}
		}
	})
}

func TestNewQueueUnknownBackend(t *testing.T) {
	if q, err := NewQueue(Options{Backend: "threads"}); err == nil {
		q.Close()
		t.Error("no error")
	}
}

// Complete takes all finished operations from the ring and the pools before it calls
// the first Done. So a Done that does much, or submits, or calls Complete itself, does
// not run in the middle of that.
func TestCompleteReapsFirst(t *testing.T) {
	queues(t, func(t *testing.T, q *Queue) {
		const ops = 3
		called, nested := 0, 0
		for i := range ops {
			q.Submit(&Op{Code: Nop, Lane: uint64(i), Done: func(*Op) {
				if called++; q.Inflight() > 0 {
					t.Errorf("%d operations are not taken yet when Done number %d is called", q.Inflight(), called)
				}
				nested += q.Complete()
			}})
		}
		q.Flush()
		for finished(q) < ops {
			time.Sleep(time.Millisecond)
		}
		if n := q.Complete(); n+nested != ops || called != ops {
			t.Errorf("Done was called %d times; Complete returned %d, and %d within", called, n, nested)
		}
	})
}

// finished returns how many operations have finished and were not taken.
func finished(q *Queue) int {
	if q.ring != nil {
		return int(q.ring.kernel.(*uring.Ring).CQReady())
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.finished)
}

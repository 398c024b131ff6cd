package linux

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"multilog/internal/test/fds"
)

func watching(t *testing.T, watched ...int) *pollSet {
	t.Helper()
	w := fds.Must[*pollSet](t)(newPollSet())
	fds.CloseLater(t, w.fd)
	for _, fd := range watched {
		if err := w.add(fd, unix.EPOLLIN); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// woken returns which descriptors had events.
func woken(events []unix.EpollEvent) map[int]uint32 {
	m := map[int]uint32{}
	for _, ev := range events {
		m[int(ev.Fd)] |= ev.Events
	}
	return m
}

// A wait without a deadline ends when there is something to read, each time, until it
// was read.
func TestWaitForWrites(t *testing.T) {
	r, w := fds.Pipe(t, 0)
	quiet, other := fds.Pipe(t, 0)
	fds.CloseLater(t, other)
	wait := watching(t, r, quiet)
	for range 3 {
		go fds.Put(t, w, "x")
		if got := woken(wait.wait(-1)); len(got) != 1 || got[r] != unix.EPOLLIN {
			t.Fatalf("events %v, and %d was written to", got, r)
		}
		if got := woken(wait.wait(-1)); got[r] != unix.EPOLLIN {
			t.Fatalf("events %v, although something is left", got)
		}
		fds.Must[int](t)(unix.Read(r, make([]byte, 10)))
		if got := wait.wait(0); len(got) != 0 {
			t.Fatalf("events %v, although nothing is left", woken(got))
		}
	}
	fds.Put(t, w, "x")
	if got := woken(wait.wait(0)); got[r] != unix.EPOLLIN {
		t.Errorf("events %v without input", got)
	}
	_ = unix.Close(w)
	if got := woken(wait.wait(-1)); got[r]&unix.EPOLLHUP == 0 {
		t.Errorf("events %v when the writer has gone", got)
	}
}

// A deadline ends a wait in which nothing happens, not before its time. The next wait
// may have a later one, or none.
func TestWaitDeadline(t *testing.T) {
	r, w := fds.Pipe(t, 0)
	fds.CloseLater(t, w)
	wait := watching(t, r)
	for range 2 {
		deadline := time.Now().Add(20 * time.Millisecond)
		if got := wait.wait(21); len(got) != 0 {
			t.Errorf("events %v, but nothing has happened", woken(got))
		}
		if time.Now().Before(deadline) {
			t.Error("the wait ended too early")
		}
	}
	go fds.Put(t, w, "x")
	if got := woken(wait.wait(-1)); got[r] != unix.EPOLLIN {
		t.Errorf("events %v after a deadline has passed", got)
	}
	fds.Must[int](t)(unix.Read(r, make([]byte, 10)))
}

// An eventfd, which signals and the queue use, wakes in the same way.
func TestWaitForEventfd(t *testing.T) {
	fd := fds.Must[int](t)(unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK))
	fds.CloseLater(t, fd)
	wait := watching(t)
	if err := wait.add(fd, unix.EPOLLIN|unix.EPOLLET); err != nil {
		t.Fatal(err)
	}
	for range 3 { // the eventfd is never read: each write is an edge
		go fds.Put(t, fd, "\x01\x00\x00\x00\x00\x00\x00\x00")
		if got := woken(wait.wait(-1)); got[fd] != unix.EPOLLIN {
			t.Fatalf("events %v", got)
		}
	}
}

// While lines come, the waiter does not tell Go's scheduler that it sleeps. After a sleep
// in which nothing came it does, and then it sleeps for good.
func TestSleepTellsTheScheduler(t *testing.T) {
	r, w := fds.Pipe(t, 0)
	fds.CloseLater(t, w)
	set, wait := watching(t, r), &waiter{}
	for range 2 {
		begin := time.Now()
		if events := wait.sleep(set, -1); len(events) != 0 || !wait.idle || time.Since(begin) > time.Minute {
			t.Fatalf("events %v, idle %v after nothing has come for %v", woken(events), wait.idle, time.Since(begin))
		}
		go fds.Put(t, w, "x")
		for wait.idle { // a signal of Go's runtime may end a sleep
			wait.sleep(set, -1)
		}
		if events := wait.sleep(set, -1); woken(events)[r] != unix.EPOLLIN || wait.idle {
			t.Fatalf("events %v, idle %v after something has come", woken(events), wait.idle)
		}
		fds.Must[int](t)(unix.Read(r, make([]byte, 10)))
	}
}

// Memory is collected even if the stream never pauses.
func TestNapCollects(t *testing.T) {
	w := &waiter{clock: newClock(), garbage: garbage{ops: collectOps}}
	w.naps.nap = 1
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if !w.nap(0) {
		t.Fatal("no nap")
	}
	runtime.ReadMemStats(&after)
	if after.NumGC == before.NumGC || w.garbage.ops != 0 {
		t.Errorf("nothing was collected: %d operations are left", w.garbage.ops)
	}
}

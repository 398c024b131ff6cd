package simkernel

import (
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"multilog/internal/test/logger"
)

// realPipe is a pipe of the kernel that the test runs on, with its writer and an
// edge-triggered epoll.
type realPipe struct {
	t       *testing.T
	r, w    int
	epoll   int
	written chan struct{} // gets a value when a call of write has ended
	calls   chan []byte
}

func newRealPipe(t *testing.T, capacity int) *realPipe {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	r := &realPipe{t: t, r: p[0], w: p[1], written: make(chan struct{}, 1), calls: make(chan []byte)}
	if n, err := unix.FcntlInt(uintptr(r.w), unix.F_SETPIPE_SZ, capacity); n != capacity {
		t.Fatalf("a pipe of %d bytes, not %d: %v", n, capacity, err)
	}
	var err error
	if r.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET}
	if err := unix.EpollCtl(r.epoll, unix.EPOLL_CTL_ADD, r.r, &ev); err != nil {
		t.Fatal(err)
	}
	go func() {
		// A signal ends a call that sleeps. Go's runtime sends signals to interrupt
		// goroutines.
		runtime.LockOSThread()
		var all unix.Sigset_t
		for i := range all.Val {
			all.Val[i]--
		}
		if err := unix.PthreadSigmask(unix.SIG_BLOCK, &all, nil); err != nil {
			t.Error(err)
		}
		for b := range r.calls {
			if n, err := unix.Write(r.w, b); n != len(b) {
				t.Errorf("write: %d of %d bytes, %v", n, len(b), err)
			}
			r.written <- struct{}{}
		}
		_ = unix.Close(r.w)
	}()
	return r
}

func (r *realPipe) close() {
	close(r.calls)
	_ = unix.Close(r.epoll)
	_ = unix.Close(r.r)
}

func (r *realPipe) waiting() int {
	n, err := unix.IoctlGetInt(r.r, unix.TIOCINQ)
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// comesTo waits until the pipe holds want bytes and, if ended is true, until the call of
// write has ended. It reports whether that came.
func (r *realPipe) comesTo(want int, ended bool) bool {
	for end := time.Now().Add(logger.Patience); r.waiting() != want; time.Sleep(50 * time.Microsecond) {
		if time.Now().After(end) {
			r.t.Errorf("%d bytes are in the pipe, not %d", r.waiting(), want)
			return false
		}
	}
	if !ended {
		return true
	}
	logger.Receive(r.t, "the call of write ends", r.written, nil)
	return true
}

// wakes reports whether the epoll wakes. If that is expected, it waits for long.
func (r *realPipe) wakes(expected bool) bool {
	millis := 2
	if expected {
		millis = int(logger.Patience.Milliseconds())
	}
	var events [1]unix.EpollEvent
	for {
		n, err := unix.EpollWait(r.epoll, events[:], millis)
		if err != unix.EINTR {
			return n > 0
		}
	}
}

// On the simulated pipe and on this kernel's, the same calls find the same room, end or
// sleep at the same byte, and wake at the same moments.
func TestPipeIsLinux(t *testing.T) {
	if unix.Getpagesize() != pipePage {
		t.Skip("pages of another size")
	}
	rounds := 150
	if testing.Short() {
		rounds = 20
	}
	for round := range rounds {
		r := rand.New(rand.NewPCG(uint64(round), 1))
		capacity := pipePage << r.IntN(5)
		comparePipes(t, r, capacity)
		if t.Failed() {
			t.Fatalf("round %d, capacity %d", round, capacity)
		}
	}
}

func comparePipes(t *testing.T, r *rand.Rand, capacity int) {
	w, p := NewWorld(r), &Pipe{Capacity: capacity}
	p.poll()
	real := newRealPipe(t, capacity)
	defer real.close()
	if p.edge() != real.wakes(false) {
		t.Error("an empty pipe wakes")
		return
	}
	for range 25 {
		if n := p.waiting(); n > 0 && (p.Blocked() || r.IntN(2) == 0) {
			n = []int{1, n, 1 + r.IntN(n), min(n, pipePage)}[r.IntN(4)]
			inCall := p.Blocked()
			if m, err := unix.Read(real.r, make([]byte, n)); m != n {
				t.Errorf("read %d of %d bytes: %v", m, n, err)
				return
			}
			p.read(n)
			p.Head += n
			p.pump(w)
			if !real.comesTo(p.waiting(), inCall && !p.Blocked()) {
				return
			}
		} else {
			n := []int{1 + r.IntN(50), 1 + r.IntN(2*pipePage), capacity - 1, capacity, capacity + 1 + r.IntN(3*capacity)}[r.IntN(5)]
			p.Stream = append(p.Stream, make([]byte, n)...)
			p.Calls = append(p.Calls, Call{Upto: len(p.Stream)})
			p.pump(w)
			real.calls <- make([]byte, n)
			if !real.comesTo(p.waiting(), !p.Blocked()) {
				return
			}
		}
		want := p.edge()
		if got := real.wakes(want); got != want {
			t.Errorf("woken: %v, not %v; %d bytes in the pipe, blocked %v", got, want, p.waiting(), p.Blocked())
			return
		}
	}
	for p.waiting() > 0 || p.Blocked() { // so that the writer ends
		inCall, n := p.Blocked(), p.waiting()
		_, _ = unix.Read(real.r, make([]byte, n))
		p.read(n)
		p.Head += n
		p.pump(w)
		if !real.comesTo(p.waiting(), inCall && !p.Blocked()) {
			return
		}
	}
}

package ioring

import (
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// startWorkers limits the number of goroutines that start programs. Go starts one
// program at a time anyway; a second worker is for a program that takes long to load.
const startWorkers = 2

// pollPause is the time between two tries to wait if the system has no memory for it.
const pollPause = 100 * time.Millisecond

// programs starts programs and waits for them. Any number of them may run at a time,
// and one goroutine waits for all, because a thread for each would cost more than some
// programs do.
type programs struct {
	finish   func(*Op)
	starters pool

	mu       sync.Mutex
	free     []*starter
	running  []child
	wake     int // eventfd that says that another program runs; -1 until it is needed
	watching bool
}

// child is a running program.
type child struct {
	op    *Op
	pid   int
	pidfd int
}

func newPrograms(finish func(*Op)) *programs {
	p := &programs{finish: finish, wake: -1}
	p.starters = pool{do: p.start, limit: startWorkers}
	return p
}

func (p *programs) submit(op *Op) { p.starters.submit(op) }

// start starts the program of op, in a goroutine of starters.
func (p *programs) start(op *Op) {
	op.Res, op.Err = 0, nil
	pid, pidfd, err := p.fork(op.Cmd)
	switch {
	case err != nil:
		op.Err = err
		p.finish(op)
	case pidfd < 0 || !p.watch(child{op, pid, pidfd}):
		// Linux before 5.3, or no descriptor is left.
		go func() {
			op.Res, op.Err = waitFor(pid)
			p.finish(op)
		}()
	}
}

// fork starts a program on a free starter, or on a new one, which then remains.
func (p *programs) fork(cmd *Command) (pid, pidfd int, err error) {
	s := p.takeStarter(cmd.Idle)
	if s == nil {
		if s, err = newStarter(cmd.Idle); err != nil {
			return 0, -1, err
		}
	}
	pid, pidfd, err = s.start(cmd)
	p.mu.Lock()
	p.free = append(p.free, s)
	p.mu.Unlock()
	return pid, pidfd, err
}

// takeStarter takes a free starter of that kind from the list, or returns nil.
func (p *programs) takeStarter(idle bool) *starter {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, s := range p.free {
		if s.idle == idle {
			p.free = slices.Delete(p.free, i, i+1)
			return s
		}
	}
	return nil
}

// watch makes the watcher wait for a program and reports whether it can.
func (p *programs) watch(r child) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wake < 0 {
		fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
		if err != nil {
			_ = unix.Close(r.pidfd)
			return false
		}
		p.wake = fd
	}
	p.running = append(p.running, r)
	if !p.watching {
		p.watching = true
		go p.wait()
		return true
	}
	signalEvent(p.wake)
	return true
}

// wait waits until no program is left.
func (p *programs) wait() {
	var fds []unix.PollFd
	for {
		p.mu.Lock()
		if len(p.running) == 0 {
			p.watching = false
			p.mu.Unlock()
			return
		}
		fds = append(fds[:0], unix.PollFd{Fd: int32(p.wake), Events: unix.POLLIN})
		for _, r := range p.running {
			fds = append(fds, unix.PollFd{Fd: int32(r.pidfd), Events: unix.POLLIN})
		}
		p.mu.Unlock()
		if _, err := unix.Poll(fds, -1); err != nil {
			if err != unix.EINTR {
				time.Sleep(pollPause)
			}
			continue
		}
		if fds[0].Revents != 0 {
			resetEvent(p.wake)
		}
		for _, r := range p.take(fds[1:]) {
			_ = unix.Close(r.pidfd)
			r.op.Res, r.op.Err = waitFor(r.pid)
			p.finish(r.op)
		}
	}
}

// take takes the programs that have ended from the list. fds are the descriptors of the
// first programs of the list, in order; those of ended programs are readable.
func (p *programs) take(fds []unix.PollFd) (ended []child) {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := p.running[:0]
	for i, r := range p.running {
		if i < len(fds) && fds[i].Revents != 0 {
			ended = append(ended, r)
		} else {
			left = append(left, r)
		}
	}
	p.running = left
	return ended
}

// close ends the starters and closes the descriptor. Invariant: on entry, no program
// runs.
func (p *programs) close() {
	for _, s := range p.free {
		s.end()
	}
	if p.wake >= 0 {
		_ = unix.Close(p.wake)
	}
}

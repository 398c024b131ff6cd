package ioring

import (
	"math"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"multilog/internal/slack"
)

const (
	// idleNice is added to the nice value, as nice(1) does unasked. A program
	// that only ever ran when nothing else wants the CPU could fall behind for
	// good on a busy machine, and files to be processed would pile up.
	idleNice = 10
	maxNice  = 19

	firstInheritable = 3 // descriptors from here on are closed in the child
)

// See ioprio_set(2).
const (
	ioprioWhoProcess = 1
	ioprioClassIdle  = 3
	ioprioClassShift = 13
)

// starterTasks are a starter's thread, and a program.
const starterTasks = 2

// starter is a thread that starts programs. A thread has what programs inherit, and
// this process must keep as it is: nice value, I/O priority, signal mask, and once
// unshared the working directory. It may have a low priority, so it shares no lock
// with the owner of a queue.
type starter struct {
	idle     bool // Command.Idle of its programs
	commands chan *Command
	started  chan started
}

// started is what has become of a command.
type started struct {
	pid   int
	pidfd int // polls readable when the program has ended; -1 where the kernel has none
	err   error
}

// newStarter makes a starter. The error is EAGAIN if there can't be another thread and
// a program: Go's runtime ends the process when it can't have a thread.
func newStarter(idle bool) (*starter, error) {
	if _, err := SpareTasks(starterTasks); err != nil {
		return nil, err
	}
	s := &starter{idle: idle, commands: make(chan *Command), started: make(chan started)}
	go onThrowawayThread(s.serve)
	return s, nil
}

// start starts cmd. pidfd is a descriptor that polls readable when the program has
// ended; -1 where the kernel has none.
func (s *starter) start(cmd *Command) (pid, pidfd int, err error) {
	s.commands <- cmd
	r := <-s.started
	return r.pid, r.pidfd, r.err
}

// end ends the thread.
func (s *starter) end() { close(s.commands) }

func (s *starter) serve() {
	slack.Restore()
	if s.idle {
		lowerPriority()
	}
	// What the parent of this process had blocked, programs get unblocked.
	var none unix.Sigset_t
	maskErr := unix.PthreadSigmask(unix.SIG_SETMASK, &none, nil)
	unshared := unix.Unshare(unix.CLONE_FS) == nil
	for cmd := range s.commands {
		r := started{pidfd: -1, err: maskErr}
		if r.err == nil {
			r.pid, r.err = start(cmd, unshared, &r.pidfd)
		}
		s.started <- r
	}
}

// start forks and executes cmd.
// Invariant: on entry the calling goroutine is locked to a starter's thread, whose
// working directory is its own if it is unshared.
func start(cmd *Command, unshared bool, pidfd *int) (pid int, err error) {
	attr := syscall.ProcAttr{Env: os.Environ(), Files: make([]uintptr, len(cmd.Files)), Sys: &syscall.SysProcAttr{PidFD: pidfd}}
	for i, fd := range cmd.Files {
		attr.Files[i] = uintptr(fd) // -1 becomes ^0, which ForkExec closes
	}
	closeOnExec()
	// The working directory is given by descriptor, since it may have been
	// renamed: by fchdir where unshare is allowed, through /proc where it isn't
	// (containers).
	if !unshared {
		attr.Dir = "/proc/self/fd/" + strconv.Itoa(cmd.Dir)
	} else if err := unix.Fchdir(cmd.Dir); err != nil {
		return 0, err
	}
	return syscall.ForkExec(cmd.Path, cmd.Args, &attr)
}

// onThrowawayThread calls f in a goroutine of its own and waits for it. The
// goroutine ends locked to its thread, and so the thread ends, too (see
// runtime.LockOSThread), some time after this has returned. What belongs to a
// thread in Linux (nice value, I/O priority, signal mask, and the working
// directory once unshared) can be changed there, and a process forked there
// inherits it, without anything else of this process being touched: the Go
// runtime starts its own threads from no thread that a goroutine has locked.
func onThrowawayThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			// The main thread cannot end before the process. While this
			// goroutine holds it, another one gets another thread.
			onThrowawayThread(f)
			runtime.UnlockOSThread()
			return
		}
		f()
	}()
	<-done
}

// lowerPriority makes the calling thread nicer, and its I/O wait for everyone
// else's. Neither is needed for anything to work, so refusals are ignored.
func lowerPriority() {
	if raw, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err == nil {
		nice := 20 - raw // the system call returns 20 - nice
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, min(nice+idleNice, maxNice))
	}
	_, _, _ = unix.Syscall(unix.SYS_IOPRIO_SET, ioprioWhoProcess, 0, ioprioClassIdle<<ioprioClassShift)
}

// closeOnExec marks every descriptor but the standard ones, also those that
// this process was given unmarked. What a child is to have is duplicated for
// it after the fork, which clears the mark.
func closeOnExec() {
	if unix.CloseRange(firstInheritable, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return
	}
	// Linux before 5.11.
	fd, err := unix.Open("/proc/self/fd", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	op := Op{Code: ReadDir, FD: fd}
	Do(&op)
	for _, name := range op.Names {
		if n, err := strconv.Atoi(name); err == nil && n >= firstInheritable {
			unix.CloseOnExec(n)
		}
	}
}

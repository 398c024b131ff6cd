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
	// idleNice is added to the nice value, as nice(1) does by default. A program that
	// runs only when nothing else needs the CPU could fall behind for good on a busy
	// machine, and files to be processed would pile up.
	idleNice = 10
	maxNice  = 19

	firstInheritable = 3 // the child closes descriptors from here on
)

// See ioprio_set(2).
const (
	ioprioWhoProcess = 1
	ioprioClassIdle  = 3
	ioprioClassShift = 13
)

// starterTasks counts a starter's thread and a program.
const starterTasks = 2

// starter is a thread that starts programs. Programs inherit properties of a thread
// that this process must not change: nice value, I/O priority, signal mask, and, once
// it is unshared, the working directory. The thread may have a low priority, so it
// shares no lock with the owner of a queue.
type starter struct {
	idle     bool // Command.Idle of its programs
	commands chan *Command
	started  chan started
}

// started is the result of a command's start.
type started struct {
	pid   int
	pidfd int // readable when the program has ended; -1 if the kernel has no pidfd
	err   error
}

// newStarter makes a starter. The error is EAGAIN if there can't be another thread and
// a program: Go's runtime ends the process if it can't create a thread.
func newStarter(idle bool) (*starter, error) {
	if _, err := SpareTasks(starterTasks); err != nil {
		return nil, err
	}
	s := &starter{idle: idle, commands: make(chan *Command), started: make(chan started)}
	go onThrowawayThread(s.serve)
	return s, nil
}

// start starts cmd. pidfd is a descriptor that becomes readable when the program has
// ended, or -1 if the kernel has none.
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
	// Programs get all signals unblocked, also those that this process's parent had
	// blocked.
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
	// The working directory is given by descriptor, since it may have been renamed: by
	// fchdir if unshare is allowed, and through /proc if not (containers).
	if !unshared {
		attr.Dir = "/proc/self/fd/" + strconv.Itoa(cmd.Dir)
	} else if err := unix.Fchdir(cmd.Dir); err != nil {
		return 0, err
	}
	return syscall.ForkExec(cmd.Path, cmd.Args, &attr)
}

// onThrowawayThread calls f in a goroutine of its own and waits for it. The goroutine
// ends locked to its thread, so the thread ends, too (see runtime.LockOSThread), some
// time after onThrowawayThread has returned. f can change what belongs to a thread in
// Linux (nice value, I/O priority, signal mask, and, once it is unshared, the working
// directory), and a process forked there inherits it. Nothing else of this process
// changes: the Go runtime starts its own threads from no thread that a goroutine has
// locked.
func onThrowawayThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if unix.Gettid() == unix.Getpid() {
			// The main thread cannot end before the process. While this goroutine is
			// locked to it, another goroutine gets another thread.
			onThrowawayThread(f)
			runtime.UnlockOSThread()
			return
		}
		f()
	}()
	<-done
}

// lowerPriority raises the calling thread's nice value and makes its I/O wait for that
// of all others. It ignores errors, because nothing depends on it.
func lowerPriority() {
	if raw, err := unix.Getpriority(unix.PRIO_PROCESS, 0); err == nil {
		nice := 20 - raw // the system call returns 20 - nice
		_ = unix.Setpriority(unix.PRIO_PROCESS, 0, min(nice+idleNice, maxNice))
	}
	_, _, _ = unix.Syscall(unix.SYS_IOPRIO_SET, ioprioWhoProcess, 0, ioprioClassIdle<<ioprioClassShift)
}

// closeOnExec marks every descriptor but the standard ones, also those that this
// process has inherited unmarked. Descriptors for a child are duplicated after the
// fork, which clears the mark.
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

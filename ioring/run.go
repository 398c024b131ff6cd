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

// runTasks are the thread that starts a program, and the program.
const runTasks = 2

// run starts cmd and waits for it, and for nothing that it leaves behind.
// It returns the exit status, or 128 + the number of the signal that ended it.
func run(cmd *Command) (int64, error) {
	pid, pidfd, err := startProgram(cmd)
	if err != nil {
		return 0, err
	}
	if pidfd >= 0 {
		_ = unix.Close(pidfd)
	}
	return waitFor(pid)
}

// startProgram starts cmd. pidfd is a descriptor that polls readable when the
// program has ended; -1 where the kernel has none.
func startProgram(cmd *Command) (pid, pidfd int, err error) {
	// Go's runtime ends the process when it can't have the thread.
	if _, err := SpareTasks(runTasks); err != nil {
		return 0, -1, err
	}
	pidfd = -1
	onThrowawayThread(func() { pid, err = start(cmd, &pidfd) })
	return pid, pidfd, err
}

// waitFor waits until a program has ended. It returns the exit status, or 128 +
// the number of the signal that ended it.
func waitFor(pid int) (int64, error) {
	for {
		var status unix.WaitStatus
		if _, err := unix.Wait4(pid, &status, 0, nil); err == unix.EINTR {
			continue
		} else if err != nil {
			return 0, err
		}
		switch {
		case status.Signaled():
			return 128 + int64(status.Signal()), nil
		default:
			return int64(status.ExitStatus()), nil
		}
	}
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

// start forks and executes cmd.
// Invariant: on entry the calling goroutine is locked to a throwaway thread.
func start(cmd *Command, pidfd *int) (pid int, err error) {
	attr := syscall.ProcAttr{Env: os.Environ(), Files: make([]uintptr, len(cmd.Files)), Sys: &syscall.SysProcAttr{PidFD: pidfd}}
	for i, fd := range cmd.Files {
		attr.Files[i] = uintptr(fd) // -1 becomes ^0, which ForkExec closes
	}
	closeOnExec()
	slack.Restore()
	if cmd.Idle {
		lowerPriority()
	}
	// What the parent of this process had blocked, the child gets unblocked.
	var none unix.Sigset_t
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &none, nil); err != nil {
		return 0, err
	}
	// The working directory is given by descriptor, since it may have been
	// renamed: by fchdir where unshare is allowed, through /proc where it isn't
	// (containers).
	if unix.Unshare(unix.CLONE_FS) == nil {
		if err := unix.Fchdir(cmd.Dir); err != nil {
			return 0, err
		}
	} else {
		attr.Dir = "/proc/self/fd/" + strconv.Itoa(cmd.Dir)
	}
	return syscall.ForkExec(cmd.Path, cmd.Args, &attr)
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

// Package signals restores the default actions of signals, which a program in C has.
// Go's runtime handles all signals: it prints its goroutines on SIGQUIT and SIGABRT, and
// ignores SIGUSR1 and others.
//
// Every command calls [Default] at the start of main. A command that handles signals
// itself passes them to Default, and calls signal.Notify afterwards.
package signals

import (
	"fmt"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sigaction stands for the kernel's struct sigaction. All zeros mean SIG_DFL. It is at
// least as large as on any architecture.
type sigaction [8]uint64

// sigsetBytes is the size of the kernel's sigset_t.
const sigsetBytes = 8

// keptByGo lists the signals that Default leaves to Go's runtime, which needs them or
// handles them correctly. With SIGPIPE a write fails with EPIPE; if the write was to
// standard output or error, package os then ends the process by SIGPIPE, as the default
// action does. Child processes get the default action.
var keptByGo = []syscall.Signal{
	syscall.SIGHUP, syscall.SIGINT, // Go keeps ignoring them if nohup ignored them
	syscall.SIGTERM, syscall.SIGPIPE,
	syscall.SIGURG, syscall.SIGCHLD,
	syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE,
	syscall.SIGKILL, syscall.SIGSTOP,
	32, 33, 34, // the C library and Go's runtime use them
}

// lastSignal is the greatest signal number.
const lastSignal = 64

// Default restores the default action of all signals but those that Go's runtime needs
// and those in own. Call it at the start of main, before signal.Notify.
func Default(own ...syscall.Signal) {
	var action sigaction
	for s := syscall.Signal(1); s <= lastSignal; s++ {
		if slices.Contains(keptByGo, s) || slices.Contains(own, s) {
			continue
		}
		// The call fails for numbers that are no signals.
		_, _, _ = syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&action)), 0, sigsetBytes, 0, 0)
	}
}

// End ends the process by signal s, whose default action is that.
func End(s syscall.Signal) {
	var action sigaction
	_, _, _ = syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&action)), 0, sigsetBytes, 0, 0)
	_ = unix.Kill(unix.Getpid(), s)
	select {} // until the signal comes
}

// Unblock unblocks all signals in the calling thread. blocked reports whether any was
// blocked.
func Unblock() (blocked bool, err error) {
	var none, before uint64
	_, _, e := syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&none)), uintptr(unsafe.Pointer(&before)), sigsetBytes, 0, 0)
	if e != 0 {
		return false, fmt.Errorf("unable to unblock signals: %w", e)
	}
	return before != 0, nil
}

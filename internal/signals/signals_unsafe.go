// Package signals gives signals the action that they have in a program in C. Go's
// runtime takes all of them: it prints its goroutines on SIGQUIT and SIGABRT, and
// drops SIGUSR1 and others.
package signals

import (
	"fmt"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sigaction is the kernel's struct sigaction, with handler, flags and all
// zero: SIG_DFL. It is larger than on any architecture.
type sigaction [8]uint64

// sigsetBytes is the size of the kernel's sigset_t.
const sigsetBytes = 8

// gos are the signals that stay Go's in every command: its runtime needs them, or
// does with them what is right. After SIGPIPE a write fails with EPIPE; on standard
// output, package os then ends the process by that signal, as the default action
// does. Programs that are started get the default action.
var gos = []syscall.Signal{
	syscall.SIGHUP, syscall.SIGINT, // they go on being ignored under nohup
	syscall.SIGTERM, syscall.SIGPIPE,
	syscall.SIGURG, syscall.SIGCHLD,
	syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE,
	syscall.SIGKILL, syscall.SIGSTOP,
	32, 33, 34, // the C library's, and the runtime's
}

// lastSignal is the greatest signal number.
const lastSignal = 64

// Default gives signals their default action, but for those that Go needs and
// those in own. It is for the beginning of main, before signal.Notify.
func Default(own ...syscall.Signal) {
	var action sigaction
	for s := syscall.Signal(1); s <= lastSignal; s++ {
		if slices.Contains(gos, s) || slices.Contains(own, s) {
			continue
		}
		// It fails for numbers that the kernel has no signal for.
		_, _, _ = syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&action)), 0, sigsetBytes, 0, 0)
	}
}

// Unblock unblocks all signals of the calling thread, and returns whether the
// parent had blocked any.
func Unblock() (blocked bool, err error) {
	var none, before uint64
	_, _, e := syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&none)), uintptr(unsafe.Pointer(&before)), sigsetBytes, 0, 0)
	if e != 0 {
		return false, fmt.Errorf("unable to unblock signals: %w", e)
	}
	return before != 0, nil
}

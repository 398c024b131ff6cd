package main

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sigaction is the kernel's struct sigaction, with handler, flags and all
// zero: SIG_DFL. It is larger than on any architecture.
type sigaction [8]uint64

// sigsetBytes is the size of the kernel's sigset_t.
const sigsetBytes = 8

// ownAction are the signals that keep the action Go's runtime gives them: it
// needs them, or multilog obeys them, or Go's action is the default one.
var ownAction = map[syscall.Signal]bool{
	syscall.SIGTERM: true, syscall.SIGALRM: true, syscall.SIGXFSZ: true, // see pipeline.NewLinux
	syscall.SIGHUP: true, syscall.SIGINT: true, // go on being ignored under nohup
	syscall.SIGURG: true, syscall.SIGCHLD: true,
	syscall.SIGSEGV: true, syscall.SIGBUS: true, syscall.SIGFPE: true,
	syscall.SIGKILL: true, syscall.SIGSTOP: true,
	32: true, 33: true, 34: true, // the C library's, and the runtime's
}

// lastSignal is the greatest signal number.
const lastSignal = 64

// defaultSignals gives the signals that multilog does not know their default
// action, as for any program in C: SIGUSR1 and the like end it, and SIGQUIT
// does so without a word. And it makes sure that no signal is blocked, also
// not in the programs that it starts: it starts itself again, with the same
// process id, when the parent left any blocked.
func defaultSignals() error {
	var none, blocked uint64
	_, _, e := syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&none)), uintptr(unsafe.Pointer(&blocked)), sigsetBytes, 0, 0)
	if e != 0 {
		return fmt.Errorf("unable to unblock signals: %w", e)
	}
	if blocked != 0 {
		err := syscall.Exec("/proc/self/exe", os.Args, os.Environ())
		// Without /proc the signals that matter still work: Go's runtime
		// unblocks those that are asked for.
		_ = err
	}
	var action sigaction
	for s := syscall.Signal(1); s <= lastSignal; s++ {
		if !ownAction[s] {
			_, _, _ = syscall.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&action)), 0, sigsetBytes, 0, 0)
		}
	}
	return nil
}

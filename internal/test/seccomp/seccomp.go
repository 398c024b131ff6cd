// Package seccomp lets tests run without certain system calls, as in a container. The
// filter applies to the whole process and its children and can't be removed, so a test
// uses it in a process of its own.
package seccomp

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// LikeDocker lists the system calls that this project uses and that the default
// profiles of Docker and containerd refuse.
var LikeDocker = []uint32{unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER, unix.SYS_UNSHARE}

// Inotify lists the system call that makes an inotify instance.
var Inotify = []uint32{unix.SYS_INOTIFY_INIT1}

// Run replaces the process by a command, which may not make the system calls with these
// numbers: they fail with errno. It returns only if that fails.
func Run(command []string, errno unix.Errno, numbers ...uint32) error {
	if len(command) == 0 {
		return errors.New("usage: command [argument ...]")
	}
	path, err := exec.LookPath(command[0])
	if err != nil {
		return err
	}
	if err := refuse(errno, numbers); err != nil {
		return fmt.Errorf("unable to set the filter: %w", err)
	}
	return unix.Exec(path, command, os.Environ())
}

// Refuse makes the system calls with these numbers fail with EPERM in all threads.
// Errors are those of prctl(2) and seccomp(2).
func Refuse(numbers ...uint32) error { return refuse(unix.EPERM, numbers) }

func refuse(errno unix.Errno, numbers []uint32) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	const numberOffset = 0 // offset of nr in struct seccomp_data
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: numberOffset}}
	for i, n := range numbers {
		toRefusal := uint8(len(numbers) - i)
		filter = append(filter, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: n, Jt: toRefusal})
	}
	filter = append(filter,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)})
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, failed := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
	runtime.KeepAlive(filter)
	if failed != 0 {
		return failed
	}
	return nil
}

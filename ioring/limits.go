package ioring

import (
	"errors"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// What a process may run short of. Who finds out at the start can say so; later,
// operations would fail, and Go's runtime would end the process when it can't have
// another thread.

// SpareFiles reports how many more descriptors can be opened, up to n, by opening
// them. The error is why there are no more: EMFILE, or ENFILE for the whole system.
func SpareFiles(n int) (int, error) {
	var fds []int
	defer func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	}()
	for len(fds) < n {
		fd, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, firstInheritable)
		if err != nil {
			return len(fds), err
		}
		fds = append(fds, fd)
	}
	return n, nil
}

// SpareTasks reports how many more threads or processes there can be, up to n: it
// forks children that end at once, and waits for them when all have been. That is
// the only way to know: limits are per user and per control group, and others live
// below them, too. The error is why there are no more: EAGAIN.
func SpareTasks(n int) (int, error) {
	var pids []int
	defer func() {
		for _, pid := range pids {
			for errors.Is(reap(pid), unix.EINTR) {
			}
		}
	}()
	for len(pids) < n {
		pid, err := forkNothing()
		if err != nil {
			return len(pids), err
		}
		pids = append(pids, pid)
	}
	return n, nil
}

func reap(pid int) error {
	// Its end sends no signal: such a child has to be asked for.
	_, err := unix.Wait4(pid, nil, unix.WALL, nil)
	return err
}

// forkNothing forks a child that ends at once. Go's runtime does not work there, so
// the child makes one system call and nothing else.
//
//go:norace
func forkNothing() (pid int, err error) {
	// No flags, and no signal at the end: the order of the arguments, which differs
	// between machines, does not matter.
	r, _, e := syscall.RawSyscall6(unix.SYS_CLONE, 0, 0, 0, 0, 0, 0)
	if e == 0 && r == 0 {
		for {
			_, _, _ = syscall.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
		}
	}
	if e != 0 {
		return 0, e
	}
	return int(r), nil
}

// SpareMemory returns nil if there are so many more bytes of memory as the limits of
// addresses and of data say, ENOMEM if not. It uses none.
func SpareMemory(bytes int) error {
	memory, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err != nil {
		return err
	}
	return unix.Munmap(memory)
}

// RaiseThreads makes n threads that Go's runtime keeps, and uses when it needs some.
func RaiseThreads(n int) {
	all, done := make(chan struct{}), make(chan struct{})
	for range n {
		go func() {
			runtime.LockOSThread() // so it is not one that another goroutine has
			all <- struct{}{}
			<-done
			runtime.UnlockOSThread()
		}()
	}
	for range n {
		<-all
	}
	close(done)
}

package ioring

import (
	"errors"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// What a process may run out of. At the start there is still time to say so. Later,
// operations would fail, and Go's runtime would end the process if it can't create
// another thread.

// SpareFiles returns how many more descriptors can be opened, up to n, by opening them.
// The error says why there are no more: EMFILE, or ENFILE for the whole system.
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

// SpareTasks returns how many more threads or processes there can be, up to n. It forks
// children that end at once, and then waits for them. There is no other way to find
// out, because limits apply to a user and to a control group, to which other processes
// belong, too. The error says why there are no more: EAGAIN.
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
	// Its end sends no signal; WALL waits for such a child, too.
	_, err := unix.Wait4(pid, nil, unix.WALL, nil)
	return err
}

// forkNothing forks a child that ends at once. Go's runtime does not work in the child,
// so it makes one system call and nothing else.
//
//go:norace
func forkNothing() (pid int, err error) {
	// All arguments are 0 (no flags, no signal at the end), so their order, which
	// differs between machines, does not matter.
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

// SpareMemory returns nil if the limits of addresses and of data leave room for so many
// more bytes of memory, and ENOMEM if not. It uses no memory.
func SpareMemory(bytes int) error {
	memory, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
	if err != nil {
		return err
	}
	return unix.Munmap(memory)
}

// RaiseThreads creates n threads, which Go's runtime keeps and uses when it needs some.
func RaiseThreads(n int) {
	all, done := make(chan struct{}), make(chan struct{})
	for range n {
		go func() {
			runtime.LockOSThread() // so that the goroutine does not share a thread with another
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

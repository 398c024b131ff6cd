package zstdcmd

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

const (
	// From linux/ioprio.h: the lowest place among those that are served in turn.
	// The class below, idle, may wait for ever on a disk that is always busy, and
	// pending files would pile up until the logger has to wait.
	ioprioWhoProcess = 1
	ioprioClassShift = 13
	ioprioBestEffort = 2
	ioprioLowest     = 7

	lowestNice = 19
)

// goIdle gives this process the lowest priority for processors and disks that
// still gets somewhere. Priorities are a thread's, and new threads have that of
// the one which made them: so it goes on until all that are there have it.
func goIdle() error {
	done := make(map[int]bool)
	for {
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return err
		}
		changed := false
		for _, task := range tasks {
			tid, err := strconv.Atoi(task.Name())
			if err != nil || done[tid] {
				continue
			}
			if err := threadIdle(tid); err != nil && err != unix.ESRCH {
				return err
			}
			done[tid], changed = true, true
		}
		if !changed {
			return nil
		}
	}
}

// threadIdle does it for the thread tid. Where the kernel refuses the idle
// scheduling class, being nice is enough; that and the place among disk users
// are always granted downwards.
func threadIdle(tid int) error {
	if err := unix.Setpriority(unix.PRIO_PROCESS, tid, lowestNice); err != nil {
		return err
	}
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE, Nice: lowestNice}
	unix.SchedSetAttr(tid, &attr, 0)
	_, _, errno := unix.Syscall(unix.SYS_IOPRIO_SET, ioprioWhoProcess, uintptr(tid),
		uintptr(ioprioBestEffort<<ioprioClassShift|ioprioLowest))
	if errno != 0 && errno != unix.ENOSYS && errno != unix.EPERM {
		return errno
	}
	return nil
}

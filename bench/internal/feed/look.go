package feed

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// cpuClockSched makes a process's CPU clock id say "time on the processor"
// (linux/posix-timers_types.h: CPUCLOCK_SCHED).
const cpuClockSched = 2

// ProcessCPU returns the CPU time, in nanoseconds, that a process has used so far
// with all its threads, also those that have ended. It needs no wake-up of the
// process and does not read /proc.
func ProcessCPU(pid int) (int64, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|cpuClockSched), &ts); err != nil {
		return 0, fmt.Errorf("clock of process %d: %w", pid, err)
	}
	return ts.Nano(), nil
}

// A Look is what the kernel knows about a process at a moment.
type Look struct {
	At          int64 // CLOCK_MONOTONIC, in nanoseconds
	CPU         int64 // used so far, in nanoseconds
	Threads     int
	Voluntary   int64 // context switches of all threads to wait: each is a wake-up
	Involuntary int64
	PSS, USS    int64 // memory in bytes, if asked for
}

// LookAt returns what the kernel knows about a process, with its memory if that is
// requested.
func LookAt(pid int, memory bool) (s Look, err error) {
	if s.CPU, err = ProcessCPU(pid); err != nil {
		return s, err
	}
	s.At = Monotonic()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(tasks) == 0 {
		return s, fmt.Errorf("no threads of process %d", pid)
	}
	for _, task := range tasks {
		fields, err := procFields(task)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) { // the thread has ended
			continue
		}
		if err != nil {
			return s, err
		}
		s.Threads++
		s.Voluntary += fields["voluntary_ctxt_switches"]
		s.Involuntary += fields["nonvoluntary_ctxt_switches"]
	}
	if !memory {
		return s, nil
	}
	fields, err := procFields(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return s, err
	}
	s.PSS = fields["Pss"] << 10
	s.USS = (fields["Private_Clean"] + fields["Private_Dirty"]) << 10
	return s, nil
}

// procFields reads a file whose lines are "Name: number [kB]".
func procFields(path string) (map[string]int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fields := map[string]int64{}
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ":")
		value, _, _ = strings.Cut(strings.TrimSpace(value), " ")
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			fields[name] = n
		}
	}
	return fields, lines.Err()
}

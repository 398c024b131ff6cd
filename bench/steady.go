package main

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

// What the kernel knows about a process that runs.

// cpuClockSched makes a process's CPU clock id say "time on the processor"
// (linux/posix-timers_types.h: CPUCLOCK_SCHED).
const cpuClockSched = 2

// processCPU is the CPU time, in nanoseconds, that a process with all its
// threads, also those that have ended, has used so far.
func processCPU(pid int) (int64, error) {
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|cpuClockSched), &ts); err != nil {
		return 0, fmt.Errorf("clock of process %d: %w", pid, err)
	}
	return ts.Nano(), nil
}

// A state is a process at a moment.
type state struct {
	at        int64 // CLOCK_MONOTONIC, nanoseconds
	cpu       int64 // nanoseconds
	threads   int
	voluntary int64 // context switches of all threads: waits, so wake-ups
	forced    int64
	pss, uss  int64 // bytes
}

// processState looks at a process, at its memory too if asked.
func processState(pid int, memory bool) (s state, err error) {
	if s.cpu, err = processCPU(pid); err != nil {
		return s, err
	}
	s.at = monotonic()
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
		s.threads++
		s.voluntary += fields["voluntary_ctxt_switches"]
		s.forced += fields["nonvoluntary_ctxt_switches"]
	}
	if !memory {
		return s, nil
	}
	fields, err := procFields(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return s, err
	}
	s.pss = fields["Pss"] << 10
	s.uss = (fields["Private_Clean"] + fields["Private_Dirty"]) << 10
	return s, nil
}

// procFields reads a file of "Name: number [kB]" lines.
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

// fileSize asks for a file's size; -1 when there is none.
func fileSize(path string) int64 {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return -1
	}
	return st.Size
}

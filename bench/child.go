package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// This program runs itself for its children: producers, which write to a
// logger's pipe and are not counted, copiers, and the process that keeps the
// disk busy. A child is told what to be by the variable childEnv.

const childEnv = "BENCH_CHILD"

// Descriptors a child finds open, next to 0, 1 and 2.
const (
	childInputFD  = 3 // the input, a memfd
	childResultFD = 4 // takes a produced, in JSON
	childTimesFD  = 5 // a memfd that takes an int64 a line
)

// runChild is what this process does when it is a child; it does not return
// then.
func runChild() {
	what := os.Getenv(childEnv)
	if what == "" {
		return
	}
	debug.SetGCPercent(-1)
	runtime.LockOSThread()
	var err error
	switch what {
	case "producer":
		err = producerChild()
	case "copier":
		err = copierChild(family(os.Args[1]), os.Args[2])
	case "hog":
		err = hogChild(os.Args[1])
	default:
		err = fmt.Errorf("unknown child %q", what)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: fatal:", what+":", err)
		os.Exit(111)
	}
	os.Exit(0)
}

// childEnviron is the environment of a child.
func childEnviron(what string) []string {
	return append(os.Environ(), childEnv+"="+what)
}

// monotonic is CLOCK_MONOTONIC in nanoseconds, the same for all processes.
func monotonic() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts)
	return ts.Nano()
}

// A clock reads CLOCK_MONOTONIC the cheap way.
type clock struct {
	start  time.Time
	offset int64
}

func newClock() clock { return clock{start: time.Now(), offset: monotonic()} }

func (c clock) now() int64 { return c.offset + int64(time.Since(c.start)) }

// sleepUntil sleeps, in the kernel, until CLOCK_MONOTONIC shows at.
func sleepUntil(at int64) {
	ts := unix.NsecToTimespec(at)
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &ts, nil) == unix.EINTR {
	}
}

// rawWrite is write(2) without a word to Go's scheduler: the cost that a
// service in C has.
func rawWrite(fd int, p []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	return int(n), errno
}

// writeAll writes p, whatever it takes.
func writeAll(fd int, p []byte) error {
	for len(p) > 0 {
		n, errno := rawWrite(fd, p)
		switch errno {
		case 0:
			p = p[n:]
		case unix.EINTR:
		default:
			return &os.PathError{Op: "write", Path: "pipe", Err: errno}
		}
	}
	return nil
}

// mapInput maps the input that this child was given.
func mapInput(bytes int) ([]byte, error) {
	data, err := unix.Mmap(childInputFD, 0, bytes, unix.PROT_READ, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("mmap input: %w", err)
	}
	return data, nil
}

// report hands the result to the parent.
func report(result any) error {
	out := os.NewFile(childResultFD, "result")
	defer out.Close()
	return json.NewEncoder(out).Encode(result)
}

// hogChild writes and fsyncs a file in dir until it is ended.
func hogChild(dir string) error {
	f, err := os.CreateTemp(dir, "hog")
	if err != nil {
		return err
	}
	block := make([]byte, 1<<20)
	for n := int64(0); ; n++ {
		if _, err := f.WriteAt(block, n%64<<20); err != nil {
			return err
		}
		if err := f.Sync(); err != nil {
			return err
		}
	}
}

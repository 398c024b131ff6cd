// Package slack has Go's monitor thread, sysmon, wake less.
//
// Sysmon sleeps for 20 microseconds to 10 milliseconds at a time while a goroutine runs
// or is in a system call. A program that wakes some hundred times a second, each time for
// some microseconds, pays more for sysmon's wakes than for its own. But sysmon's sleeps
// obey the timer slack of its thread (prctl(2), PR_SET_TIMERSLACK): with a second of
// slack it wakes about once a second, or with another timer of the same CPU. Threads
// inherit the slack, and execve(2) keeps it. So a program calls [Enlarge] and executes
// itself once: sysmon, which the runtime starts before main, then has the large slack.
// [Confine] takes it from all other threads: with it, Go's timers would be late, and so
// would the work that one thread takes over from another, for it sleeps a moment first.
//
// The slack itself is the mark that it was set, and holds the one that the parent had
// given. Where it can't be set, or the program can't be executed again, all works as
// without it.
//
// Sysmon also takes a processor (GOMAXPROCS) from a goroutine that is in a system call,
// for another one that waits for a processor. As it wakes less often, a program needs as
// many processors as goroutines that are in long system calls at a time, and one more.
package slack

import (
	"os"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"
)

// Slack in nanoseconds.
const (
	extraNanos = 1 << 30 // what Enlarge adds
	mostNanos  = 1 << 29 // a parent's slack that is larger stays as it is
)

// The new program starts with one processor, so that few threads start before main, and
// none that takes over work from another.
const (
	processors   = "GOMAXPROCS"
	oneProcessor = processors + "=1"
	otherThreads = 2 // sysmon, and the one that Confine is called on
)

// own is the slack that the parent gave to this process, in nanoseconds, if sysmon has a
// large one; otherwise 0. Enlarge stores it, before there are goroutines.
var own int

// Enlarge gives the calling thread a large slack, and returns the environment with which
// the program is to execute itself now. It returns nil if this has been done, or can't be.
func Enlarge() (environment []string) {
	before := get()
	if before > extraNanos && before <= extraNanos+mostNanos {
		own = before - extraNanos
		return nil
	}
	// The slack is 0 in threads with a real-time policy, and stays 0.
	if _, given := os.LookupEnv(processors); given || before <= 0 || before > mostNanos {
		return nil
	}
	set(before + extraNanos)
	if get() != before+extraNanos {
		return nil
	}
	return append(os.Environ(), oneProcessor)
}

// Reduce takes back what Enlarge has done to the calling thread: the program could not be
// executed.
func Reduce() {
	if large := get(); large > extraNanos {
		set(large - extraNanos)
	}
}

// Restore gives the calling thread the slack that the parent gave to this process. A
// program that is started inherits that of the thread that starts it.
func Restore() {
	if own != 0 {
		set(own)
	}
}

// Confine restores the slack of all threads but sysmon, and the environment. Call it
// early in main: the threads that come later inherit from these. The program has one
// processor then, until it calls runtime.GOMAXPROCS.
func Confine() {
	if own == 0 {
		return
	}
	_ = os.Unsetenv(processors)
	threads, _ := runtime.ThreadCreateProfile(nil)
	// The first LockOSThread starts the thread that starts others from now on.
	Restore()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, done sync.WaitGroup
	for range threads - otherThreads {
		all.Add(1)
		done.Go(func() {
			runtime.LockOSThread() // no two of them have the same thread
			defer runtime.UnlockOSThread()
			Restore()
			all.Done()
			all.Wait()
		})
	}
	done.Wait()
}

func get() int {
	slack, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil {
		return 0
	}
	return slack
}

func set(nanos int) { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(nanos), 0, 0, 0) }

// Package slack has Go's monitor thread, sysmon, wake less.
//
// Sysmon sleeps for 20 microseconds to 10 milliseconds at a time while a goroutine runs
// or is in a system call. A program that wakes some hundred times a second, each time for
// some microseconds, pays more for sysmon's wakes than for its own. But sysmon's sleeps
// obey the timer slack of its thread (prctl(2), PR_SET_TIMERSLACK): with a second of
// slack it wakes about once a second, or with another timer of the same CPU. Threads
// inherit the slack, and execve(2) keeps it. So a program calls [Enlarge] and executes
// itself once: sysmon, which the runtime starts before main, then has the large slack.
//
// The slack itself is the mark that it was set, and holds the one that the parent had
// given. Where it can't be set, or the program can't be executed again, all works as
// without it.
//
// Sysmon also takes a processor (GOMAXPROCS) from a goroutine that is in a system call,
// for another one that waits for a processor. As it wakes less often, a program needs as
// many processors as goroutines that are in long system calls at a time, and one more.
//
// # Other threads
//
// No other thread may have the large slack: Go's timers would be late, and so would a
// goroutine that one thread takes over from another, for which it sleeps 3 microseconds
// first. [Confine] restores the slack of all threads that there are. Of those that the
// runtime starts later, most are started by one of these, or, for a goroutine that is
// locked to its thread, by the runtime's template thread, whose slack is restored, too.
//
// Sysmon itself starts a thread if it has taken a processor away, there is work for it,
// and no thread is parked. That thread inherits the large slack, and nobody else can
// change it: a thread sets its own. It is prevented, and where it happens it does not
// last:
//
//   - Confine leaves some threads parked, and those that it finds parked later sysmon
//     wakes instead. Go's runtime never ends a thread that no goroutine has locked.
//   - A goroutine whose sleeps must be exact, or that starts programs, locks itself to its
//     thread and calls [Restore].
//   - A goroutine that does operations for others calls Restore before each. So a thread
//     that sysmon has started, because all others were in system calls, has the large
//     slack until the first operation that it takes over, which may be a second late.
package slack

import (
	"os"
	"runtime"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// Slack in nanoseconds.
const (
	extraNanos = 1 << 30 // what Enlarge adds
	mostNanos  = 1 << 29 // a parent's slack that is larger stays as it is
)

// The new program starts with one processor, so that few threads start before Confine,
// and none that takes over work from another.
const (
	processors   = "GOMAXPROCS"
	oneProcessor = processors + "=1"
)

const (
	unvisited = 2 // sysmon, and the runtime's template thread
	parked    = 5 // threads that Confine leaves parked, at least
	most      = 8 // rounds of Confine
)

// own is the slack that the parent gave to this process, in nanoseconds, if sysmon has a
// large one; otherwise 0. Enlarge stores it, before there are goroutines.
var own int

// Enlarge gives the calling thread a large slack, locks the goroutine to it, and returns
// the environment with which the program is to execute itself now. It returns nil, and
// changes nothing, if this has been done, or can't be.
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
	// The new program gets the slack of the thread that executes it.
	runtime.LockOSThread()
	set(before + extraNanos)
	if get() != before+extraNanos {
		runtime.UnlockOSThread()
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
	runtime.UnlockOSThread()
}

// Restore gives the calling thread the slack that the parent gave to this process. A
// program that is started inherits that of the thread that starts it.
func Restore() {
	if own != 0 {
		set(own)
	}
}

// Confine restores the slack of all threads but sysmon, and the environment. Call it
// before there are goroutines, and before the first runtime.LockOSThread: that starts the
// template thread, which inherits the slack of the caller's. The program has one
// processor then, until it calls runtime.GOMAXPROCS.
func Confine() {
	if own == 0 {
		return
	}
	_ = os.Unsetenv(processors)
	Restore()
	// The first LockOSThread starts the template thread, from this one.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	restored := map[int]bool{}
	for range most {
		// Sysmon may start another thread during a round: then there is another round.
		others, _ := runtime.ThreadCreateProfile(nil)
		others -= unvisited + 1
		if len(restored) >= max(others, parked) {
			return
		}
		restoreOthers(max(others, parked), restored)
	}
}

// restoreOthers restores the slack of n threads other than the calling one, to which the
// caller is locked, and notes their ids. It uses parked threads first.
func restoreOthers(n int, restored map[int]bool) {
	var mu sync.Mutex
	var all, done sync.WaitGroup
	all.Add(n) // before the first of them is done
	for range n {
		done.Go(func() {
			runtime.LockOSThread() // no two of them have the same thread
			defer runtime.UnlockOSThread()
			Restore()
			mu.Lock()
			restored[unix.Gettid()] = true
			mu.Unlock()
			all.Done()
			all.Wait()
		})
	}
	done.Wait()
}

// The system calls are made without telling Go's scheduler, so that the goroutine does
// not change its thread meanwhile.

// get returns the slack of the calling thread in nanoseconds, and 0 for an error.
func get() int {
	slack, _, err := syscall.RawSyscall(unix.SYS_PRCTL, unix.PR_GET_TIMERSLACK, 0, 0)
	if err != 0 {
		return 0
	}
	return int(slack)
}

// set sets the slack of the calling thread; an error leaves it.
func set(nanos int) {
	_, _, _ = syscall.RawSyscall(unix.SYS_PRCTL, unix.PR_SET_TIMERSLACK, uintptr(nanos), 0)
}

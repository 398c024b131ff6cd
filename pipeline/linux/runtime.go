package linux

import (
	"runtime"
	"runtime/debug"

	"multilog/internal/slack"
)

// Go's runtime is made to fit the loop. Three settings depend on each other:
//
//   - The loop makes the system calls of a batch without telling the scheduler. While it
//     is in one, its thread can't be stopped, and its P can't be handed to another
//     goroutine. It tells the scheduler only where it sleeps for long.
//   - A goroutine in a system call keeps its P until sysmon takes that away, which may
//     take a second (see package slack). So there are more Ps than goroutines that are
//     likely to be in system calls at a time: the loop, some operations on a slow disk,
//     two programs that are being started, one goroutine that waits for programs.
//   - And there is no collector at work beside the loop: it has to stop all Ps, and
//     would wait for the loop's call to end. With the collector off, the loop must not
//     allocate for a batch. TestNoAllocations in package pipeline holds that. Rotations
//     allocate a little; [garbage] collects that when the loop is about to sleep.

// In a logger that has nothing to do, with or without an unfinished line, one thread
// still wakes: sysmon, once a minute, because the collector might be due (half of the
// runtime's forcegcperiod, which is two minutes). Programs can't change that. It costs two
// context switches. All other threads sleep until there is input, a signal or a deadline.

const (
	loopPs = 8

	// memoryBytes is where Go's collector starts in spite of all, should the loop
	// ever break its promise to allocate nothing.
	memoryBytes = 64 << 20

	// collectOps is how many operations have to finish before the memory that they
	// took is worth collecting. A rotation takes some thirty, of a few hundred bytes
	// each.
	collectOps = 2000
)

// fitRuntime makes Go's runtime fit the loop, and ties the loop to this thread: a
// goroutine that is in the kernel most of the time would otherwise be handed from thread
// to thread.
func fitRuntime() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(memoryBytes)
	slack.Confine()
	runtime.LockOSThread()
	slack.Restore() // in whichever thread this is
	runtime.GOMAXPROCS(loopPs)
}

// garbage counts the operations that have left garbage.
type garbage struct{ ops int }

// collect runs the collector if that is worth while. Call it when the loop is about
// to sleep.
func (g *garbage) collect() {
	if g.ops >= collectOps {
		g.ops = 0
		runtime.GC()
	}
}

package linux

import (
	"runtime"
	"runtime/debug"
)

// Go's runtime is made to fit the loop. Three settings depend on each other:
//
//   - The loop makes system calls without telling the scheduler, since telling it
//     costs several times what these calls do. While it is in one, its thread can't
//     be stopped, and its P can't be handed to another goroutine.
//   - So there are two Ps: one for the loop, one for all that must run meanwhile,
//     such as the goroutines that take signals and do operations on files.
//   - And there is no collector at work beside the loop: it has to stop all Ps, and
//     would wait for the loop's call to end, or for the end of a nap. With the
//     collector off, the loop must not allocate for a batch. TestNoAllocations in
//     package pipeline holds that. Rotations allocate a little; [garbage] collects
//     that when the loop is about to sleep.

const (
	loopPs = 2

	// memoryBytes is where Go's collector starts in spite of all, should the loop
	// ever break its promise to allocate nothing.
	memoryBytes = 64 << 20

	// collectOps is how many operations have to finish before the memory that they
	// took is worth collecting. A rotation takes some thirty, of a few hundred bytes
	// each.
	collectOps = 2000
)

// fitRuntime makes Go's runtime fit the loop, and ties the loop to this thread: see
// pollSet.wait.
func fitRuntime() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(memoryBytes)
	runtime.GOMAXPROCS(loopPs)
	runtime.LockOSThread()
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

package pipeline

import (
	"multilog/pipeline/input"
	"multilog/rotate"
)

// System is what the loop runs on, in parts: every effect of a logger passes
// through one of them. Package pipeline/linux has the real ones; tests have others.
// Their methods belong to the goroutine that calls [Run].
type System struct {
	Host    rotate.Host // files, clocks, warnings
	Input   input.Input // standard input
	Waiter  Waiter
	Console Console
	Backend string // how file operations are done, and why; for the lock pages
}

// Waiter is where the loop sleeps.
type Waiter interface {
	// Wait sleeps until an operation has finished, a signal has come, Host.Mono has
	// reached until (in nanoseconds; 0 for never) or, if input is set, something is
	// in standard input or its end has come. It calls Done of the operations that
	// have finished. It returns how many SIGTERM and SIGALRM have come since the
	// last call, at least one if any came. It may return for no reason.
	Wait(until int64, input bool) (terms, alarms int)
}

// Console is what a script writes besides log directories.
type Console interface {
	// WriteStderr writes b to standard error. It waits while that takes nothing,
	// until SIGTERM; it drops what it can't write.
	WriteStderr(b []byte)

	// WriteStatus writes b to the beginning of the file fd. The file keeps its
	// length if it is longer. The errors are those of pwrite(2).
	WriteStatus(fd int, b []byte) error
}

package pipeline

import (
	"multilog/pipeline/input"
	"multilog/rotate"
)

// System is what the loop runs on. Everything that a logger does outside its memory
// passes through one of the parts. Package pipeline/linux has the real ones; tests have
// others. Their methods belong to the goroutine that calls [Run].
type System struct {
	Host    rotate.Host // files, clocks, warnings
	Input   input.Input // standard input
	Waiter  Waiter
	Console Console
	Backend string // a text for the lock pages: how file operations are done, and why
}

// Waiter is where the loop sleeps.
type Waiter interface {
	// Wait sleeps until an operation has finished, a signal has come, Host.Mono has
	// reached until (in nanoseconds; 0 for never) or, if input is true, there is
	// something in standard input or its end has come. It calls Done of the operations
	// that have finished. It returns how many SIGTERM and SIGALRM have come since the
	// last call, at least one if any came. It may return without a reason.
	Wait(until int64, input bool) (terms, alarms int)
}

// Console is where a script writes besides log directories.
type Console interface {
	// WriteStderr writes b to standard error. If the reader does not read, it waits,
	// until SIGTERM. It drops what it can't write.
	WriteStderr(b []byte)

	// WriteStatus writes b to the beginning of the file fd. A longer file keeps its
	// length. The errors are those of pwrite(2).
	WriteStatus(fd int, b []byte) error
}

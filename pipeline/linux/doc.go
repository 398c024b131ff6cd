// Package linux runs the loop of package pipeline on the real kernel. [Open] takes over
// the process and returns a [pipeline.System] with these parts:
//
//	host      clocks, and operations on files, done at once or by io_uring or threads
//	console   warnings, standard error, =files
//	waiter    the sleep: input, finished operations, signals, a deadline; naps
//	signals   SIGTERM and SIGALRM, counted
//
// and package input's Stdin. [CheckLimits] must be called before that; it checks the
// limits that a logger could exceed later.
//
// # What it owns
//
// It owns the process: descriptor 0, the signals in [Signals], Go's runtime (see
// runtime.go) and the thread that Open is called on. So a process can have only one
// logger.
//
// # What it expects
//
// The goroutine that calls Open calls [pipeline.Run], and waits only in the Waiter. The
// loop allocates nothing per batch.
//
// # System calls
//
// The system calls of a batch are made without telling Go's scheduler, in raw_unsafe.go
// here and in package input. None of them waits for another process. While lines come,
// the scheduler does not know of those in which the Waiter sleeps, either (see waiter).
package linux

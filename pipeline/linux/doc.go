// Package linux runs the loop of package pipeline on the real kernel. [Open] takes
// over the process and returns a [pipeline.System], whose parts are
//
//	host      clocks, and operations on files, done at once or by io_uring or threads
//	console   warnings, standard error, =files
//	waiter    the sleep: input, finished operations, signals, a deadline; naps
//	signals   SIGTERM and SIGALRM, counted
//
// and package input's Stdin. [CheckLimits] looks, before that, for what a logger
// might run short of later.
//
// # What it owns
//
// The process: descriptor 0, the signals in [Signals], Go's runtime (see runtime.go)
// and the thread that Open is called on. So there is one logger in a process.
//
// # What it expects
//
// The goroutine that calls Open calls [pipeline.Run], and does nothing that waits
// but in the Waiter. The loop allocates nothing per batch.
//
// # Calls
//
// The system calls of a batch are made without telling Go's scheduler, in raw_unsafe.go
// here and in package input. None of them waits for another process. The scheduler is
// told of those in which the Waiter sleeps.
package linux

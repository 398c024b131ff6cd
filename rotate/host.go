package rotate

import "multilog/ioring"

// Host is what a log directory needs from the system. Everything that this package does
// outside its memory passes through it. All methods belong to one goroutine.
type Host interface {
	// Now returns the time of day in nanoseconds since 1970.
	Now() int64

	// Mono returns the time in nanoseconds by a monotonic clock, which no one can set.
	Mono() int64

	// Writev appends the pieces to the file and returns how many bytes it wrote. A
	// short write is not an error.
	Writev(fd int, pieces [][]byte) (int, error)

	// Do carries out op and waits for it. It is used at the start and for taking a
	// batch back.
	Do(op *ioring.Op)

	// Submit starts op and returns at once. When op has finished, the host calls
	// op.Done in the same goroutine, while the caller waits.
	Submit(op *ioring.Op)

	// MapPage maps the first lockpage.Size bytes of the file, shared and writable.
	MapPage(fd int) ([]byte, error)

	// BootID identifies the current boot of the machine; zeros mean that it is unknown.
	BootID() [16]byte

	// Warn prints a warning. text has neither program name nor severity.
	Warn(text string)
}

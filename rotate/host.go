package rotate

import "multilog/ioring"

// Host is what a log directory needs of the system: everything that this package
// does to the world goes through it. The methods belong to one goroutine.
type Host interface {
	// Now returns the time of day in nanoseconds since 1970.
	Now() int64

	// Mono returns the time, in nanoseconds, of a clock that nobody sets.
	Mono() int64

	// Writev appends the pieces to the file and returns how many bytes it wrote;
	// fewer than all of them is no error.
	Writev(fd int, pieces [][]byte) (int, error)

	// Do carries out op and waits for it. It is for the start, and for the end.
	Do(op *ioring.Op)

	// Submit has op carried out, and returns at once. The host calls op.Done in
	// the same goroutine, while that waits, when the operation has finished.
	Submit(op *ioring.Op)

	// MapPage maps the first lockpage.Size bytes of the file, shared, for stores.
	MapPage(fd int) ([]byte, error)

	// BootID tells one boot of the machine from another; all zeros if unknown.
	BootID() [16]byte

	// Warn prints a warning: the text has neither program nor severity.
	Warn(text string)
}

package rotate

import "multilog/ioring"

// Kernel is the kernel as a log directory sees it: whatever this package does
// to the world goes through it. The methods belong to one goroutine.
type Kernel interface {
	// Now is the time of day in nanoseconds since 1970.
	Now() int64

	// Mono is a clock in nanoseconds that nobody sets.
	Mono() int64

	// Writev appends the pieces to the file and returns how many bytes went;
	// fewer than all of them is no error.
	Writev(fd int, pieces [][]byte) (int, error)

	// Do carries out op and waits for it. For the start, and for the end.
	Do(op *ioring.Op)

	// Submit has op carried out; op.Done is called, by a later wait of the
	// loop, when it has finished.
	Submit(op *ioring.Op)

	// MapPage maps the first PageSize bytes of the file, shared, for stores.
	MapPage(fd int) ([]byte, error)

	// BootID tells one boot of the machine from another; all zeros if unknown.
	BootID() [16]byte

	// Warn prints a warning: the text has neither program nor severity.
	Warn(text string)
}

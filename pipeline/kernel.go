package pipeline

import (
	"errors"

	"multilog/rotate"
)

// ErrTaken is Consume's error when another process has taken what Peek had
// shown. What Consume took instead is shown next. From then on what Peek shows
// is taken, as if standard input could not be peeked.
var ErrTaken = errors.New("unable to have standard input alone: another process reads it, too")

// Kernel is the kernel as the loop sees it: every effect of the logger passes
// through these methods, which belong to one goroutine. Linux is the real one;
// tests have a simulated one.
type Kernel interface {
	rotate.Kernel

	// Backend says how file operations are done, and why.
	Backend() string

	// Identity is the device and inode of standard input; zeros if it can't
	// be peeked, and records of what is in flight are void.
	Identity() (dev, ino uint64)

	// AtStart says whether standard input is a file of which nothing has been
	// taken.
	AtStart() bool

	// Peek returns what stands at the head of standard input, without taking
	// it and without waiting: more of it than last time, if more has come,
	// and at most a batch. After eof nothing will follow. An input that can't
	// be read is at its end. The bytes are valid until the next Peek, and
	// there is room for one more behind them (cap > len).
	Peek() (b []byte, eof bool)

	// CanPeek says whether what Peek shows stays in the input until it is
	// consumed. Where it can't, Peek takes it, and a kill loses it.
	CanPeek() bool

	// Consume drops n bytes that Peek has shown, the held ones first, then
	// those in standard input, and moves the next ones from there into tail;
	// Peek goes on showing those. The last byte that it drops from the input
	// is stored where mark points, unless that is nil, by the very operation
	// that takes all of them: killed, either everything has happened or
	// nothing. ErrTaken says that it took other bytes than those.
	Consume(n int, mark *byte, tail []byte) error

	// CanMove reports whether Consume can move bytes to a tail, and whether
	// what is left in the input may keep its writer from going on.
	CanMove() bool

	// Cramped reports whether the beginning of a line can fill the input.
	Cramped() bool

	// Hold has Peek show b before what is in the input, as if it had been
	// moved from there.
	Hold(b []byte)

	// Waiting is how many bytes there are in standard input, at least.
	Waiting() int

	// Take moves n bytes, which must be Waiting, from standard input into
	// memory, as Consume does, mark included. They are the first that Peek
	// shows and Consume drops.
	Take(n int, mark *byte) ([]byte, error)

	// Held is how many of the bytes that Peek shows, the first of them, are
	// not in the input any more.
	Held() int

	// LastLine says that only the rest of a line is wanted any more: what
	// can't be peeked is from now on taken byte by byte.
	LastLine()

	// Wait sleeps until an operation has finished, a signal has come, Mono
	// has reached until (0: never), or, if input is set, something is in
	// standard input, or its end has come. It calls Done of the operations
	// that have finished. It may return for no reason.
	Wait(until int64, input bool) Events

	// WriteStatus writes a =file, from its beginning.
	WriteStatus(fd int, b []byte) error

	// WriteStderr writes to standard error. It waits while that takes nothing,
	// until SIGTERM; what can't be written is dropped.
	WriteStderr(b []byte)
}

// Events are the signals that have come: how many of each, at least.
type Events struct {
	Term int // SIGTERM: finish
	Alrm int // SIGALRM: rotate
}

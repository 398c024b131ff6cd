package input

import "errors"

// Sizes in bytes.
const (
	// BatchBytes is the most that Peek shows behind the bytes that are held. It is
	// half a pipe, so that the writer goes on meanwhile. Each batch wakes the
	// writer, so smaller ones cost more, though they fit the cache better.
	BatchBytes = 512 << 10

	// HeldBytes is the room for held bytes before those, enough for the beginnings
	// of two lines. After [Input.Take] more may be held; then Peek shows less of
	// what is in the input.
	HeldBytes = 2000

	// PeekBytes is the most that Peek shows.
	PeekBytes = BatchBytes + HeldBytes
)

// ErrTaken is the error of Consume when another process has taken bytes that Peek
// had shown. Nothing is consumed then. The next Peek shows what Consume got
// instead. From then on the input is read as if it could not be peeked, and Traits
// says so. The text is a warning.
var ErrTaken = errors.New(sharedText)

// Traits are what the loop and recovery have to know of an input.
type Traits struct {
	// Dev and Ino identify the input to the next logger. They are 0 if what Peek
	// shows is gone from the input: then records of batches are void.
	Dev, Ino uint64

	// AtStart reports that the input is a regular file of which nothing had been
	// taken when it was opened.
	AtStart bool

	// Stays reports that what Peek shows stays in the input until it is consumed.
	// Otherwise Peek takes it, and a kill loses it.
	Stays bool

	// Movable reports that Consume can move bytes into a tail, and that bytes that
	// are left in the input may keep its writer from going on.
	Movable bool

	// Cramped reports that the beginning of a line can fill the input.
	Cramped bool
}

// Input is standard input as the loop and recovery see it. Its methods belong to
// one goroutine. [Stdin] is the real one; tests have a simulated one.
type Input interface {
	// Traits returns what is known of the input. It makes no system call.
	Traits() Traits

	// Peek returns the bytes at the head of the input, without taking them and
	// without waiting: those of the last Peek that were not consumed, and what has
	// come since, at most PeekBytes. The first held bytes of b are out of the input
	// already. eof reports that nothing will follow; an input that can't be read is
	// at its end. b is valid until the next Peek, and there is room for one more
	// byte behind it (cap > len).
	Peek() (b []byte, held int, eof bool)

	// Consume drops the first n of the bytes that Peek has shown: held ones first,
	// then bytes in the input. It moves the next len(tail) bytes of the input into
	// tail; they are held from then on, and Peek goes on showing them. The
	// operation that takes all these bytes also stores the last byte that it drops
	// where mark points, unless mark is nil: after a kill either both have happened
	// or neither. The errors are ErrTaken and those of read(2).
	Consume(n int, mark *byte, tail []byte) error

	// Hold makes b, which a logger before has taken from the input, the first held
	// bytes.
	Hold(b []byte)

	// LastLine announces that only the rest of a line is wanted any more. What
	// can't be peeked is taken byte by byte from then on.
	LastLine()

	// Waiting returns how many bytes there are, held or in the input, at least.
	Waiting() int

	// Take moves n bytes of the input, at most Waiting, into memory, where they are
	// held, and returns them. It stores the last one where mark points, as Consume
	// does. It is for batches that are longer than what Peek can show.
	Take(n int, mark *byte) ([]byte, error)
}

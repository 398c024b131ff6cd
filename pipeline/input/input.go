package input

import "errors"

// Sizes in bytes.
const (
	// BatchBytes is the maximum that Peek shows behind the held bytes. It is half of a
	// pipe's capacity, so that the writer can continue meanwhile. Each batch wakes the
	// writer, so smaller batches cost more, although they fit the cache better.
	BatchBytes = 512 << 10

	// HeldBytes is the room for held bytes before those, enough for the beginnings of
	// two lines. After [Input.Take] more may be held; then Peek shows less of the
	// input.
	HeldBytes = 2000

	// PeekBytes is the maximum that Peek shows.
	PeekBytes = BatchBytes + HeldBytes
)

// ErrTaken is the error of Consume when another process has taken bytes that Peek had
// shown. Then Consume consumes nothing, and the next Peek shows what Consume got
// instead. From then on Peek takes what it shows, and Traits says so. The text is a
// warning.
var ErrTaken = errors.New(sharedText)

// Traits are what the loop and recovery need to know of an input.
type Traits struct {
	// Dev and Ino identify the input to the next logger. They are 0 if Peek takes what
	// it shows, because then records of batches are void.
	Dev, Ino uint64

	// AtStart reports that the input is a regular file of which nothing had been
	// consumed when it was opened.
	AtStart bool

	// Stays reports that what Peek shows stays in the input until it is consumed.
	// Otherwise Peek takes it, and a kill loses it.
	Stays bool

	// Movable reports that Consume can move bytes into a tail, and that bytes that are
	// left in the input may keep its writer waiting.
	Movable bool

	// Cramped reports that the beginning of a line can fill the input.
	Cramped bool
}

// Input is standard input as the loop and recovery see it. Its methods belong to one
// goroutine. [Stdin] is the real one; tests have a simulated one.
type Input interface {
	// Traits returns what is known of the input. It makes no system call.
	Traits() Traits

	// Peek returns the bytes at the head of the input, at most PeekBytes, without
	// waiting: those of the last Peek that were not consumed, and what has come since.
	// held is how many of them, the first ones, have left the input already. eof
	// reports that nothing will follow; an input that can't be read is at its end. b is
	// valid until the next Peek and has room for one more byte (cap > len).
	Peek() (b []byte, held int, eof bool)

	// Consume drops the first n bytes that Peek has shown, the held ones first. It
	// moves the next len(tail) bytes of the input into tail; from then on they are
	// held, and Peek continues to show them. The operation that takes all these bytes
	// also stores the last dropped byte at mark, unless mark is nil: after a kill
	// either both have happened or neither. The errors are ErrTaken and those of
	// read(2).
	Consume(n int, mark *byte, tail []byte) error

	// Hold makes b, which a previous logger has taken from the input, the first held
	// bytes.
	Hold(b []byte)

	// LastLine announces that only the rest of a line will be consumed. From then on an
	// input that can't be peeked is read byte by byte.
	LastLine()

	// Waiting returns a number of bytes that are held or in the input, at least.
	Waiting() int

	// Take moves the first n bytes of the input, at most Waiting, into memory, where
	// they are held, and returns them. It stores the last one at mark, as Consume does.
	// It is for batches that are longer than what Peek can show.
	Take(n int, mark *byte) ([]byte, error)
}

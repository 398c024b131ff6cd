// Package input reads standard input in two steps: it shows the bytes at the head
// of the input without taking them, and takes them when its caller has written
// them. A logger that is killed in between loses nothing: the bytes are still there.
//
// This is the only package that knows how Linux does that for each kind of input:
//
//	pipe, FIFO      Peek duplicates the pages into a private pipe (tee) and reads
//	                that; Consume reads from standard input. See pipe.go.
//	stream socket   Peek receives with MSG_PEEK; Consume reads.
//	regular file    Peek reads at the file's offset (pread); Consume moves the offset.
//	all others      Nothing shows bytes without taking them: Peek reads, and keeps
//	                in memory what is not consumed. A kill loses that.
//
// A pipe that another process reads, too, is read like the others: see share.go.
//
// # What it owns
//
// [Open] takes over a descriptor. A [Stdin] owns its buffer, which Peek returns, a
// private pipe, and the bytes that are held: those that are out of the input and
// not consumed yet. It never changes the file status flags of the descriptor,
// which other processes share, and none of its calls waits.
//
// # What it expects
//
// One goroutine calls it. The caller consumes only bytes that Peek has shown, from
// the first one on. It reads no longer from a slice that Peek has returned when it
// calls Peek again.
//
// # The loop and recovery
//
// The loop of package pipeline sees an [Input]; so does recovery, which asks for
// Waiting and Take besides. [Stdin] is the real one. What the wait has to know of
// the input, and only that, are [Stdin.More] and [Stdin.Came].
package input

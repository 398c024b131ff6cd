// Package input reads standard input in two steps. It shows the bytes at the head of
// the input without taking them, and takes them when its caller has written them. A
// logger that is killed in between loses nothing, because the bytes are still there.
//
// This is the only package that knows how Linux does that for each kind of input:
//
//	pipe, FIFO      Peek duplicates the pages into a private pipe (tee) and reads
//	                that; Consume reads from standard input. See pipe.go.
//	stream socket   Peek receives with MSG_PEEK; Consume reads.
//	regular file    Peek reads at the file's offset (pread); Consume moves the offset.
//	all others      They can't show bytes without losing them: Peek reads, and keeps in
//	                memory what is not consumed. A kill loses that.
//
// A pipe that another process also reads is handled like the last kind: see share.go.
//
// # What it owns
//
// [Open] takes over a descriptor. A [Stdin] owns the buffer that Peek returns, a
// private pipe, and the held bytes: those that have left the input and are not consumed
// yet. It never changes the file status flags of the descriptor, which other processes
// share. None of its methods waits.
//
// # What it expects
//
// One goroutine calls it. The caller consumes only bytes that Peek has shown, beginning
// with the first, and does not use a slice that Peek has returned after it calls Peek
// again.
//
// # Two users
//
// The loop of package pipeline uses an [Input], and so does recovery, which also needs
// Waiting and Take. [Stdin] is the real one. The wait of package linux needs only
// [Stdin.More], [Stdin.Came] and [Stdin.Capacity].
package input

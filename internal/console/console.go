// Package console formats the messages of all commands and prints them to standard
// error. A test makes sure that no command prints messages in any other way.
//
// Two rules hold for every message. It is one line and controls no terminal: other
// users choose the names of directories and files, so Line writes control characters
// as \xNN. And printing it never waits: neither a full disk behind standard error nor a
// reader that has stopped reading may stop a logger.
package console

import (
	"syscall"

	"golang.org/x/sys/unix"

	"multilog/internal/visible"
)

// Severities of messages.
const (
	Fatal   = "fatal"   // the command ends
	Warning = "warning" // the command goes on
	Note    = "note"    // nothing is wrong
)

// Line returns a message as all commands print it, "PROGRAM: SEVERITY: TEXT" and a
// newline, with control characters as \xNN.
func Line(program, severity, text string) string {
	return program + ": " + severity + ": " + visible.Text(text) + "\n"
}

// Say prints a message to standard error. It drops a message that it can't print
// without waiting.
func Say(program, severity, text string) {
	b := []byte(Line(program, severity, text))
	for len(b) > 0 {
		n, err := Write(b)
		if err != nil {
			return
		}
		b = b[n:]
	}
}

const stderr = 2

// Write writes to standard error as much of b, which must not be empty, as it can
// without waiting. It returns the number of bytes written, which is at least one, or an
// error: EAGAIN if it would have to wait, EPIPE if the reader of a pipe has gone, where
// package os would end the process by SIGPIPE.
//
// Write does not set O_NONBLOCK, because other processes share the file status flags.
// It requests a single write without waiting (RWF_NOWAIT). Most filesystems and old
// kernels refuse that; then Write polls before it writes. A pipe or terminal that is
// ready has room for a message, unless another process fills it in between.
func Write(b []byte) (int, error) {
	for {
		n, err := writeNow(b)
		if err == syscall.EINTR {
			continue
		}
		if n > 0 || err == syscall.EPIPE {
			return n, err
		}
		break
	}
	if !Wait(0) {
		return 0, syscall.EAGAIN
	}
	for {
		n, err := unix.Write(stderr, b)
		if err == syscall.EINTR {
			continue
		}
		if err == nil && n == 0 {
			err = syscall.EIO
		}
		return max(n, 0), err
	}
}

// Wait waits at most that many milliseconds until Write can succeed or fail with an
// error other than EAGAIN, and reports whether it can.
func Wait(millis int) bool {
	ready, err := poll(millis)
	return err != nil && err != syscall.EINTR || ready > 0
}

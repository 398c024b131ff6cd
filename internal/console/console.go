// Package console is where the commands' messages are made and printed.
//
// Names in messages are chosen by others: by the owner of a directory, by who
// writes to a log. Line shows what might steer a terminal as \xNN, so a message is
// one line, and nothing else. Nothing that prints messages may pass it by.
package console

import (
	"syscall"

	"golang.org/x/sys/unix"

	"multilog/internal/visible"
)

// Severities of messages.
const (
	Fatal   = "fatal"   // the command ends
	Warning = "warning" // it goes on
)

// Line returns a message as all commands print it, with its newline.
func Line(program, severity, text string) string {
	return program + ": " + severity + ": " + visible.Text(text) + "\n"
}

// Say prints a message on standard error. It never waits: a message that can't be
// printed at once is dropped, since neither a full disk behind standard error nor a
// reader that has stopped reading may stop the command.
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

// Write writes to standard error what can be written without waiting, and returns
// how many bytes that were: at least one, or an error, EAGAIN where it would have
// to wait. Unlike package os it returns EPIPE when the reader of a pipe has gone.
//
// The file status flags stay as they are, since others share them (O_NONBLOCK would
// be theirs, too). So it asks for one write without waiting (RWF_NOWAIT); where
// that is not possible, as with most filesystems and old kernels, it looks first. A
// pipe or terminal that takes something then takes a message, unless somebody else
// fills it in between.
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

// Wait waits until Write is worth a try, for at most so many milliseconds, and
// reports whether it is.
func Wait(millis int) bool {
	ready, err := poll(millis)
	return err != nil && err != syscall.EINTR || ready > 0
}

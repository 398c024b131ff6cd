package input

import (
	"io"
	"strconv"

	"golang.org/x/sys/unix"
)

// If two processes read the same pipe, each byte goes to the one that takes it first.
// If this one peeked, wrote and then consumed, both could log the same line. So a pipe
// with another reader is read plainly: bytes are taken before they are logged.
//
// Loggers of this kind find each other at the start: each sets a read lock (fcntl) on
// its standard input, which prevents nothing. Any other reader is found when consume
// gets other bytes than those that peek has shown.

// claim sets the lock. other reports whether another process has one already, and pid
// is that process, or 0 if it is in another namespace.
func claim(fd int) (pid int, other bool) {
	lock := unix.Flock_t{Type: unix.F_RDLCK, Whence: io.SeekStart}
	if unix.FcntlFlock(uintptr(fd), unix.F_SETLK, &lock) != nil {
		return 0, false
	}
	lock = unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart}
	if unix.FcntlFlock(uintptr(fd), unix.F_GETLK, &lock) != nil || lock.Type == unix.F_UNLCK {
		return 0, false
	}
	return max(0, int(lock.Pid)), true
}

// sharedText is the warning about another reader.
const sharedText = "unable to have standard input alone: another process reads it, too; going on, each line goes to one of the two (if killed, the last lines may be lost)"

// sharedWith returns the warning about the reader pid, which is 0 if it is not known.
func sharedWith(pid int) string {
	if pid > 0 {
		return sharedText + " (pid " + strconv.Itoa(pid) + ")"
	}
	return sharedText
}

// share continues with a pipe or socket that another process also reads: from now on
// what peek shows was taken before. The held bytes are shown first.
func (s *Stdin) share(t *taker) {
	s.traits, s.kind = Traits{}, &stream{reader: t.reader, bytes: s.capacity, to: copy(s.buf, t.held)}
	s.shown = len(t.held)
	if s.shown > 0 {
		// What was taken may end within a line. Take the rest before the other reader
		// does.
		s.shown = s.kind.peek(s.buf[:PeekBytes]).n
	}
}

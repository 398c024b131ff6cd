package input

import (
	"io"
	"strconv"

	"golang.org/x/sys/unix"
)

// If two processes read the same pipe, each byte goes to the one that takes it first.
// To peek, write and consume would log the same lines twice. So a pipe that has
// another reader is read plainly: what is logged was taken before.
//
// Loggers of this kind find each other at the start: each has a read lock (fcntl) on
// its standard input, which keeps no process from anything. Any other reader is found
// when consume gets other bytes than those that peek has shown.

// claim sets the lock, and reports whether another process has one already. pid is 0
// if that process is in another namespace.
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

// sharedText is the warning of another reader.
const sharedText = "unable to have standard input alone: another process reads it, too; going on, each line goes to one of the two (if killed, the last lines may be lost)"

// sharedWith returns the warning of the reader pid, which is 0 if it can't be seen.
func sharedWith(pid int) string {
	if pid > 0 {
		return sharedText + " (pid " + strconv.Itoa(pid) + ")"
	}
	return sharedText
}

// share goes on with a pipe or socket that another process reads, too: what is shown
// of it from now on was taken before. The bytes that are held are shown first.
func (s *Stdin) share(t *taker) {
	s.traits, s.kind = Traits{}, &stream{reader: t.reader, bytes: s.capacity, to: copy(s.buf, t.held)}
	s.shown = len(t.held)
	if s.shown > 0 {
		// What was taken may end within a line: its end is taken before the other
		// reader comes to it.
		s.shown = s.kind.peek(s.buf[:PeekBytes]).n
	}
}

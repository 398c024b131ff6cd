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
// a byte of its standard input, which prevents nothing. Any other reader is found when
// consume gets other bytes than those that peek has shown.
//
// Such a consume may end within a line, and its rest must not go to the other reader. So
// a logger that peeks has a lock on a second byte, until it has found the other one and
// has taken the rest of that line. While another process has that lock, a logger that
// reads plainly reads once and then waits for givesWay before it reads again. A reader of
// another kind does not wait, nor does one whose peer takes longer than that to write a
// batch: these may get the rest of the line.

// The bytes of a pipe that loggers lock; a pipe has no positions, so any do.
const (
	lockReads = iota // this process reads the pipe
	lockPeeks        // it looks before it takes
)

// Times in nanoseconds.
const (
	givesWay     = 200e6 // how long one that peeks has to find out
	givesWayNaps = 1e6
)

// claim sets the locks of a logger that peeks. other reports whether another process
// reads the pipe already, and pid is that process, or 0 if it is in another namespace.
// Then this logger must read plainly, and has no lock of one that peeks.
func claim(fd int) (pid int, other bool) {
	// In this order: one that sees the second lock sees the first one, too.
	if !setLock(fd, lockPeeks, unix.F_RDLCK) || !setLock(fd, lockReads, unix.F_RDLCK) {
		return 0, false
	}
	if pid, other = lockedBy(fd, lockReads); other {
		setLock(fd, lockPeeks, unix.F_UNLCK)
	}
	return pid, other
}

// setLock sets or removes (F_UNLCK) a lock of this process.
func setLock(fd int, at int64, what int16) bool {
	lock := unix.Flock_t{Type: what, Whence: io.SeekStart, Start: at, Len: 1}
	return unix.FcntlFlock(uintptr(fd), unix.F_SETLK, &lock) == nil
}

// lockedBy reports whether another process has a lock there, and returns its pid, 0 if
// it is in another namespace.
func lockedBy(fd int, at int64) (pid int, other bool) {
	lock := unix.Flock_t{Type: unix.F_WRLCK, Whence: io.SeekStart, Start: at, Len: 1}
	if unix.FcntlFlock(uintptr(fd), unix.F_GETLK, &lock) != nil || lock.Type == unix.F_UNLCK {
		return 0, false
	}
	return max(0, int(lock.Pid)), true
}

// giveWay waits until no other process peeks at the pipe, at most for givesWay. It
// reports whether one still does.
func giveWay(fd int) (peeks bool) {
	nap := unix.NsecToTimespec(givesWayNaps)
	for range int(givesWay / givesWayNaps) {
		if _, peeks = lockedBy(fd, lockPeeks); !peeks {
			return false
		}
		_ = unix.Nanosleep(&nap, nil)
	}
	return true
}

// sharedText is the warning about another reader.
const sharedText = "standard input has another reader, going on: each line goes to one of the two (if killed, the last lines may be lost)"

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
	s.traits, s.kind = Traits{}, &stream{reader: t.reader, bytes: s.capacity, to: copy(s.buf, t.held), shared: true}
	s.shown = len(t.held)
	if s.shown > 0 {
		// What was taken may end within a line. Take the rest before the other reader
		// does.
		s.shown = s.kind.peek(s.buf[:PeekBytes]).n
	}
	setLock(t.fd, lockPeeks, unix.F_UNLCK)
}

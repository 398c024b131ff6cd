package ship

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// errLocked means that another mlship sends the directory.
var errLocked = errors.New("another mlship sends this directory")

// dirLock is a sender's lock on a directory's .ship. It saves two senders of one host
// from doing the same work; what is in the store does not depend on it.
type dirLock struct{ f *os.File }

// take takes the lock unless it has it. A directory that was replaced meanwhile has
// another lock.
func (l *dirLock) take(dir string) error {
	path := filepath.Join(dir, keptDir, "lock")
	if l.f != nil {
		var here, there unix.Stat_t
		if unix.Fstat(int(l.f.Fd()), &here) == nil && unix.Lstat(path, &there) == nil && here.Ino == there.Ino && here.Dev == there.Dev {
			return nil
		}
		l.release()
	}
	if err := OSDirectory(dir).make(); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return errLocked
		}
		return err
	}
	l.f = f
	return nil
}

func (l *dirLock) release() {
	if l.f != nil {
		l.f.Close()
		l.f = nil
	}
}

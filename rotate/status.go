package rotate

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Status is what the lock page of a log directory tells, read from outside: it
// costs the logger nothing, and needs no more than leave to read the file.
type Status struct {
	Dir      string
	Alive    bool // a logger holds the directory
	PID      int  // of the logger that holds it, or did last
	Started  time.Time
	Backend  string
	Counters Counters
}

// ErrNoPage says that the lock file is not one of this program: another
// multilog's is empty.
var ErrNoPage = errors.New("no lock page: another logger's directory, or never used")

// ReadStatus reads the lock page of a log directory. Errors are those of
// opening and reading it, or ErrNoPage.
func ReadStatus(dir string) (*Status, error) {
	f, err := os.Open(dir + "/" + lockName)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := &Status{Dir: dir, Alive: held(f)}
	raw := newPage()
	if _, err := io.ReadFull(f, raw); err != nil {
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return s, ErrNoPage
		}
		return nil, fmt.Errorf("read %s: %w", f.Name(), err)
	}
	if string(raw[:len(pageMagic)]) != pageMagic {
		return s, ErrNoPage
	}
	p := pageOf(raw)
	s.PID, s.Started, s.Counters = int(p.PID), time.Unix(0, p.Started), p.Counters
	s.Backend = string(bytes.TrimRight(p.Backend[:], "\x00"))
	return s, nil
}

// held says whether a logger holds the lock, by the kernel's list of locks.
// Trying the lock would tell too, but a logger that starts at that very moment
// would find the directory taken.
func held(f *os.File) bool {
	var st unix.Stat_t
	if unix.Fstat(int(f.Fd()), &st) != nil {
		return false
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return false
	}
	return lockListed(string(locks), st.Ino)
}

// lockListed says whether a list of locks, as in proc_locks(5), has a flock of
// a file with that inode. The device is not looked at: some filesystems give
// one to stat and another to the list.
func lockListed(locks string, ino uint64) bool {
	for line := range strings.Lines(locks) {
		// 1: FLOCK ADVISORY WRITE 1234 fe:00:5308521 0 EOF
		f := strings.Fields(line)
		if len(f) < 6 || f[1] != "FLOCK" {
			continue
		}
		if at := strings.LastIndexByte(f[5], ':'); f[5][at+1:] == strconv.FormatUint(ino, 10) {
			return true
		}
	}
	return false
}

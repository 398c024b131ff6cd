package lockpage

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// fileName is what the lock file of a log directory is called.
const fileName = "lock"

// Status is what the lock page of a log directory tells, read from outside: it
// costs the logger nothing, and needs no more than leave to read the file.
type Status struct {
	Dir      string
	Alive    bool // a logger holds the directory
	PID      int  // of the logger that holds it, or did last
	Started  time.Time
	Backend  string // UTF-8
	Counters Counters
}

// ErrNoPage says that the lock file is not one of this program: another
// multilog's is empty.
var ErrNoPage = errors.New("no lock page: another logger's directory, or never used")

// ReadStatus reads the lock page of a log directory. Errors are those of
// opening and reading it, or ErrNoPage.
func ReadStatus(dir string) (*Status, error) {
	// Not to be held up by a FIFO.
	f, err := os.OpenFile(dir+"/"+fileName, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return &Status{Dir: dir}, ErrNoPage
	}
	alive := held(f)
	raw := New()
	if _, err := io.ReadFull(f, raw); err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("read %s: %w", f.Name(), err)
	}
	s, err := Parse(raw)
	s.Dir, s.Alive = dir, alive
	return &s, err
}

// The bounds of what Parse returns.
const (
	maxPID  = 1 << 22 // PID_MAX_LIMIT of Linux
	maxTime = math.MaxInt64
)

// Parse returns what a lock page says; raw is [New]'s, with the file's content.
// All in it is within bounds, whatever raw holds: the PID is one that a process
// can have, or 0, times are not negative, durations fit a [time.Duration], and
// the text is UTF-8. The error is ErrNoPage, or nil.
func Parse(raw []byte) (Status, error) {
	p := At(raw)
	if p.Magic != magic() {
		return Status{}, ErrNoPage
	}
	s := Status{Started: time.Unix(0, max(0, p.Started)), Counters: p.Counters}
	s.PID = p.pid()
	text, _, _ := bytes.Cut(p.Backend[:], []byte{0})
	s.Backend = strings.ToValidUTF8(string(text), "?")
	c := &s.Counters
	for _, d := range []*uint64{&c.SyncLast, &c.SyncLongest, &c.BatchLongest, &c.RoomWaited} {
		*d = min(*d, maxTime)
	}
	c.LastBatch = max(0, c.LastBatch)
	return s, nil
}

// PIDOf returns the process that a mapped lock page names, 0 if there is none.
func PIDOf(mem []byte) (pid int) {
	survive(func() {
		if p := At(mem); p.Magic == magic() {
			pid = p.pid()
		}
	})
	return pid
}

func (p *Page) pid() int {
	if p.PID > maxPID {
		return 0
	}
	return int(p.PID)
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

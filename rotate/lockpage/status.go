package lockpage

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
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
	Alive    bool   // the logger that the page is about holds the directory
	Holder   Holder // the process that does
	PID      int    // of the logger that the page is about; 0 for none
	Started  time.Time
	Backend  string // UTF-8
	Counters Counters
	Files    []File // under way, the oldest first, at most FileSlots; the counter Pending has all
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
	holder := HolderOf(int(f.Fd()))
	raw := New()
	if _, err := io.ReadFull(f, raw); err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("read %s: %w", f.Name(), err)
	}
	s, err := Parse(raw)
	s.Dir, s.Holder, s.Alive = dir, holder, holder.is(s.PID)
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
	s.Files = p.files()
	return s, nil
}

func (p *Page) pid() int {
	if p.PID > maxPID {
		return 0
	}
	return int(p.PID)
}

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

// fileName is the name of the lock file of a log directory.
const fileName = "lock"

// Status is what the lock page of a log directory says. Reading it costs the logger
// nothing and requires only the permission to read the file.
type Status struct {
	Dir      string
	Alive    bool   // the logger that wrote the page has the directory locked
	Holder   Holder // the process that has it locked
	PID      int    // of the logger that wrote the page; 0 if there is none
	Started  time.Time
	Backend  string // UTF-8
	Counters Counters
	Activity Activity
	Files    []File // full and not safe yet, the oldest first, at most FileSlots; Counters.Pending counts all
}

// ErrNoPage means that the lock file has no page of this program. The lock file of
// another multilog is empty.
var ErrNoPage = errors.New("no lock page: another logger's directory, or never used")

// ReadStatus reads the lock page of a log directory. The errors are ErrNoPage and those
// of opening and reading the file.
func ReadStatus(dir string) (*Status, error) {
	// A FIFO of that name must not make this wait.
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

// Parse returns what a lock page says. raw is the result of [New] with the file's
// content copied into it. The result is within bounds for any content: the PID is one
// that a process can have, or 0; times are not negative; durations fit a
// [time.Duration]; the text is UTF-8. The error is ErrNoPage or nil.
func Parse(raw []byte) (Status, error) {
	p := At(raw)
	if p.Magic != magic() {
		return Status{}, ErrNoPage
	}
	s := Status{Started: time.Unix(0, max(0, p.Started)), Counters: p.Counters, Activity: p.Activity}
	s.PID = p.pid()
	text, _, _ := bytes.Cut(p.Backend[:], []byte{0})
	s.Backend = strings.ToValidUTF8(string(text), "?")
	c := &s.Counters
	for _, d := range []*uint64{&c.SyncLast, &c.SyncLongest, &c.BatchLongest, &c.RoomWaited} {
		*d = min(*d, maxTime)
	}
	c.LastBatch = max(0, c.LastBatch)
	s.Activity.bound()
	s.Files = p.files()
	return s, nil
}

func (p *Page) pid() int {
	if p.PID > maxPID {
		return 0
	}
	return int(p.PID)
}

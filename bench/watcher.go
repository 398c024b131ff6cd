package main

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A watcher measures how long lines take from their write until they are in a
// log: it asks for the file's size, again and again, between the writes. Lines
// are of one length there, so the size says how many have come.
type watcher struct {
	fd        int
	lineBytes int64
	wrotes    []int64  // when each line was written
	seen      []uint32 // how long until it was there
	clock     clock
}

// nowUnix is the time in nanoseconds since 1970.
func nowUnix() int64 { return time.Now().UnixNano() }

// open begins to watch; the file must be empty.
func (w *watcher) open(o order) (err error) {
	if w.fd, err = unix.Open(o.Watch, unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return fmt.Errorf("open %s: %w", o.Watch, err)
	}
	w.lineBytes = int64(o.LineBytes)
	w.wrotes = make([]int64, 0, o.Lines)
	w.seen = make([]uint32, 0, o.Lines)
	w.clock = newClock()
	return nil
}

// wrote notes that a line is being written.
func (w *watcher) wrote(now int64) { w.wrotes = append(w.wrotes, now) }

// pending tells whether there are lines that have not appeared.
func (w *watcher) pending() bool { return len(w.seen) < len(w.wrotes) }

// look notes which lines have appeared.
func (w *watcher) look() {
	var st unix.Stat_t
	if _, _, errno := unix.RawSyscall(unix.SYS_FSTAT, uintptr(w.fd), uintptr(unsafe.Pointer(&st)), 0); errno != 0 {
		return
	}
	there := min(int(st.Size/w.lineBytes), len(w.wrotes))
	if there <= len(w.seen) {
		return
	}
	now := w.clock.now()
	for i := len(w.seen); i < there; i++ {
		w.seen = append(w.seen, uint32(min(now-w.wrotes[i], 1<<32-1)))
	}
}

// finish waits for the last lines.
func (w *watcher) finish(p *producer) error {
	if w.lineBytes == 0 {
		return nil
	}
	for end := w.clock.now() + seenLimitNanos; w.pending(); w.look() {
		if w.clock.now() > end {
			return errors.New("the last lines do not appear in " + p.Watch)
		}
	}
	p.Seen = newQuantiles(w.seen)
	return nil
}

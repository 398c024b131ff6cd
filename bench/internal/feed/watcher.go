package feed

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// seenLimitNanos bounds the wait for the last lines to appear, in nanoseconds.
const seenLimitNanos = 5_000_000_000

// A watcher measures how long it takes from the write of a line until it is in a
// log. It asks for the size of the file, again and again, between the writes. All
// lines have one length there, so the size tells how many have come.
type watcher struct {
	fd        int
	path      string
	lineBytes int64
	wrotes    []int64 // when each line was written
	seen      []int64 // how long it took until the line was there
	clock     clock
}

// open begins to watch for so many lines. The file must be empty.
func (w *watcher) open(what Watch, lines int, c clock) (err error) {
	if w.fd, err = unix.Open(what.Path, unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return fmt.Errorf("open %s: %w", what.Path, err)
	}
	w.path, w.lineBytes, w.clock = what.Path, int64(what.LineBytes), c
	w.wrotes, w.seen = make([]int64, 0, lines), make([]int64, 0, lines)
	return nil
}

// wrote notes that a line is being written.
func (w *watcher) wrote(now int64) { w.wrotes = append(w.wrotes, now) }

// pending reports whether there are lines that have not appeared.
func (w *watcher) pending() bool { return len(w.seen) < len(w.wrotes) }

// look notes which lines have appeared.
func (w *watcher) look() {
	size, errno := fileSize(w.fd)
	if errno != 0 {
		return
	}
	there := min(int(size/w.lineBytes), len(w.wrotes))
	if there <= len(w.seen) {
		return
	}
	now := w.clock.now()
	for i := len(w.seen); i < there; i++ {
		w.seen = append(w.seen, now-w.wrotes[i])
	}
}

// finish waits for the last lines and returns how long lines took.
func (w *watcher) finish() (Quantiles, error) {
	for end := w.clock.now() + seenLimitNanos; w.pending(); w.look() {
		if w.clock.now() > end {
			return Quantiles{}, errors.New("the last lines do not appear in " + w.path)
		}
	}
	return newQuantiles(w.seen), nil
}

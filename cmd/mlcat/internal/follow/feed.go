package follow

import (
	"bytes"
	"errors"

	"multilog/cmd/mlcat/internal/cursor"
	"multilog/cmd/mlcat/internal/source"
	"multilog/internal/logdir"
)

// A feed is one log that is followed. Its own goroutine uses tail and read, and the
// goroutine of Print uses shown.
type feed struct {
	source   *source.Source
	follower *logdir.Follower
	tail     *logdir.Tail
	read     cursor.Mark // behind the lines that were read
	shown    cursor.Mark // behind the lines that were printed
}

// A batch is lines of a feed, or what went wrong there.
type batch struct {
	feed  int // the number of the feed
	lines []byte
	gap   *logdir.Gap
	err   error
	mark  cursor.Mark // behind lines
}

// newFeed begins to watch s and ends what is wanted of it at its last whole line.
func newFeed(s *source.Source) (*feed, error) {
	f := &feed{source: s}
	if s.Live != nil {
		f.read = cursor.At(s, s.End())
		f.shown = f.read
		return f, nil
	}
	if s.Dir() == nil {
		return nil, errors.New("unable to follow " + s.Path() + ": not a directory")
	}
	f.follower = logdir.Follow(s.Dir())
	var last *logdir.File
	var off int64
	if i := s.Len() - 1; i >= 0 {
		s.Keep(i)
		last = s.File(i)
		if c := s.Blocks(i); c != nil {
			var err error
			if off, err = c.LineStart(c.Size()); err != nil {
				return nil, err
			}
			s.EndAt(source.Place{File: i, Off: off})
		}
	}
	f.tail = logdir.NewTail(f.follower, last, off)
	f.read = cursor.At(s, s.End())
	f.shown = f.read
	return f, nil
}

// run reads the log and sends what is new to out, as feed number, until done is closed.
func (f *feed) run(number int, out chan<- batch, done <-chan struct{}) {
	if f.source.Live != nil {
		f.runLive(number, out, done)
		return
	}
	var failed error // what the last read has returned
	for {
		lines, gap, err := f.tail.Read()
		if len(lines) == 0 && gap == nil && (err == nil || failed != nil) {
			// What can't be read now may be readable when something has changed.
			failed = nil
			select {
			case <-f.follower.Changed():
				continue
			case <-done:
				return
			}
		}
		failed = err
		f.read.Advance(lines, f.tail)
		select {
		case out <- batch{number, bytes.Clone(lines), gap, err, f.read}:
		case <-done:
			return
		}
	}
}

// runLive is run for a log that another program reads.
func (f *feed) runLive(number int, out chan<- batch, done <-chan struct{}) {
	for {
		lines, err := f.source.Live.Next()
		select {
		case out <- batch{number, lines, nil, err, cursor.At(f.source, source.Place{})}:
		case <-done:
			return
		}
	}
}

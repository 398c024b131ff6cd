package logdir

import (
	"errors"
	"io/fs"
	"sync"
	"time"
)

const (
	// maxWaiting is the number of files that may wait to be read before the Follower
	// stops looking for more. Each needs a descriptor.
	maxWaiting = 500

	// pollEvery is the time between two looks if changes are not reported: on network
	// filesystems, in directories whose parents do not exist, without inotify
	// instances.
	pollEvery = time.Second

	maxRest = 200 * time.Millisecond

	// maxMoving limits how many looks in a row may fail with [ErrMoving] before the
	// Follower ends with that error.
	maxMoving = 20
)

// Follower finds the files of a log as they come into existence, while its user reads
// them, however slowly. It opens them at once, so that they can be read even after the
// logger has removed them.
type Follower struct {
	dir  *Dir
	stop chan struct{}
	done sync.WaitGroup

	mu      sync.Mutex
	waiting []*File
	err     error // the error that ended the search for files
	changed chan struct{}
	slots   chan struct{}
}

// Follow returns a Follower that looks at dir, which nothing else may use from now on.
// If Look was called before, the Follower returns only files that are new since.
func Follow(dir *Dir) *Follower {
	f := &Follower{dir: dir, stop: make(chan struct{}), changed: make(chan struct{}, 1), slots: make(chan struct{}, 1)}
	f.done.Go(f.run)
	return f
}

// Close stops the Follower.
func (f *Follower) Close() {
	close(f.stop)
	f.interrupt()
	f.done.Wait()
	f.dir.Close()
	for _, file := range f.waiting {
		file.Close()
	}
}

// Changed returns a channel that has a value when there may be something new to read:
// another file, or more in the last one.
func (f *Follower) Changed() <-chan struct{} { return f.changed }

// Next returns the next file, or nil if there is none yet. The files before it are
// complete. The error is the one that ended the Follower.
func (f *Follower) Next() (*File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.waiting) == 0 {
		return nil, f.err
	}
	file := f.waiting[0]
	f.waiting = f.waiting[1:]
	select {
	case f.slots <- struct{}{}:
	default:
	}
	return file, nil
}

// More reports whether Next has a file.
func (f *Follower) More() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.waiting) > 0 || f.err != nil
}

func (f *Follower) run() {
	moving := 0
	for {
		began := time.Now()
		err := f.look()
		if !errors.Is(err, ErrMoving) {
			moving = 0
		} else if moving++; moving < maxMoving {
			if f.rest(maxRest); f.stopped() {
				return
			}
			continue
		}
		f.tell()
		// In a directory of thousands of files a look takes long. Then looking must not
		// take all the time.
		f.rest(min(2*time.Since(began), maxRest))
		missing := errors.Is(err, fs.ErrNotExist)
		if err != nil && !missing {
			f.mu.Lock()
			f.err = err
			f.mu.Unlock()
			f.tell()
			return
		}
		for again := false; !again; {
			if missing {
				f.dir.start() // to learn when the directory comes into existence
			}
			began := time.Now()
			f.wait(pollEvery)
			if f.stopped() {
				return
			}
			again = f.dir.note() || missing || time.Since(began) >= pollEvery
			f.tell()
		}
	}
}

func (f *Follower) stopped() bool {
	select {
	case <-f.stop:
		return true
	default:
		return false
	}
}

// wait returns when something changes, or after most, or at the end.
func (f *Follower) wait(most time.Duration) {
	if f.dir.watch != nil {
		f.dir.watch.Wait(most)
		return
	}
	f.sleep(most)
}

// rest returns after most, or at the end.
func (f *Follower) rest(most time.Duration) {
	if f.dir.watch != nil {
		f.dir.watch.Rest(most)
		return
	}
	f.sleep(most)
}

func (f *Follower) sleep(most time.Duration) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-f.stop:
	}
}

func (f *Follower) interrupt() {
	if f.dir.watch != nil {
		f.dir.watch.Interrupt()
	}
}

func (f *Follower) tell() {
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

// look takes the new files as soon as there is room for them.
func (f *Follower) look() error {
	for f.full() {
		select {
		case <-f.slots:
		case <-f.stop:
			return nil
		}
	}
	files, err := f.dir.Look()
	f.mu.Lock()
	f.waiting = append(f.waiting, files...)
	f.mu.Unlock()
	return err
}

func (f *Follower) full() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.waiting) >= maxWaiting
}

package logdir

import (
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"golang.org/x/sys/unix"
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

	// maxMoving bounds how many looks in a row fail with [ErrMoving] before that is
	// told.
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
	errs    []error // that Next has not returned yet
	told    string  // the last reason why a look has failed; "" if the last look succeeded
	unheard bool    // it is told that no changes are told
	changed chan struct{}
	slots   chan struct{}
}

// Retried is the error of a look that a Follower repeats until it succeeds.
type Retried struct{ Err error }

func (r Retried) Error() string { return r.Err.Error() + "; trying again" }

func (r Retried) Unwrap() error { return r.Err }

// NotWatched is the error of a log at Path whose changes Linux does not tell. It is
// looked at every second instead.
type NotWatched struct {
	Path string
	Err  error // of inotify
}

func (n NotWatched) Error() string {
	switch n.Err { // inotify_init1(2), inotify_add_watch(2)
	case unix.EMFILE:
		return fmt.Sprintf("unable to watch %s: too many inotify instances (fs.inotify.max_user_instances) or open files; looking for new lines every second", n.Path)
	case unix.ENOSPC:
		return fmt.Sprintf("unable to watch %s: too many inotify watches (fs.inotify.max_user_watches); looking for new lines every second", n.Path)
	}
	return fmt.Sprintf("unable to watch %s: %v; looking for new lines every second", n.Path, n.Err)
}

// Follow looks at dir, from now on by itself. Before, Look may have been called;
// only what is new since is handed out.
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

// Next returns the next file, or nil while there is none. The files before it are
// complete. An error says that the directory can't be read now. Next returns it once;
// the Follower goes on trying.
func (f *Follower) Next() (*File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.waiting) == 0 {
		if len(f.errs) == 0 {
			return nil, nil
		}
		err := f.errs[0]
		f.errs = f.errs[1:]
		return nil, err
	}
	file := f.waiting[0]
	f.waiting = f.waiting[1:]
	select {
	case f.slots <- struct{}{}:
	default:
	}
	return file, nil
}

// More reports whether Next has a file or an error.
func (f *Follower) More() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.waiting) > 0 || len(f.errs) > 0
}

func (f *Follower) run() {
	moving := 0
	for {
		began := time.Now()
		err := f.look()
		missing := errors.Is(err, fs.ErrNotExist)
		if !errors.Is(err, ErrMoving) {
			moving = 0
		} else if moving++; moving < maxMoving {
			err = nil
		}
		f.report(err, missing)
		f.tell()
		// Of a directory of thousands of files a look takes long; then it should
		// not take all the time there is.
		rest := min(2*time.Since(began), maxRest)
		if moving > 0 {
			rest = maxRest
		}
		if f.rest(rest); f.stopped() {
			return
		}
		if moving == 0 && !f.awaitChange(missing, err != nil && !missing) {
			return
		}
	}
}

// report has Next return why a look failed, and why changes are not told. The same
// error in a row is returned once.
func (f *Follower) report(err error, missing bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	unheard := f.dir.unheard
	if unheard != nil && !f.unheard {
		f.errs = append(f.errs, NotWatched{f.dir.Path, unheard})
	}
	f.unheard = unheard != nil
	if err == nil || missing {
		f.told = ""
		return
	}
	if text := err.Error(); text != f.told {
		f.told = text
		f.errs = append(f.errs, Retried{err})
	}
}

// awaitChange waits until another look is needed: something has changed, or nothing
// tells changes and it is time to look. It returns false at the end.
func (f *Follower) awaitChange(missing, failed bool) bool {
	for {
		if missing {
			f.dir.start() // to be told when it begins to exist
		}
		began := time.Now()
		if failed {
			f.rest(pollEvery)
		} else {
			f.wait(pollEvery)
		}
		if f.stopped() {
			return false
		}
		changed := f.dir.note()
		f.tell()
		if changed || missing || failed || time.Since(began) >= pollEvery {
			return true
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

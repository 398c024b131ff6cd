package logdir

import (
	"errors"
	"io/fs"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// The changes for which a directory is watched.
const (
	cameEvents  = unix.IN_CREATE | unix.IN_MOVED_TO
	wentEvents  = unix.IN_DELETE | unix.IN_MOVED_FROM
	selfEvents  = unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_IGNORED
	watchEvents = cameEvents | wentEvents | selfEvents | unix.IN_MODIFY
)

// maxQueued is how many changes wait for [inotify.Changes]. More are [Missed], as more
// than fs.inotify.max_queued_events (16384 by default) are in the kernel.
const maxQueued = 16384

// inotify is the Watch of a directory of the file system.
//
// A process that opens a name can see a change before inotify reports it. But Linux
// reports it before it unlocks the directory (fs/namei.c: fsnotify_move,
// fsnotify_create and others), and listing the directory takes that lock. So Changes
// first lists a few names.
type inotify struct {
	path string
	list int // the directory that is watched, or -1

	// The notifier's mutex guards these.
	wd     int32    // what is watched, or 0
	half   *event   // the first half of a rename, the other one is still to come
	queued []Change // not asked for yet

	ready chan struct{} // has a value when something was queued
	ended chan struct{} // closed by Interrupt
	end   sync.Once
}

func newInotify(path string) *inotify {
	notify.hold()
	return &inotify{path: path, list: -1, ready: make(chan struct{}, 1), ended: make(chan struct{})}
}

func (w *inotify) Close() {
	notify.release(w)
	unix.Close(w.list)
	w.list = -1
}

// Start watches the directory or, while it does not exist, the one nearest to it.
func (w *inotify) Start() (complete bool, err error) {
	unix.Close(w.list)
	w.list = -1
	err = notify.add(w, w.path)
	if err == nil {
		if w.list, err = unix.Open(w.path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err == nil {
			return !isShared(w.path), nil
		}
		w.list = -1
	}
	for dir := w.path; isMissing(err) && dir != filepath.Dir(dir); {
		dir = filepath.Dir(dir)
		err = notify.add(w, dir)
	}
	return false, err
}

// isMissing reports whether err says that a directory does not exist.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) || err == unix.ENOTDIR }

// settle returns when everything is reported that could be seen before the call.
func (w *inotify) settle() {
	if w.list >= 0 {
		var entries [1024]byte
		_, _ = unix.Getdents(w.list, entries[:]) // it takes the lock, whatever it returns
	}
}

// isShared reports whether other machines may change the file system of path. inotify
// does not report what they do.
func isShared(path string) bool {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return true
	}
	switch uint32(st.Type) {
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC, unix.FUSE_SUPER_MAGIC,
		unix.V9FS_MAGIC, unix.CEPH_SUPER_MAGIC, unix.AFS_SUPER_MAGIC, unix.CODA_SUPER_MAGIC, unix.OCFS2_SUPER_MAGIC:
		return true
	}
	return false
}

// Interrupt ends a wait, from another goroutine, and all later ones.
func (w *inotify) Interrupt() { w.end.Do(func() { close(w.ended) }) }

func (w *inotify) Wait(most time.Duration) {
	notify.wait()
	notify.mu.Lock()
	queued := len(w.queued) > 0
	notify.mu.Unlock()
	if queued {
		return
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-w.ready:
	case <-w.ended:
	case <-timer.C:
	}
}

func (w *inotify) Rest(most time.Duration) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-w.ended:
	case <-timer.C:
	}
}

func (w *inotify) Changes() []Change {
	w.settle()
	notify.mu.Lock()
	defer notify.mu.Unlock()
	notify.drain()
	if half := w.half; half != nil {
		// Its rename began after settle, or the file has left the directory. When it is
		// settled again, the rename has ended.
		notify.mu.Unlock()
		w.settle()
		notify.mu.Lock()
		if notify.drain(); w.half == half {
			w.endHalf()
		}
	}
	changes := w.queued
	w.queued = nil
	return changes
}

// take queues what e tells.
func (w *inotify) take(e *event) {
	if e.mask&unix.IN_Q_OVERFLOW != 0 {
		w.miss()
		return
	}
	if w.half != nil && e.mask&unix.IN_MOVED_TO != 0 && e.cookie == w.half.cookie {
		from := w.half.name
		w.half = nil
		w.queue(Change{Came, e.name, from})
		return
	}
	if e.mask&unix.IN_MODIFY == 0 { // that may come between the halves
		w.endHalf()
	}
	switch {
	case e.mask&selfEvents != 0:
		w.queue(Change{Kind: Moved})
	case e.mask&unix.IN_MOVED_FROM != 0:
		half := *e
		w.half = &half
	case e.mask&cameEvents != 0:
		w.queue(Change{Kind: Came, Name: e.name})
	case e.mask&wentEvents != 0:
		w.queue(Change{Kind: Went, Name: e.name})
	case e.mask&unix.IN_MODIFY != 0:
		w.queue(Change{Kind: Written, Name: e.name})
	}
}

// queue adds c, unless it tells what the last change has told.
func (w *inotify) queue(c Change) {
	n := len(w.queued)
	switch {
	case n > 0 && c.Kind == Written && w.queued[n-1] == c:
	case n >= maxQueued:
		w.miss()
	default:
		w.queued = append(w.queued, c)
	}
	w.signal()
}

// miss notes that changes were not told.
func (w *inotify) miss() {
	w.half = nil
	w.queued = []Change{{Kind: Missed}}
	w.signal()
}

func (w *inotify) signal() {
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

// endHalf queues the first half of a rename as a change of its own.
func (w *inotify) endHalf() {
	if w.half != nil {
		w.queue(Change{Kind: Went, Name: w.half.name})
		w.half = nil
	}
}

package logdir

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
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

// event is an event of inotify.
type event struct {
	wd     int32
	mask   uint32
	cookie uint32 // the same for both names of a rename
	name   string
}

// inotify is the Watch of a directory of the file system.
//
// A process that opens a name can see a change before inotify reports it. But Linux
// reports it before it unlocks the directory (fs/namei.c: fsnotify_move,
// fsnotify_create and others), and listing the directory takes that lock. So Changes
// first lists a few names.
type inotify struct {
	path string
	fd   int    // -1 if there is no inotify
	wake int    // an eventfd that ends a wait, or -1
	list int    // the directory that is watched, or -1
	wd   int32  // its watch descriptor
	half *event // the first half of a rename whose second half has not come yet
	buf  []byte
}

const (
	eventBufferBytes = 64 << 10

	// halfMost is the maximum wait for the second half of a rename. It comes within
	// microseconds, or never if the file has left the directory.
	halfMost = 20 * time.Millisecond
)

func newInotify(path string) *inotify {
	w := &inotify{path: path, fd: -1, wake: -1, list: -1}
	// There are limits per user. Without inotify, looking from time to time also works.
	if fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC); err == nil {
		w.fd = fd
	}
	if fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err == nil {
		w.wake = fd
	}
	return w
}

func (w *inotify) Close() {
	unix.Close(w.fd)
	unix.Close(w.wake)
	unix.Close(w.list)
	w.fd, w.wake, w.list = -1, -1, -1
}

// Start watches the directory or, if it does not exist, the nearest one above it.
func (w *inotify) Start() (complete bool) {
	unix.Close(w.list)
	w.list = -1
	if w.add(w.path) {
		if fd, err := unix.Open(w.path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err == nil {
			w.list = fd
		}
		return w.list >= 0 && !isShared(w.path)
	}
	for dir := w.path; !w.add(dir) && dir != filepath.Dir(dir); {
		dir = filepath.Dir(dir)
	}
	return false
}

// add watches path and nothing else.
func (w *inotify) add(path string) bool {
	if w.fd < 0 {
		return false
	}
	wd, err := unix.InotifyAddWatch(w.fd, path, watchEvents)
	if err != nil {
		return false
	}
	if int32(wd) != w.wd && w.wd != 0 {
		_, _ = unix.InotifyRmWatch(w.fd, uint32(w.wd)) // fails if its directory is gone
	}
	w.wd = int32(wd)
	return true
}

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

// Interrupt ends a wait. Another goroutine may call it.
func (w *inotify) Interrupt() {
	_, _ = unix.Write(w.wake, binary.NativeEndian.AppendUint64(nil, 1))
}

func (w *inotify) Wait(most time.Duration) { poll(most, w.fd, w.wake) }

func (w *inotify) Rest(most time.Duration) { poll(most, w.wake) }

func poll(most time.Duration, fds ...int) {
	var polled []unix.PollFd
	for _, fd := range fds {
		polled = append(polled, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	_, _ = unix.Poll(polled, int(most.Milliseconds())) // an error is a short wait
}

func (w *inotify) Changes() []Change {
	w.settle()
	var changes []Change
	var deadline time.Time
	for {
		events := w.read()
		for i := range events {
			changes = w.append(changes, &events[i])
		}
		if w.half == nil {
			return changes
		}
		switch now := time.Now(); {
		case deadline.IsZero():
			deadline = now.Add(halfMost)
		case now.After(deadline):
			return w.endHalf(changes)
		}
		poll(time.Millisecond, w.fd)
	}
}

// append appends what e reports to changes.
func (w *inotify) append(changes []Change, e *event) []Change {
	if e.mask&unix.IN_Q_OVERFLOW != 0 {
		return append(w.endHalf(changes), Change{Kind: Missed})
	}
	if e.wd != w.wd {
		return changes // of a directory that was watched before
	}
	if w.half != nil && e.mask&unix.IN_MOVED_TO != 0 && e.cookie == w.half.cookie {
		from := w.half.name
		w.half = nil
		return append(changes, Change{Came, e.name, from})
	}
	if e.mask&unix.IN_MODIFY == 0 { // such an event may come between the halves
		changes = w.endHalf(changes)
	}
	switch {
	case e.mask&selfEvents != 0:
		return append(changes, Change{Kind: Moved})
	case e.mask&unix.IN_MOVED_FROM != 0:
		w.half = e
	case e.mask&cameEvents != 0:
		return append(changes, Change{Kind: Came, Name: e.name})
	case e.mask&wentEvents != 0:
		return append(changes, Change{Kind: Went, Name: e.name})
	case e.mask&unix.IN_MODIFY != 0:
		return append(changes, Change{Kind: Written, Name: e.name})
	}
	return changes
}

// endHalf turns the first half of a rename into a change of its own.
func (w *inotify) endHalf(changes []Change) []Change {
	if w.half != nil {
		changes = append(changes, Change{Kind: Went, Name: w.half.name})
		w.half = nil
	}
	return changes
}

// read returns the events that have come.
func (w *inotify) read() []event {
	if w.buf == nil {
		w.buf = make([]byte, eventBufferBytes)
	}
	var events []event
	for {
		n, err := unix.Read(w.fd, w.buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n <= 0 {
			return events
		}
		events = appendEvents(events, w.buf[:n])
	}
}

// appendEvents parses what was read from an inotify descriptor (inotify(7)).
func appendEvents(events []event, buf []byte) []event {
	native := binary.NativeEndian
	for len(buf) >= unix.SizeofInotifyEvent {
		length := unix.SizeofInotifyEvent + int(native.Uint32(buf[12:]))
		if length > len(buf) {
			break
		}
		name, _, _ := bytes.Cut(buf[unix.SizeofInotifyEvent:length], []byte{0})
		events = append(events, event{int32(native.Uint32(buf)), native.Uint32(buf[4:]), native.Uint32(buf[8:]), string(name)})
		buf = buf[length:]
	}
	return events
}

package logdir

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// Which changes a directory is watched for.
const (
	nameEvents  = unix.IN_CREATE | unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVED_TO
	selfEvents  = unix.IN_DELETE_SELF | unix.IN_MOVE_SELF | unix.IN_IGNORED
	watchEvents = nameEvents | selfEvents | unix.IN_MODIFY
)

// An event is what happened in a watched directory. Events tell the names that
// came and went between two looks, in order and, until lost, without a hole.
type event struct {
	wd     int32
	mask   uint32
	cookie uint32 // the same for both names of a rename
	name   string
}

// watch is an inotify instance that watches one directory at a time.
type watch struct {
	fd   int    // -1 where there is no inotify
	wake int    // an eventfd that ends a wait, or -1
	wd   int32  // of path
	path string // what is watched; "" when nothing is
	buf  []byte
}

const eventBufferBytes = 64 << 10

func newWatch() *watch {
	w := &watch{fd: -1, wake: -1}
	// There are limits per user. Without, looking now and then does it too.
	if fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC); err == nil {
		w.fd = fd
	}
	if fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err == nil {
		w.wake = fd
	}
	return w
}

func (w *watch) close() {
	unix.Close(w.fd)
	unix.Close(w.wake)
	w.fd, w.wake = -1, -1
}

// add begins to watch path, and nothing else.
func (w *watch) add(path string) bool {
	w.path = ""
	if w.fd < 0 {
		return false
	}
	wd, err := unix.InotifyAddWatch(w.fd, path, watchEvents)
	if err != nil {
		return false
	}
	if int32(wd) != w.wd && w.wd != 0 {
		_, _ = unix.InotifyRmWatch(w.fd, uint32(w.wd)) // fails when its directory is gone
	}
	w.wd, w.path = int32(wd), path
	return true
}

// interrupt ends a wait, from another goroutine.
func (w *watch) interrupt() {
	_, _ = unix.Write(w.wake, binary.NativeEndian.AppendUint64(nil, 1))
}

// addNearest watches path or, while it does not exist, the directory nearest to it.
func (w *watch) addNearest(path string) {
	for dir := path; !w.add(dir); dir = filepath.Dir(dir) {
		if dir == filepath.Dir(dir) {
			return
		}
	}
}

// wait returns when there are events, or after most.
func (w *watch) wait(most time.Duration) {
	fds := []unix.PollFd{{Fd: int32(w.fd), Events: unix.POLLIN}, {Fd: int32(w.wake), Events: unix.POLLIN}}
	_, _ = unix.Poll(fds, int(most.Milliseconds())) // an error is a short wait
}

// rest waits, whatever happens in the directory.
func (w *watch) rest(most time.Duration) {
	fds := []unix.PollFd{{Fd: int32(w.wake), Events: unix.POLLIN}}
	_, _ = unix.Poll(fds, int(most.Milliseconds()))
}

// drain returns the events that have come.
func (w *watch) drain() []event {
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
			break
		}
		events = appendEvents(events, w.buf[:n])
	}
	return slices.DeleteFunc(events, func(e event) bool {
		return e.wd != w.wd && e.mask&unix.IN_Q_OVERFLOW == 0
	})
}

// appendEvents takes apart what was read from an inotify descriptor (inotify(7)).
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

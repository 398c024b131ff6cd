package logdir

import (
	"bytes"
	"encoding/binary"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// A notifier is the inotify instance of this process. All its watches share it, because
// Linux gives a user few instances: fs.inotify.max_user_instances, 128 by default.
//
// Who asks for changes reads the events of all watches, and puts them into the watches'
// queues. A goroutine does so too, from the first [inotify.Wait] on.
type notifier struct {
	mu      sync.Mutex
	file    *os.File             // nil while there is no instance
	fd      int                  // of file
	waits   bool                 // the goroutine runs
	watches map[int32][]*inotify // by watch descriptor
	users   int
	buf     []byte
}

// notify is the notifier of this process.
var notify notifier

const eventBufferBytes = 64 << 10

// An event is one of inotify's.
type event struct {
	wd     int32
	mask   uint32
	cookie uint32 // the same for both names of a rename
	name   string
}

// hold adds a user.
func (n *notifier) hold() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.users++
}

// release ends w's use. The last user's end closes the instance.
func (n *notifier) release(w *inotify) {
	n.mu.Lock()
	n.remove(w)
	var last *os.File
	if n.users--; n.users == 0 {
		last, n.file, n.waits = n.file, nil, false
	}
	n.mu.Unlock()
	if last != nil {
		last.Close() // which ends the goroutine, and waits for that if it is reading
	}
}

// open makes the instance, if there is none.
func (n *notifier) open() error {
	if n.file != nil {
		return nil
	}
	fd, err := unix.InotifyInit1(unix.IN_NONBLOCK | unix.IN_CLOEXEC)
	if err != nil {
		return err
	}
	n.fd, n.file = fd, os.NewFile(uintptr(fd), "inotify")
	n.watches = make(map[int32][]*inotify)
	return nil
}

// add has w watch path, and nothing else. The error is one of inotify_init1(2) or
// inotify_add_watch(2).
func (n *notifier) add(w *inotify, path string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.open(); err != nil {
		return err
	}
	n.drain() // what comes later is told to w
	wd, err := unix.InotifyAddWatch(n.fd, path, watchEvents)
	if err != nil {
		return err
	}
	if int32(wd) != w.wd {
		n.remove(w)
		w.wd = int32(wd)
		n.watches[w.wd] = append(n.watches[w.wd], w)
	}
	return nil
}

// remove has w watch nothing.
func (n *notifier) remove(w *inotify) {
	if w.wd == 0 {
		return
	}
	others := n.watches[w.wd][:0:0]
	for _, other := range n.watches[w.wd] {
		if other != w {
			others = append(others, other)
		}
	}
	if n.watches[w.wd] = others; len(others) == 0 {
		delete(n.watches, w.wd)
		_, _ = unix.InotifyRmWatch(n.fd, uint32(w.wd)) // fails when its directory is gone
	}
	w.wd, w.half = 0, nil
}

// wait starts the goroutine, if it does not run.
func (n *notifier) wait() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.file == nil || n.waits {
		return
	}
	conn, err := n.file.SyscallConn()
	if err != nil {
		return // it can't be: the file is open
	}
	n.waits = true
	file := n.file
	go func() {
		_ = conn.Read(func(uintptr) (done bool) { // until file is closed
			n.mu.Lock()
			defer n.mu.Unlock()
			if n.file != file {
				return true
			}
			n.drain()
			return false
		})
	}()
}

// drain reads the events that have come, and puts them into the queues.
func (n *notifier) drain() {
	if n.file == nil {
		return
	}
	if n.buf == nil {
		n.buf = make([]byte, eventBufferBytes)
	}
	for {
		got, err := unix.Read(n.fd, n.buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || got <= 0 {
			return
		}
		for _, e := range appendEvents(nil, n.buf[:got]) {
			n.pass(&e)
		}
	}
}

// pass puts e into the queues of those whom it concerns.
func (n *notifier) pass(e *event) {
	if e.mask&unix.IN_Q_OVERFLOW != 0 {
		for _, watches := range n.watches {
			for _, w := range watches {
				w.take(e)
			}
		}
		return
	}
	watches := n.watches[e.wd] // none, if it was watched before
	if e.mask&unix.IN_IGNORED != 0 {
		delete(n.watches, e.wd)
	}
	for _, w := range watches {
		w.take(e)
		if e.mask&unix.IN_IGNORED != 0 {
			w.wd = 0
		}
	}
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

package logdir

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"time"
)

// simDir is a directory in memory in which a logger may do something between any two
// system calls of its reader. It behaves as badly as readdir(3) allows: names have
// places in an order, a listing goes through them in small pieces, and a new name gets
// any place, before or behind the one that the listing has reached.
type simDir struct {
	rnd   *rand.Rand
	pause func() // before each system call of the reader
	files map[string]*simFile
	order []simName // of files, in the order in which they are listed
	watch *simWatch // nil: it reports no changes
	made  int
	open  int // handles
}

// simName is a name's place in a listing.
type simName struct {
	place uint64
	name  string
}

func byPlace(n simName, place uint64) int { return cmp.Compare(n.place, place) }

type simFile struct {
	id       string
	data     []byte
	modified time.Time
	complete bool
	names    int
}

func newSimDir(rnd *rand.Rand) *simDir {
	return &simDir{rnd: rnd, pause: func() {}, files: make(map[string]*simFile)}
}

func notExist(op, name string) error {
	return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
}

func (d *simDir) ID() (string, error) { return "sim", nil }

func (d *simDir) Names() (names []string, err error) {
	reached := uint64(0)
	for {
		d.pause()
		at, _ := slices.BinarySearchFunc(d.order, reached+1, byPlace)
		if at == len(d.order) {
			return names, nil
		}
		for _, e := range d.order[at:min(len(d.order), at+1+d.rnd.IntN(4))] {
			names = append(names, e.name)
			reached = e.place
		}
	}
}

func (d *simDir) Stat(name string) (Info, error) {
	d.pause()
	f := d.files[name]
	if f == nil {
		return Info{}, notExist("stat", name)
	}
	return f.info(), nil
}

func (d *simDir) Open(name string) (Handle, error) {
	d.pause()
	f := d.files[name]
	if f == nil {
		return nil, notExist("open", name)
	}
	d.open++
	return &simHandle{d, f, false}, nil
}

func (f *simFile) info() Info {
	return Info{ID: f.id, Size: int64(len(f.data)), Modified: f.modified, Names: f.names, Complete: f.complete}
}

type simHandle struct {
	dir    *simDir
	file   *simFile
	closed bool
}

func (h *simHandle) Stat() (Info, error) {
	h.dir.pause()
	if h.closed {
		return Info{}, fs.ErrClosed
	}
	return h.file.info(), nil
}

func (h *simHandle) ReadAt(buf []byte, off int64) (int, error) {
	h.dir.pause()
	if h.closed {
		return 0, fs.ErrClosed
	}
	if off >= int64(len(h.file.data)) {
		return 0, io.EOF
	}
	n := copy(buf, h.file.data[off:])
	if n < len(buf) {
		return n, io.EOF
	}
	return n, nil
}

func (h *simHandle) Close() error {
	if h.closed {
		return fs.ErrClosed
	}
	h.closed = true
	h.dir.open--
	return nil
}

// The rest is for the logger.

// add gives f a name.
func (d *simDir) add(name string, f *simFile) {
	d.files[name] = f
	place := 1 + d.rnd.Uint64()>>1
	at, _ := slices.BinarySearchFunc(d.order, place, byPlace)
	d.order = slices.Insert(d.order, at, simName{place, name})
	f.names++
}

// drop removes a name.
func (d *simDir) drop(name string) *simFile {
	f := d.files[name]
	if f == nil {
		panic("no file " + name)
	}
	delete(d.files, name)
	d.order = slices.DeleteFunc(d.order, func(n simName) bool { return n.name == name })
	f.names--
	return f
}

func (d *simDir) create(name string) *simFile {
	if d.files[name] != nil {
		d.drop(name) // and make another one
	}
	d.made++
	f := &simFile{id: fmt.Sprint(d.made)}
	d.add(name, f)
	d.watch.tell(Change{Kind: Came, Name: name})
	return f
}

func (d *simDir) rename(from, to string) {
	f := d.drop(from)
	if d.files[to] != nil {
		d.drop(to)
	}
	d.add(to, f)
	d.watch.tell(Change{Came, to, from})
}

func (d *simDir) link(from, to string) {
	d.add(to, d.files[from])
	d.watch.tell(Change{Kind: Came, Name: to})
}

func (d *simDir) remove(name string) {
	d.drop(name)
	d.watch.tell(Change{Kind: Went, Name: name})
}

// simWatch reports changes late, as Linux does: a process that opens the new name of a
// file sees a rename before it is reported, but one that lists the directory does not.
type simWatch struct {
	dir    *simDir
	lossy  bool // it sometimes loses changes, and says so
	on     bool
	late   []Change
	queued []Change
}

func (d *simDir) Watch() Watch {
	if d.watch == nil {
		return &simWatch{dir: d} // it never starts
	}
	return d.watch
}

func (w *simWatch) Start() (bool, error) {
	if w != w.dir.watch {
		return false, nil
	}
	w.on = true
	return true, nil
}

func (w *simWatch) tell(c Change) {
	if w == nil || !w.on {
		return
	}
	w.queue()
	w.late = append(w.late, c)
	if w.dir.rnd.IntN(2) == 0 {
		w.queue()
	}
}

func (w *simWatch) queue() {
	if w != nil {
		w.queued = append(w.queued, w.late...)
		w.late = nil
	}
}

func (w *simWatch) Changes() []Change {
	w.queue()
	w.dir.pause()
	if !w.on {
		return nil
	}
	changes := w.queued
	w.queued = nil
	if w.lossy && len(changes) > 3 && w.dir.rnd.IntN(4) == 0 {
		return append(changes[:1], Change{Kind: Missed})
	}
	return changes
}

func (w *simWatch) Wait(time.Duration) {}
func (w *simWatch) Rest(time.Duration) {}
func (w *simWatch) Interrupt()         {}
func (w *simWatch) Close()             {}

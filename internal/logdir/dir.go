package logdir

import (
	"maps"
	"path/filepath"
	"slices"
)

// Dir is a log directory that is looked at again and again. It is for one
// goroutine at a time.
type Dir struct {
	Path string // for messages

	dir      Directory
	watch    Watch  // nil when the directory tells no changes
	watching bool   // every change of the directory is told
	blind    bool   // some changes since the last look were not told
	id       string // of the directory; "" before it was found

	mostOpen int // how many files a first look opens

	labels  map[string]bool   // known old files
	pending map[string]string // the identities of known old files that wait to be finished, by label
	pins    []*pin            // known files that have no label yet, in order
	seen    map[string]int    // by label: names that came, less those that went, since the last look
	passed  string            // the label that `previous` had, and will have again; newest if it had none, "" if that is not known
}

// newest stands for the label of a file that has none yet, and is newer than all
// that have one.
const newest = "~"

// A pin is a known file that is held open, so that it stays known by its identity.
type pin struct {
	*File
	got   string // that label, once it is known
	there bool   // the file is in the snapshot, under whatever name
}

// NewDir returns the log directory path of the file system, which need not exist yet.
func NewDir(path string) *Dir { return OpenDir(path, osDir{filepath.Clean(path)}) }

// OpenDir returns the log that is in dir. Messages call it path.
func OpenDir(path string, dir Directory) *Dir {
	d := &Dir{Path: path, dir: dir, seen: make(map[string]int), mostOpen: maxWaiting}
	if w, ok := dir.(Watcher); ok {
		d.watch = w.Watch()
	}
	return d
}

// Close ends the watching. The files that were found are their user's to close.
func (d *Dir) Close() {
	if d.watch != nil {
		d.watch.Close()
	}
	d.forget()
}

// forget makes ready for another directory at the same path.
func (d *Dir) forget() {
	d.unpin(func(*pin) bool { return true })
	d.labels, d.pending = nil, nil
	d.seen, d.passed = make(map[string]int), ""
	d.watching = false
}

func (d *Dir) unpin(which func(*pin) bool) {
	d.pins = slices.DeleteFunc(d.pins, func(p *pin) bool {
		if which(p) {
			p.Close()
			return true
		}
		return false
	})
}

// pinOf returns the pin that is the file id, or nil.
func (d *Dir) pinOf(id string) *pin {
	i := slices.IndexFunc(d.pins, func(p *pin) bool { return p.id == id })
	if i < 0 {
		return nil
	}
	return d.pins[i]
}

// held returns another File that is the same file, held open by itself.
func (f *File) held() *File {
	h := *f
	h.handle = f.handle.hold()
	return &h
}

// Look returns the files that are new since the last look, in order: at the first
// one all. Files that are not old ones are open, and after the first look all are,
// so that nothing can remove what they hold.
//
// An error that wraps [fs.ErrNotExist] means that there is no such directory now.
func (d *Dir) Look() ([]*File, error) {
	id, err := d.dir.ID()
	if err != nil {
		return nil, err
	}
	if id != d.id {
		d.forget()
		d.id = id
	}
	d.start()
	s, err := d.snapshot()
	if err != nil {
		return nil, err
	}
	return d.newFiles(s), nil
}

// start watches the directory that has the path now.
func (d *Dir) start() {
	if d.watch == nil {
		d.blind = true
		return
	}
	if !d.watching {
		d.watching, d.blind = d.watch.Start(), true
	}
}

// note takes in what happened in the directory, and reports whether there may be
// new files.
func (d *Dir) note() (changed bool) {
	for _, c := range d.changes() {
		changed = changed || c.Kind != Written || c.Name == "next"
	}
	return changed || !d.watching
}

// changes takes in what happened in the directory, and returns it.
func (d *Dir) changes() []Change {
	if d.watch == nil {
		return nil
	}
	changes := d.watch.Changes()
	for _, c := range changes {
		switch c.Kind {
		case Missed:
			d.blind, d.passed = true, ""
		case Moved:
			d.watching = false
		case Came:
			d.count(c.Name, 1)
			if c.From != "" {
				d.count(c.From, -1)
			}
			d.pass(c)
		case Went:
			d.count(c.Name, -1)
		}
	}
	return changes
}

// pass notes which label `previous` had before.
func (d *Dir) pass(c Change) {
	switch {
	case c.Name == "previous":
		d.passed = newest
		if IsOld(c.From) {
			d.passed = labelOf(c.From)
		}
	case IsOld(c.Name) && labelOf(c.Name) == d.passed:
		d.passed = ""
	}
}

// count notes that an old file's name came or went.
func (d *Dir) count(name string, n int) {
	if IsOld(name) {
		d.seen[labelOf(name)] += n
	}
}

// keptLabels of old files are known at least, whether these are there or not.
const keptLabels = 1000

// forgetRemoved keeps the known labels few: those of old, which are there, and the
// greatest.
func (d *Dir) forgetRemoved(old []string) {
	if len(d.labels) <= 2*(len(old)+keptLabels) {
		return
	}
	known := slices.Sorted(maps.Keys(d.labels))
	for _, label := range known[:len(known)-len(old)-keptLabels] {
		if nameOf(old, label) == "" {
			delete(d.labels, label)
			delete(d.pending, label)
		}
	}
}

package logdir

import (
	"maps"
	"path/filepath"
	"slices"
)

// Dir is a log directory that is looked at repeatedly. One goroutine may use it at a
// time.
type Dir struct {
	Path string // for messages

	dir      Directory
	watch    Watch  // nil if the directory reports no changes
	watching bool   // the directory reports every change
	unheard  error  // why no change is reported; nil if some are
	blind    bool   // some changes since the last look were not reported
	id       string // of the directory; "" until it is found

	mostOpen int // how many files a look opens

	labels  map[string]bool   // known old files
	pending map[string]string // the identities of known old files that are not finished, by label
	pins    []*pin            // known files that have no label yet, in order
	seen    map[string]int    // by label: how many names have come minus how many have gone since the last look
	passed  string            // the label that previous had and will have again; newest if it had none, "" if it is not known
}

// newest stands for the label of a file that has none yet. It is newer than all labels.
const newest = "~"

// pin is a known file that is kept open, so that its identity stays the same.
type pin struct {
	*File
	got   string // its label, once it is known
	there bool   // the file is in the snapshot, under any name
}

// NewDir returns the log directory path of the file system. It need not exist yet.
func NewDir(path string) *Dir { return OpenDir(path, osDir{filepath.Clean(path)}) }

// OpenDir returns the log in dir. path is its name in messages.
func OpenDir(path string, dir Directory) *Dir {
	d := &Dir{Path: path, dir: dir, seen: make(map[string]int), mostOpen: maxWaiting}
	if w, ok := dir.(Watcher); ok {
		d.watch = w.Watch()
	}
	return d
}

// Close stops watching. The caller closes the files that Look has returned.
func (d *Dir) Close() {
	if d.watch != nil {
		d.watch.Close()
	}
	d.forget()
}

// forget prepares for another directory at the same path.
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

// pinOf returns the pin of the file id, or nil.
func (d *Dir) pinOf(id string) *pin {
	i := slices.IndexFunc(d.pins, func(p *pin) bool { return p.id == id })
	if i < 0 {
		return nil
	}
	return d.pins[i]
}

// held returns another File for the same file, with an open Handle of its own.
func (f *File) held() *File {
	h := *f
	h.handle = f.handle.hold()
	return &h
}

// Look returns the files that are new since the last look, in order; the first look
// returns all. Files that are not old ones are open, so that their content stays readable
// when they are removed, and so are the oldest 500 others.
//
// An error that wraps [fs.ErrNotExist] means that no such directory exists now.
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

// start watches the directory that is at the path now.
func (d *Dir) start() {
	if d.watch == nil {
		d.blind = true
		return
	}
	if !d.watching {
		d.watching, d.unheard = d.watch.Start()
		d.blind = true
	}
}

// note records what has happened in the directory, and reports whether there may be new
// files.
func (d *Dir) note() (changed bool) {
	for _, c := range d.changes() {
		changed = changed || c.Kind != Written || c.Name == "next"
	}
	return changed || !d.watching
}

// changes records what has happened in the directory, and returns it.
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

// pass records which label previous had before.
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

// count records that an old file's name has come (n is 1) or gone (-1).
func (d *Dir) count(name string, n int) {
	if IsOld(name) {
		d.seen[labelOf(name)] += n
	}
}

// keptLabels is the minimum number of old files' labels that stay known, whether the
// files exist or not.
const keptLabels = 1000

// forgetRemoved limits the known labels to those of old, the files that exist, and the
// greatest ones.
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

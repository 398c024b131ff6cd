package remote

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"multilog/internal/farlog"
	"multilog/internal/logdir"
	"multilog/tai64n"
)

// lookEvery is the time between two looks of a log that is followed.
const lookEvery = 2 * time.Second

// Helper is what a Directory needs of [farlog.Client].
type Helper interface {
	Look(url, after string) (farlog.View, error)
	Read(url, id string, p []byte, off int64) (int, error)
}

// A Directory is a log that a helper reads. It is a [logdir.Directory].
type Directory struct {
	helper Helper
	url    string
	after  string
	gap    func(farlog.Gap)
	warn   func(error)

	mu     sync.Mutex
	looked time.Time              // of the last look; zero before the first
	files  map[string]farlog.File // by name
	err    error                  // of the last look, if nothing is known or the log is missing
	told   map[farlog.Gap]bool
	failed string // the error of the last look, which was told
}

func newDirectory(h Helper, url, after string, gap func(farlog.Gap), warn func(error)) *Directory {
	return &Directory{helper: h, url: url, after: after, gap: gap, warn: warn, told: make(map[farlog.Gap]bool)}
}

// look looks for files, and returns how they differ from those of the last look.
func (d *Directory) look() []logdir.Change {
	view, err := d.helper.Look(d.url, d.after)
	d.mu.Lock()
	defer d.mu.Unlock()
	first := d.looked.IsZero()
	d.looked = time.Now()
	switch {
	case err == nil:
		d.err, d.failed = nil, ""
	case errors.Is(err, fs.ErrNotExist) || first:
		d.err = err
		return d.put(nil, false)
	default:
		if d.failed == "" {
			d.warn(err)
		}
		d.failed = err.Error()
		return nil
	}
	for _, g := range view.Gaps {
		if !d.told[g] {
			d.told[g] = true
			d.gap(g)
		}
	}
	return d.put(view.Files, true)
}

// put makes files the known ones. Old files that are not among them are kept if keep is
// set, because a look need not list them again.
func (d *Directory) put(files []farlog.File, keep bool) (changes []logdir.Change) {
	now := make(map[string]farlog.File)
	for _, f := range files {
		now[f.Name] = f
	}
	first := "~"
	for name := range now {
		if isFinished(name) {
			first = min(first, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.files)) {
		f, there := now[name]
		switch {
		case !there && keep && isFinished(name) && name < first:
			now[name] = d.files[name]
		case !there:
			changes = append(changes, logdir.Change{Kind: logdir.Went, Name: name})
		case f.ID != d.files[name].ID:
			changes = append(changes, logdir.Change{Kind: logdir.Came, Name: name})
		case f.Size != d.files[name].Size:
			changes = append(changes, logdir.Change{Kind: logdir.Written, Name: name})
		}
	}
	for _, f := range files {
		if _, known := d.files[f.Name]; !known {
			changes = append(changes, logdir.Change{Kind: logdir.Came, Name: f.Name})
		}
	}
	d.files = now
	return changes
}

// isFinished reports whether name is that of a file that does not change any more.
func isFinished(name string) bool { return logdir.IsOld(name) && name[tai64n.Len:] != ".u" }

// firstLook has the files known.
func (d *Directory) firstLook() {
	d.mu.Lock()
	known := !d.looked.IsZero()
	d.mu.Unlock()
	if !known {
		d.look()
	}
}

// ID implements logdir.Directory.
func (d *Directory) ID() (string, error) {
	d.firstLook()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.url, d.err
}

// Names implements logdir.Directory.
func (d *Directory) Names() ([]string, error) {
	d.firstLook()
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Collect(maps.Keys(d.files)), d.err
}

// Stat implements logdir.Directory.
func (d *Directory) Stat(name string) (logdir.Info, error) {
	f, err := d.file(name)
	return infoOf(f), err
}

// Open implements logdir.Directory. It asks the helper for nothing.
func (d *Directory) Open(name string) (logdir.Handle, error) {
	f, err := d.file(name)
	if err != nil {
		return nil, err
	}
	return &handle{dir: d, file: f, grows: !isFinished(name)}, nil
}

// file returns the file that has name.
func (d *Directory) file(name string) (farlog.File, error) {
	d.firstLook()
	d.mu.Lock()
	defer d.mu.Unlock()
	f, ok := d.files[name]
	switch {
	case d.err != nil:
		return f, d.err
	case !ok:
		return f, &fs.PathError{Op: "open", Path: d.url + "/" + name, Err: fs.ErrNotExist}
	}
	return f, nil
}

// byID returns the file that has an identity.
func (d *Directory) byID(id string) (f farlog.File, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, f := range d.files {
		if f.ID == id {
			return f, true
		}
	}
	return f, false
}

// infoOf returns the Info of a file. Stores do not tell when lines were written; the
// label in a file's name does.
func infoOf(f farlog.File) logdir.Info {
	info := logdir.Info{ID: f.ID, Size: f.Size, Names: 1, Complete: f.Name != "current", Modified: time.Now()}
	if label, ok := tai64n.ParseString(f.Name); ok {
		info.Modified = label.Time()
	}
	return info
}

// Watch implements logdir.Watcher.
func (d *Directory) Watch() logdir.Watch { return &watch{dir: d, wake: make(chan struct{}, 1)} }

package ship

import (
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
)

// memDir is a log directory in memory.
type memDir struct {
	files, kept map[string]*memFile
	inodes      uint64
	missing     bool // there is no such directory

	changes, keptChanges int64 // how many there were
	blind                bool  // Stamp does not tell changes of .ship

	inFlight   *memFile // the file that the logger is writing a batch to
	inFlightAt int64
	loggers    uint64
}

type memFile struct {
	data  []byte
	inode uint64
	links int
}

func newMemDir() *memDir { return &memDir{files: map[string]*memFile{}, kept: map[string]*memFile{}} }

func (d *memDir) create(name string, data []byte) *memFile {
	d.inodes++
	f := &memFile{data: data, inode: d.inodes, links: 1}
	d.remove(name)
	d.files[name] = f
	d.changes++
	return f
}

func (d *memDir) rename(from, to string) {
	f, ok := d.files[from]
	if !ok {
		panic("rename of " + from)
	}
	d.remove(to)
	delete(d.files, from)
	d.files[to] = f
	d.changes++
}

func (d *memDir) remove(name string) {
	if f, ok := d.files[name]; ok {
		f.links--
		delete(d.files, name)
		d.changes++
	}
}

func (d *memDir) notThere(op, name string) error {
	return &fs.PathError{Op: op, Path: name, Err: fs.ErrNotExist}
}

func (d *memDir) Names() ([]string, error) {
	if d.missing {
		return nil, d.notThere("open", ".")
	}
	return slices.Collect(maps.Keys(d.files)), nil
}

func (d *memDir) Open(name string, kept bool) (File, error) {
	from := d.files
	if kept {
		from = d.kept
	}
	if f, ok := from[name]; ok {
		return memOpen{f}, nil
	}
	return nil, d.notThere("open", name)
}

func (d *memDir) Kept() (all []Kept, err error) {
	for name, f := range d.kept {
		all = append(all, Kept{name, int64(len(f.data)), f.links == 1})
	}
	return all, nil
}

func (d *memDir) Look(name string) (Kept, error) {
	f, ok := d.kept[name]
	if !ok {
		return Kept{}, d.notThere("stat", name)
	}
	return Kept{name, int64(len(f.data)), f.links == 1}, nil
}

func (d *memDir) Stamp(kept bool) (Stamp, error) {
	switch {
	case kept && d.blind:
		return Stamp{Inode: 2}, nil
	case kept:
		return Stamp{2, d.keptChanges}, nil
	case d.missing:
		return Stamp{}, nil
	}
	return Stamp{1, d.changes}, nil
}

func (d *memDir) Keep(name, as string) error {
	f, ok := d.files[name]
	if !ok {
		return d.notThere("link", name)
	}
	if _, ok := d.kept[as]; !ok {
		d.kept[as] = f
		d.keptChanges++
		f.links++
	}
	return nil
}

func (d *memDir) Note(name string, text []byte) error {
	if _, ok := d.kept[name]; !ok {
		d.inodes++
		d.keptChanges++
		d.kept[name] = &memFile{text, d.inodes, 1}
	}
	return nil
}

func (d *memDir) Drop(name string) error {
	if f, ok := d.kept[name]; ok {
		f.links--
		delete(d.kept, name)
		d.keptChanges++
	}
	return nil
}

func (d *memDir) Uncommitted(inode uint64) (int64, uint64) {
	if d.inFlight != nil && d.inFlight.inode == inode {
		return d.inFlightAt, d.loggers
	}
	return -1, d.loggers
}

type memOpen struct{ *memFile }

func (f memOpen) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(f.data)) {
		return 0, io.EOF
	}
	n := copy(p, f.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f memOpen) Size() (int64, error) { return int64(len(f.data)), nil }
func (f memOpen) Inode() uint64        { return f.inode }
func (f memOpen) Close() error         { return nil }

func (d *memDir) String() string {
	text := ""
	for _, m := range []map[string]*memFile{d.files, d.kept} {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			text += fmt.Sprintf(" %s(%d,#%d)", name, len(m[name].data), m[name].inode)
		}
		text += " |"
	}
	return text
}

package simkernel

import (
	"slices"
	"strings"
	"syscall"
)

// File is an inode.
type File struct {
	Ino   uint64
	Birth int64
	Mtime int64
	Mode  uint32
	Links int
	Data  []byte // in the page cache

	Disk     []byte // what is on disk
	DiskMode uint32

	// This part of Data counts as written after a failed sync, but is not on disk.
	lostFrom, lostUpto int

	// Torn reports that a power cut or KillAll has taken the rest of the last line.
	Torn bool

	Seen int // free for the use of tests

	home  *Dir // the directory in which it was made
	index *Dir // not nil if it is a directory
}

// Entry is a name in a directory.
type Entry struct {
	Name string
	File *File
}

// Dir is a directory.
type Dir struct {
	Name string

	// Logged counts the bytes that the logger has appended to files here, minus those that
	// it has taken back. Tests may reset it.
	Logged int64

	// Reordered reports that a power cut has kept later changes of names and lost earlier
	// ones. The order of the files is then unknown.
	Reordered bool

	names   []Entry  // as processes see them
	disk    []Entry  // on disk
	changes []change // between disk and names
}

// change is a change of a directory's names.
type change struct {
	name, to string // to is empty unless it is a rename
	file     *File  // gets the name, or loses it
	over     *File  // loses the name to in a rename; may be nil
	remove   bool
}

// Entries returns the names in the directory.
func (d *Dir) Entries() []Entry { return d.names }

// Lookup returns the file of that name, or nil.
func (d *Dir) Lookup(name string) *File { return lookup(d.names, name) }

func lookup(entries []Entry, name string) *File {
	for i := range entries {
		if entries[i].Name == name {
			return entries[i].File
		}
	}
	return nil
}

func drop(entries []Entry, name string) []Entry {
	return slices.DeleteFunc(entries, func(e Entry) bool { return e.Name == name })
}

// apply applies the change to a list of names.
func (c *change) apply(entries []Entry) []Entry {
	switch {
	case c.remove:
		return drop(entries, c.name)
	case c.to != "":
		entries = drop(entries, c.name)
		entries = drop(entries, c.to)
		return append(entries, Entry{c.to, c.file})
	default:
		return append(drop(entries, c.name), Entry{c.name, c.file})
	}
}

func (d *Dir) change(c change) {
	d.names = c.apply(d.names)
	d.changes = append(d.changes, c)
}

// syncNames puts the directory's names on disk.
func (d *Dir) syncNames() {
	d.disk = append(d.disk[:0], d.names...)
	d.changes = d.changes[:0]
}

// newFile makes a file without a name.
func (w *World) newFile(d *Dir, mode uint32) *File {
	f := &File{Birth: w.now(), Mtime: w.now(), Mode: mode, DiskMode: mode, home: d}
	if n := len(w.freeInos); n > 0 {
		f.Ino, w.freeInos = w.freeInos[n-1], w.freeInos[:n-1]
	} else {
		w.lastIno++
		f.Ino = w.lastIno
	}
	return f
}

// release takes away a name of a file. With the last one, it frees what the file uses.
func (w *World) release(f *File) {
	if f.Links--; f.Links == 0 {
		w.free += int64(len(f.Data))
		w.freeInos = append(w.freeInos, f.Ino)
	}
}

// Link gives a file another name, which is on disk.
func (w *World) Link(d *Dir, name string, f *File) {
	w.link(d, name, f)
	d.syncNames()
}

func (w *World) link(d *Dir, name string, f *File) {
	if w.Watch != nil {
		w.Watch.Linking(d, name, f)
	}
	f.Links++
	d.change(change{name: name, file: f})
}

func (w *World) unlink(d *Dir, name string) error {
	f := d.Lookup(name)
	if f == nil {
		return syscall.ENOENT
	}
	if f.index != nil {
		return syscall.EISDIR
	}
	if w.Watch != nil {
		w.Watch.Removing(d, name, f)
	}
	d.change(change{name: name, file: f, remove: true})
	w.release(f)
	return nil
}

func (w *World) rename(d *Dir, from, to string) error {
	f, over := d.Lookup(from), d.Lookup(to)
	if f == nil {
		return syscall.ENOENT
	}
	if f == over {
		return nil
	}
	if w.Watch != nil {
		w.Watch.Renaming(d, from, to, f, over)
	}
	d.change(change{name: from, to: to, file: f, over: over})
	if over != nil {
		w.release(over)
	}
	return nil
}

// append appends as much of b as there is room for.
func (w *World) append(f *File, b []byte) (int, error) {
	n := int(min(int64(len(b)), w.free))
	if n == 0 && len(b) > 0 {
		return 0, syscall.ENOSPC
	}
	f.Data = append(f.Data, b[:n]...)
	f.Mtime = w.now()
	w.free -= int64(n)
	return n, nil
}

// truncate changes the size of a file. The bytes on disk stay: the next append copies Data.
func (w *World) truncate(f *File, size int64) {
	old := int64(len(f.Data))
	f.lostUpto = min(f.lostUpto, int(size))
	w.free += old - size
	if size <= old {
		f.Data = f.Data[:size:size]
	} else {
		f.Data = append(f.Data[:old:old], make([]byte, size-old)...)
	}
	f.Mtime = w.now()
}

// sync puts a file on disk.
func (w *World) sync(f *File) {
	if f.index != nil {
		f.index.syncNames()
		w.synced(f.index)
		return
	}
	f.Disk = f.Data
	if f.lostFrom < f.lostUpto {
		f.Disk = append([]byte(nil), f.Data...)
		clear(f.Disk[f.lostFrom:f.lostUpto])
	}
	f.DiskMode = f.Mode
	if w.Journal {
		f.home.syncNames()
	}
	w.synced(f.home)
}

func (w *World) synced(d *Dir) {
	if w.Watch != nil {
		w.Watch.Synced(d)
	}
}

// DiskEntries returns the names that are on disk.
func (d *Dir) DiskEntries() []Entry { return d.disk }

// NameOf returns the path of a file by one of its names.
func (w *World) NameOf(f *File) string {
	if f.index != nil {
		return f.index.Name
	}
	for _, e := range f.home.names {
		if e.File == f {
			return join(f.home, e.Name)
		}
	}
	return join(f.home, "(removed)")
}

func join(d *Dir, name string) string {
	if d.Name == "." {
		return name
	}
	return strings.TrimPrefix(d.Name, "./") + "/" + name
}

// rewrite makes all data of a file dirty again, so that the next sync writes it.
func (f *File) rewrite() { f.lostFrom, f.lostUpto = 0, 0 }

// lose takes the data that is not on disk for written, as a failed sync does.
func (f *File) lose() {
	if f.lostFrom >= f.lostUpto {
		f.lostFrom = len(f.Disk)
	}
	f.lostUpto = len(f.Data)
}

// SyncFile puts a file on disk, as another process may do.
func (w *World) SyncFile(f *File) { w.sync(f) }

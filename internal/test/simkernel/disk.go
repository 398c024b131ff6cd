package simkernel

import "slices"

// PowerCut keeps what is on disk, and some of what is not; see the package's comment. The
// logger must have ended.
func (w *World) PowerCut() {
	w.tracef("power cut")
	w.Pipe, w.running, w.freeInos, w.lastPipe = nil, nil, nil, 0
	w.boot++
	for _, e := range w.Root.names {
		if e.File.index != nil {
			w.cutDir(e.File.index)
		}
	}
	w.tellApart()
}

// tellApart gives a file a new number if a power cut has brought it back beside the one
// that has got its number since.
func (w *World) tellApart() {
	seen := map[uint64]*File{}
	for _, e := range w.Root.names {
		if e.File.index == nil {
			continue
		}
		for _, e := range e.File.index.names {
			f := e.File
			if other := seen[f.Ino]; other != nil && other != f {
				w.lastIno++
				f.Ino = w.lastIno
			}
			seen[f.Ino] = f
		}
	}
}

// KillAll removes standard input and its writer, as when a service and its supervisor are
// killed. The logger must have ended.
func (w *World) KillAll() {
	w.tracef("the service is killed")
	w.Pipe = nil
	for _, e := range w.Root.names {
		if e.File.index == nil {
			continue
		}
		for _, e := range e.File.index.names {
			if n := len(e.File.Data); n > 0 && e.File.Data[n-1] != '\n' {
				e.File.Torn = true
			}
		}
	}
}

// How a power cut treats changes of names that were not synced.
const (
	cutAll   = iota // it keeps none
	cutNone         // it keeps all
	cutOrder        // it keeps the first ones
	cutMixed        // it keeps any consistent part
	cuts
)

func (w *World) cutDir(d *Dir) {
	d.names = w.survivingNames(d)
	d.syncNames()
	var seen []*File
	for _, e := range d.names {
		e.File.Links = 0
	}
	for _, e := range d.names {
		f := e.File
		f.Links++
		if slices.Contains(seen, f) {
			continue
		}
		seen = append(seen, f)
		if e.Name == lockName {
			w.cutPage(f)
		} else {
			w.cutFile(f)
		}
		w.tracef("after the cut: %s, %d bytes, mode %o, torn %v", join(d, e.Name), len(f.Data), f.Mode, f.Torn)
	}
}

const lockName = "lock"

// survivingNames returns the names that a power cut leaves in a directory.
func (w *World) survivingNames(d *Dir) []Entry {
	names := append([]Entry(nil), d.disk...)
	how, keep := w.Rand.IntN(cuts), w.Rand.IntN(len(d.changes)+1)
	var lostNames []string
	var lostFiles []*File
	for i := range d.changes {
		c := &d.changes[i]
		lost := slices.Contains(lostNames, c.name) || c.to != "" && slices.Contains(lostNames, c.to) ||
			slices.Contains(lostFiles, c.file) || c.over != nil && slices.Contains(lostFiles, c.over)
		switch how {
		case cutAll:
			lost = true
		case cutOrder:
			lost = lost || i >= keep
		case cutMixed:
			lost = lost || w.Rand.IntN(2) == 0
		}
		if !lost {
			d.Reordered = d.Reordered || len(lostNames) > 0
			names = c.apply(names)
			continue
		}
		lostNames = append(lostNames, c.name)
		if c.to != "" {
			lostNames = append(lostNames, c.to)
		}
		lostFiles = append(lostFiles, c.file)
		if c.over != nil {
			lostFiles = append(lostFiles, c.over)
		}
	}
	return names
}

func (w *World) cutFile(f *File) {
	if f.Mode != f.DiskMode && w.Rand.IntN(2) == 0 {
		f.Mode = f.DiskMode
	}
	whole := f.Data
	if len(f.Disk) != len(whole) || string(f.Disk) != string(whole) {
		f.Data = w.survivingData(f.Disk, whole)
	}
	if n := len(f.Data); n != len(whole) || string(f.Data) != string(whole) || n > 0 && f.Data[n-1] != '\n' {
		f.Torn = true
	}
	f.Data = f.Data[:len(f.Data):len(f.Data)]
	f.Disk, f.DiskMode = f.Data, f.Mode
	f.lostFrom, f.lostUpto = 0, 0 // it is not in the page cache any more
}

func (w *World) survivingData(disk, cache []byte) []byte {
	same := 0
	for same < len(disk) && same < len(cache) && disk[same] == cache[same] {
		same++
	}
	upto := same + w.Rand.IntN(len(cache)-same+1)
	switch w.Rand.IntN(4) {
	case 0:
		return disk
	case 1:
		return cache
	case 2:
		return cache[:upto]
	default: // the size is on disk, but not all of the data
		b := append([]byte(nil), cache...)
		clear(b[upto:])
		return b
	}
}

func (w *World) cutPage(f *File) {
	b := append([]byte(nil), f.Data...) // the logger that has mapped it has ended
	switch w.Rand.IntN(3) {
	case 0:
		b = b[:0]
	case 1:
		clear(b)
	}
	f.Data, f.Disk = b, b
}

// WriteBack puts some of what is not on disk there, as the kernel does in the course of
// time.
func (w *World) WriteBack() {
	for _, e := range w.Root.names {
		d := e.File.index
		if d == nil {
			continue
		}
		for _, e := range d.names {
			if w.Rand.IntN(2) == 0 {
				w.sync(e.File)
			}
		}
		if w.Rand.IntN(2) == 0 {
			w.sync(e.File)
		}
	}
	w.tracef("some of it is written back")
}

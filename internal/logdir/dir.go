package logdir

import (
	"slices"

	"golang.org/x/sys/unix"
)

// maxLooks bounds how often a directory is read again because its logger renamed
// something meanwhile.
const maxLooks = 200

// Dir is a log directory that is looked at again and again.
//
// What makes this right although names change all the time: a file is known by
// its label, which it keeps under every name, and while it has none, by its
// inode, which is kept open so that no other file can get it. Whatever a look
// finds that is not known is newer than everything known, since loggers remove
// the oldest only. What came and went between two looks is in the events.
type Dir struct {
	Path string

	watch *watch
	id    fileID // of the directory; zero before it was found
	blind bool   // events were lost since the last look, or there are none

	labels map[string]bool // known old files
	pins   []pin           // known files that have no label yet, in order
	seen   map[string]int  // by label: names that came, less those that went, since the last look
	moved  event           // the last name that went by a rename

	halfMoved bool // and what it became has not been seen yet

	previousLabel string // of `previous`, where it was seen to get that name

	pause func() // for tests: what happens in the midst of a look
}

func (d *Dir) paused() {
	if d.pause != nil {
		d.pause()
	}
}

// A pin is a file that is kept open so that it stays known by its inode.
type pin struct {
	id    fileID
	fd    int
	named bool // it has got a label, but may still be there under another name too
}

// links returns how many names the file has.
func (p pin) links() int {
	var st unix.Stat_t
	if unix.Fstat(p.fd, &st) != nil {
		return 0
	}
	return int(st.Nlink)
}

func (d *Dir) named(id fileID) {
	for i := range d.pins {
		if d.pins[i].id == id {
			d.pins[i].named = true
		}
	}
}

// NewDir returns the log directory path, which need not exist yet.
func NewDir(path string) *Dir { return &Dir{Path: path, watch: newWatch()} }

// Close ends the watching. The files that were found are their user's to close.
func (d *Dir) Close() {
	d.watch.close()
	d.unpin(func(pin) bool { return true })
}

func (d *Dir) unpin(which func(pin) bool) {
	d.pins = slices.DeleteFunc(d.pins, func(p pin) bool {
		if !which(p) {
			return false
		}
		unix.Close(p.fd)
		return true
	})
}

func (d *Dir) pinned(id fileID) bool {
	return slices.ContainsFunc(d.pins, func(p pin) bool { return p.id == id })
}

// Look returns the files that are new since the last look, in order: at the first
// one all. Files that are not old ones are open, and after the first look all are,
// so that nothing can remove what they hold.
//
// An error that wraps fs.ErrNotExist means that there is no such directory now.
func (d *Dir) Look() ([]*File, error) {
	id, err := idOf(d.Path)
	if err != nil {
		return nil, err
	}
	if id != d.id {
		d.forget()
		d.id = id
	}
	if d.watch.path != d.Path && !d.watch.add(d.Path) {
		d.blind = true
	}
	for try := 1; ; try++ {
		l := &look{Dir: d, first: d.labels == nil}
		again, err := l.run(try == maxLooks)
		if err != nil || again {
			l.close()
		}
		if err != nil {
			return nil, err
		}
		if !again {
			return l.finish(), nil
		}
	}
}

// forget makes ready for another directory at the same path.
func (d *Dir) forget() {
	d.unpin(func(pin) bool { return true })
	d.labels, d.previousLabel, d.moved = nil, "", event{}
	d.seen = make(map[string]int)
	d.watch.path = ""
}

// note takes in what happened in the directory, and reports whether there may be
// new files.
func (d *Dir) note() (renamed bool) {
	if d.seen == nil {
		d.seen = make(map[string]int) // something happened before the first look
	}
	for _, e := range d.watch.drain() {
		renamed = renamed || e.mask != unix.IN_MODIFY || e.name == "next"
		d.halfMoved = e.mask&unix.IN_MOVED_FROM != 0
		switch {
		case e.mask&unix.IN_Q_OVERFLOW != 0:
			d.blind, d.previousLabel = true, ""
		case e.mask&selfEvents != 0:
			d.watch.path = ""
		case e.mask&(unix.IN_CREATE|unix.IN_MOVED_TO) != 0:
			if IsOld(e.name) {
				d.seen[labelOf(e.name)]++
			} else if e.name == "previous" {
				d.previousLabel = ""
				if d.moved.cookie == e.cookie && IsOld(d.moved.name) {
					d.previousLabel = labelOf(d.moved.name)
				}
			}
		case e.mask&(unix.IN_DELETE|unix.IN_MOVED_FROM) != 0:
			if IsOld(e.name) {
				d.seen[labelOf(e.name)]--
			}
			if e.mask&unix.IN_MOVED_FROM != 0 {
				d.moved = e
			}
		}
	}
	return renamed
}

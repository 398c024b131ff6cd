package logdir

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"sync/atomic"
	"time"

	"multilog/tai64n"
)

// ErrRemoved means that an old file was removed, as loggers do with the oldest,
// after it was found and before it was opened.
var ErrRemoved = errors.New("it was removed meanwhile")

// A File is one file of a log. It stays the same file under whatever name the
// logger gives it later.
type File struct {
	Dir   string // the directory's path, for messages
	Name  string // its name in Dir when it was found
	Label string // the label in an old file's name; "" while there is none
	After string // the label of the old file before it; "" when there is none

	// Gap is what is missing between the file before and this one. A File that
	// has nothing but a Gap has no Name.
	Gap *Gap

	in     Directory
	handle *shared
	id     string
	alone  bool // no part of a log directory
	whole  bool // the logger has marked it as complete
}

// A Gap is a part of the log that was removed before it could be read.
type Gap struct {
	Files    int    // how many old files; -1 when that is not known
	From, To string // the first's label and the last's
}

// shared is a Handle that several hold. The last one that releases it closes it.
type shared struct {
	Handle
	users atomic.Int32
}

func share(h Handle) *shared {
	s := &shared{Handle: h}
	s.users.Store(1)
	return s
}

func (s *shared) hold() *shared {
	s.users.Add(1)
	return s
}

func (s *shared) release() {
	if s.users.Add(-1) == 0 {
		s.Close()
	}
}

// Path returns the path under which the file was found.
func (f *File) Path() string { return filepath.Join(f.Dir, f.Name) }

// Torn reports whether the file's last line may be incomplete, because its
// logger was killed.
func (f *File) Torn() bool { return unfinished(f.Name) && !f.whole }

// ID returns the file's identity (see [Info]), once it is open.
func (f *File) ID() string { return f.id }

// Modified returns when the file was written last.
func (f *File) Modified() (time.Time, error) {
	h, err := f.Open()
	if err != nil {
		return time.Time{}, err
	}
	info, err := h.Stat()
	return info.Modified, err
}

// Open opens the file, also when it has another name by now. A file that is open
// already is returned as it is. [ErrRemoved] means that it is gone.
func (f *File) Open() (Handle, error) {
	for range maxTries {
		if f.handle != nil {
			return f.handle, nil
		}
		err := f.openAs(f.Name)
		if err == nil {
			return f.handle, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if f.Label == "" {
			break
		}
		there, err := f.openMoved()
		if err != nil {
			return nil, err
		}
		if !there {
			break
		}
	}
	return nil, fmt.Errorf("unable to read %s: %w", f.Path(), ErrRemoved)
}

// openMoved looks for the file where files are moved to, in the order in which they
// are: so one that is moved meanwhile is met at the next place. It reports whether
// the file was seen, and can't be removed therefore.
func (f *File) openMoved() (there bool, err error) {
	var result File
	for _, place := range []string{"@", "previous", "processed", "@", "@"} {
		name := place
		if place == "@" {
			all, err := f.in.Names()
			if err != nil {
				return false, err
			}
			old := oldNames(all)
			if name = nameOf(old, f.Label); name == "" {
				if len(old) > 0 && f.Label < labelOf(old[0]) {
					return false, nil // loggers remove the oldest
				}
				continue
			}
			there = true
		}
		switch err := f.openAs(name); {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return there, err
		case place == "@" || f.fits(place):
			result.Close()
			return true, nil
		case place == "processed" && f.whole && f.firstLabel() == "":
			// Its lines do not tell whose result it is. It is this file's if no name is.
			result = *f
			f.handle = nil
		}
		f.Close()
	}
	if !there && result.handle != nil {
		f.handle, f.id, f.whole = result.handle, result.id, result.whole
		return true, nil
	}
	result.Close()
	return there, nil
}

// fits reports whether the file that was opened as place can be the one that has
// this file's label: no line of that is later.
func (f *File) fits(place string) bool {
	if place == "processed" && (!f.whole || f.firstLabel() == "") {
		return false
	}
	return f.wrote() <= f.Label
}

func (f *File) openAs(name string) error {
	h, err := f.in.Open(name)
	if err != nil {
		return err
	}
	info, err := h.Stat()
	if err != nil {
		h.Close()
		return err
	}
	if f.Label == "" || IsOld(name) {
		f.Name = name
	}
	f.handle, f.id, f.whole = share(h), info.ID, info.Complete
	return nil
}

// Close closes the file, if it is open.
func (f *File) Close() {
	if f.handle != nil {
		f.handle.release()
		f.handle = nil
	}
}

// OpenFile returns a file that is read by itself.
func OpenFile(path string) (*File, error) {
	dir, name := filepath.Split(path)
	f := &File{Dir: filepath.Dir(path), Name: name, in: osDir{dir}, alone: true}
	return f, f.openAs(f.Name)
}

// Content returns what is in the file now. Names tell what may be compressed: not
// what a logger writes.
func (f *File) Content() (*Content, error) {
	h, err := f.Open()
	if err != nil {
		return nil, err
	}
	info, err := h.Stat()
	if err == nil && info.Err != nil {
		err = &fs.PathError{Op: "read", Path: f.Path(), Err: info.Err}
	}
	if err != nil {
		return nil, err
	}
	packed := f.alone || f.Label != "" || f.Name == "processed"
	c, err := NewContent(h, info.Size, packed)
	if err != nil {
		return nil, fmt.Errorf("unable to read %s: %w", f.Path(), err)
	}
	return c, nil
}

// Until returns a label that no line of the file is later than, while its logger's
// clock is not set back; without one, ok is false. There is none on the other side:
// a file's first lines may have been read, and labelled, shortly before the old file
// before it got its name.
func (f *File) Until() (label tai64n.Label, ok bool) { return tai64n.ParseString(f.Label) }

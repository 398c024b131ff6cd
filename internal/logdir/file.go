package logdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"multilog/tai64n"
)

// ErrRemoved means that an old file was removed, as loggers do with the oldest,
// after it was found and before it was opened.
var ErrRemoved = errors.New("it was removed meanwhile")

// fileID says which file a name stands for.
type fileID struct{ dev, ino uint64 }

// A File is one file of a log. It stays the same file under whatever name the
// logger gives it later.
type File struct {
	Dir   string // the directory's path
	Name  string // its name in Dir when it was found
	Label string // the label in an old file's name; "" while there is none
	After string // the label of the old file before it; "" when there is none

	// Seen means that some of its lines may have been read from the file that a
	// processor made it of.
	Seen bool

	// Gap is what is missing between the file before and this one. A File that
	// has nothing but a Gap has no Name.
	Gap *Gap

	handle *os.File
	id     fileID
	alone  bool // no part of a log directory
}

// A Gap is a part of the log that was removed before it could be read.
type Gap struct {
	Files    int    // how many old files; -1 when that is not known
	From, To string // the first's label and the last's
}

// Path returns the path under which the file was found.
func (f *File) Path() string { return filepath.Join(f.Dir, f.Name) }

// Torn reports whether the file's last line may be incomplete, because its
// logger was killed.
func (f *File) Torn() bool { return unfinished(f.Name) }

// Until returns a label that no line of the file is later than; without one, ok is
// false. There is none on the other side: a file's first lines may have been read,
// and labelled, shortly before the old file before it got its name.
func (f *File) Until() (label tai64n.Label, ok bool) { return tai64n.ParseString(f.Label) }

// Open opens the file, also when it has another name by now. A file that is open
// already is returned as it is. [ErrRemoved] means that it is gone.
func (f *File) Open() (*os.File, error) {
	if f.handle != nil {
		return f.handle, nil
	}
	name := f.Name
	for range maxLooks {
		err := f.openAs(name)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return f.handle, err
		}
		list, err := readNames(f.Dir)
		if err != nil {
			return nil, err
		}
		name = ""
		for _, old := range sortNames(list).old {
			if labelOf(old) == f.Label {
				name = old
			}
		}
		if name == "" {
			break
		}
	}
	return nil, fmt.Errorf("unable to read %s: %w", f.Path(), ErrRemoved)
}

func (f *File) openAs(name string) error {
	// Nobody may be at the other end of a pipe; without O_NONBLOCK that would wait.
	handle, err := os.OpenFile(filepath.Join(f.Dir, name), os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	id, _, err := identify(handle)
	if err != nil {
		handle.Close()
		return err
	}
	f.Name, f.handle, f.id = name, handle, id
	return nil
}

// Close closes the file, if it is open.
func (f *File) Close() {
	if f.handle != nil {
		f.handle.Close()
		f.handle = nil
	}
}

// identify returns which file handle is, and how many names it has.
func identify(handle *os.File) (fileID, uint64, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(handle.Fd()), &st); err != nil {
		return fileID{}, 0, &fs.PathError{Op: "stat", Path: handle.Name(), Err: err}
	}
	return fileID{uint64(st.Dev), st.Ino}, uint64(st.Nlink), nil
}

// idOf returns which file path is now.
func idOf(path string) (fileID, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return fileID{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return fileID{uint64(st.Dev), st.Ino}, nil
}

func readNames(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}

// OpenFile returns a file that is read by itself.
func OpenFile(path string) (*File, error) {
	f := &File{Dir: filepath.Dir(path), Name: filepath.Base(path), alone: true}
	return f, f.openAs(f.Name)
}

// Content returns what is in the file now. Names tell what may be compressed: not
// what a logger writes.
func (f *File) Content() (*Content, error) {
	handle, err := f.Open()
	if err != nil {
		return nil, err
	}
	info, err := handle.Stat()
	if err != nil {
		return nil, err
	}
	switch mode := info.Mode(); {
	case mode.IsDir():
		return nil, &fs.PathError{Op: "read", Path: f.Path(), Err: unix.EISDIR}
	case mode&(fs.ModeNamedPipe|fs.ModeSocket) != 0:
		return nil, &fs.PathError{Op: "read", Path: f.Path(), Err: unix.ESPIPE}
	}
	packed := f.alone || f.Label != "" || f.Name == "processed"
	c, err := NewContent(handle, info.Size(), packed)
	if err != nil {
		return nil, fmt.Errorf("unable to read %s: %w", f.Path(), err)
	}
	return c, nil
}

// Inode returns the file's inode number, once it is open.
func (f *File) Inode() uint64 { return f.id.ino }

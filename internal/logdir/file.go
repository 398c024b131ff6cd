package logdir

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"multilog/tai64n"
)

// ErrRemoved means that a file was removed after it was found and before it was opened.
// Loggers remove the oldest files.
var ErrRemoved = errors.New("it was removed meanwhile")

// File is one file of a log. It remains the same file whatever name the logger gives it
// later.
type File struct {
	Dir   string // the directory's path, for messages
	Name  string // its name in Dir when it was found
	Label string // the label in an old file's name; "" if it has none yet
	After string // the label of the old file before it; "" if there is none

	// Gap describes what is missing between the file before and this one. A File that
	// has only a Gap has no Name.
	Gap *Gap

	in     Directory
	handle *shared
	id     string
	alone  bool // it is not part of a log directory
	whole  bool // the logger has marked it as complete
}

// Gap is a part of the log that was removed before it could be read.
type Gap struct {
	Files    int    // the number of old files; -1 if it is not known
	From, To string // the labels of the first and the last file
}

// shared is a Handle with several users. The last one that releases it closes it.
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
func (f *File) Path() string {
	if strings.Contains(f.Dir, "://") { // a URL
		return f.Dir + "/" + f.Name
	}
	return filepath.Join(f.Dir, f.Name)
}

// Torn reports whether the file's last line may be incomplete, because its
// logger was killed.
func (f *File) Torn() bool { return unfinished(f.Name) && !f.whole }

// ID returns the file's identity (see [Info]). The file must be open.
func (f *File) ID() string { return f.id }

// Modified returns when the file was last written.
func (f *File) Modified() (time.Time, error) {
	h, err := f.Open()
	if err != nil {
		return time.Time{}, err
	}
	info, err := h.Stat()
	return info.Modified, err
}

// Size returns the bytes of the file, which may be compressed.
func (f *File) Size() (int64, error) {
	h, err := f.Open()
	if err != nil {
		return 0, err
	}
	info, err := h.Stat()
	return info.Size, err
}

// Open opens the file, even if it has another name by now. If the file is open already,
// Open returns the same Handle. [ErrRemoved] means that the file is gone.
func (f *File) Open() (Handle, error) {
	if f.handle != nil {
		return f.handle, nil
	}
	movedTo := []func() error{f.openLabelled}
	if unfinished(f.Name) {
		movedTo = append(movedTo, f.openPrevious, f.openProcessed)
	}
	for range maxMoves {
		err := f.openAs(f.Name)
		for i := 0; i < len(movedTo) && errors.Is(err, fs.ErrNotExist) && f.Label != ""; i++ {
			err = movedTo[i]()
		}
		if err == nil {
			return f.handle, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("unable to read %s: %w", f.Path(), ErrRemoved)
}

// maxMoves is more than the number of times that a file is renamed after it gets its
// label.
const maxMoves = 8

// openLabelled opens the old file that has the label now.
func (f *File) openLabelled() error {
	old, err := f.oldNow()
	if err != nil {
		return err
	}
	name := nameOf(old, f.Label)
	if name == "" {
		return fs.ErrNotExist
	}
	return f.openAs(name)
}

// oldNow returns the names of the old files that exist now, in order.
func (f *File) oldNow() ([]string, error) {
	all, err := f.in.Names()
	return oldNames(all), err
}

// openPrevious opens the file if a processor is working on it.
func (f *File) openPrevious() error {
	h, info, err := f.openAt("previous")
	if err != nil {
		return err
	}
	if info.ID != f.id {
		h.Close()
		return fs.ErrNotExist
	}
	f.take(h, info)
	return nil
}

// openProcessed opens a processor's result if it was made from the file.
func (f *File) openProcessed() error {
	h, info, err := f.openAt("processed")
	if err != nil {
		return err
	}
	old, err := f.oldNow()
	if err == nil && info.Complete && f.isAt("previous", "") && f.isAt("processed", info.ID) {
		if result := (&File{in: f.in, Name: "processed", handle: share(h)}); result.isResultOf(f.Label, old) && (isKept(f.Label, old) || !result.hasNothing()) { // an empty result may be of any file
			f.take(h, info)
			return nil
		}
	}
	h.Close()
	if err == nil {
		err = fs.ErrNotExist
	}
	return err
}

// isResultOf reports whether f, a processor's result, was made from the file with
// label, which waited to be processed. old are the existing old files. A file that
// waits keeps its name until it becomes `previous`, and then has no other name until
// its result gets one. So a result was made from the file that is nowhere else, unless
// loggers have removed that one: they remove the oldest, and the lines of the others
// are later.
func (f *File) isResultOf(label string, old []string) bool {
	if nameOf(old, label) != "" {
		return false
	}
	return isKept(label, old) || f.wrote() <= label
}

// isKept reports whether loggers, which remove the oldest files, have kept the file with
// label.
func isKept(label string, old []string) bool { return len(old) > 0 && label > labelOf(old[0]) }

// isAt reports whether the file id has this name; if id is "", whether no file has it.
func (f *File) isAt(name, id string) bool {
	info, err := f.in.Stat(name)
	if id == "" {
		return errors.Is(err, fs.ErrNotExist)
	}
	return err == nil && info.ID == id
}

func (f *File) openAt(name string) (Handle, Info, error) {
	h, err := f.in.Open(name)
	if err != nil {
		return nil, Info{}, err
	}
	info, err := h.Stat()
	if err != nil {
		h.Close()
	}
	return h, info, err
}

// take makes h the Handle of the file.
func (f *File) take(h Handle, info Info) {
	f.handle, f.id, f.whole = share(h), info.ID, info.Complete
}

func (f *File) openAs(name string) error {
	h, info, err := f.openAt(name)
	if err != nil {
		return err
	}
	if f.Label == "" || IsOld(name) {
		f.Name = name
	}
	f.take(h, info)
	return nil
}

// Close closes the file, if it is open.
func (f *File) Close() {
	if f.handle != nil {
		f.handle.release()
		f.handle = nil
	}
}

// OpenFile returns a file that is not part of a log directory.
func OpenFile(path string) (*File, error) {
	dir, name := filepath.Split(path)
	f := &File{Dir: filepath.Dir(path), Name: name, in: osDir{dir}, alone: true}
	return f, f.openAs(f.Name)
}

// Content returns the current content of the file. By its name it determines whether
// the file may be compressed: a file that a logger is writing is not.
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
	packed := f.alone || IsOld(f.Name) || f.Name == "processed" || f.Name != "previous" && f.Label != ""
	c, err := NewContent(h, info.Size, packed)
	if err != nil {
		return nil, fmt.Errorf("unable to read %s: %w", f.Path(), err)
	}
	return c, nil
}

// Until returns a label that no line of the file is later than, unless its logger's
// clock was set back. ok is false if there is none. No such bound exists for the first
// line: lines may be read and labelled shortly before the file before gets its name.
func (f *File) Until() (label tai64n.Label, ok bool) { return tai64n.ParseString(f.Label) }

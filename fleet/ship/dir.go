package ship

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"multilog/rotate/lockpage"
)

// Directory is a log directory, as far as a [Log] looks at it and changes it. All
// that is changed is in the directory .ship in it.
type Directory interface {
	// Names returns the names in the directory.
	Names() ([]string, error)

	// Open opens a file of the directory, or of .ship with kept.
	Open(name string, kept bool) (File, error)

	// Kept returns what is in .ship, in no order.
	Kept() ([]Kept, error)

	// Look returns what Kept has of one name in .ship.
	Look(name string) (Kept, error)

	// Stamp returns what is another one after a name has come to the directory, or to
	// .ship with kept, or gone from there, unless there was another change at the same
	// moment ([Stamp.settled]). It is zero if there is no such directory.
	Stamp(kept bool) (Stamp, error)

	// Keep gives the file name a second name, as, in .ship. One that is there stays.
	Keep(name, as string) error

	// Note writes a small file in .ship. One that is there stays as it is.
	Note(name string, text []byte) error

	// Drop removes a name from .ship.
	Drop(name string) error

	// Uncommitted returns from which byte on the logger may still take back what is
	// in the file with that inode, or -1, and who the logger is: a number that no two
	// loggers have.
	Uncommitted(inode uint64) (from int64, logger uint64)
}

// Kept is a name in .ship.
type Kept struct {
	Name  string
	Bytes int64
	Only  bool // it is the file's only name, so the file takes space because of it
}

// Stamp is when which directory was last changed.
type Stamp struct {
	Inode   uint64
	Changed int64 // in nanoseconds since 1970
}

// settled reports whether a change from now on is sure to have another stamp. Linux takes
// times from a clock that goes in steps of up to 10 ms, and some file systems store only
// seconds, or every other one.
func (s Stamp) settled(now time.Time) bool {
	age := now.Sub(time.Unix(0, s.Changed))
	return age > 20*time.Millisecond && (s.Changed%int64(time.Second) != 0 || age > 2*time.Second)
}

// File is an open file.
type File interface {
	io.ReaderAt
	io.Closer
	Size() (int64, error)
	Inode() uint64
}

// keptDir is the directory for second names.
const keptDir = ".ship"

// OSDirectory is a log directory in the file system.
type OSDirectory string

// Names is Directory's.
func (d OSDirectory) Names() ([]string, error) {
	f, err := os.Open(string(d))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

// Open is Directory's. It opens regular files only, through no link, and never
// waits.
func (d OSDirectory) Open(name string, kept bool) (File, error) {
	path := filepath.Join(string(d), name)
	if kept {
		path = filepath.Join(string(d), keptDir, name)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		f.Close()
		return nil, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		f.Close()
		return nil, &fs.PathError{Op: "open", Path: path, Err: errors.New("not a regular file")}
	}
	return &osFile{f, st.Ino}, nil
}

type osFile struct {
	*os.File
	inode uint64
}

func (f *osFile) Inode() uint64 { return f.inode }

func (f *osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Kept is Directory's.
func (d OSDirectory) Kept() ([]Kept, error) {
	entries, err := os.ReadDir(filepath.Join(string(d), keptDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	kept := make([]Kept, 0, len(entries))
	for _, e := range entries {
		if k, err := d.Look(e.Name()); err == nil {
			kept = append(kept, k)
		}
	}
	return kept, nil
}

// Look is Directory's. Only regular files are there for it.
func (d OSDirectory) Look(name string) (Kept, error) {
	path := filepath.Join(string(d), keptDir, name)
	var st unix.Stat_t
	err := unix.Lstat(path, &st)
	if err == nil && st.Mode&unix.S_IFMT != unix.S_IFREG {
		err = fs.ErrNotExist
	}
	if err != nil {
		return Kept{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return Kept{name, st.Size, st.Nlink == 1}, nil
}

// Stamp is Directory's.
func (d OSDirectory) Stamp(kept bool) (Stamp, error) {
	path := string(d)
	if kept {
		path = filepath.Join(path, keptDir)
	}
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err == unix.ENOENT {
		return Stamp{}, nil
	} else if err != nil {
		return Stamp{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return Stamp{st.Ino, st.Mtim.Nano()}, nil
}

// Keep is Directory's.
func (d OSDirectory) Keep(name, as string) error {
	if err := d.make(); err != nil {
		return err
	}
	err := os.Link(filepath.Join(string(d), name), filepath.Join(string(d), keptDir, as))
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

func (d OSDirectory) make() error {
	err := os.Mkdir(filepath.Join(string(d), keptDir), 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// Note is Directory's.
func (d OSDirectory) Note(name string, text []byte) error {
	if err := d.make(); err != nil {
		return err
	}
	path := filepath.Join(string(d), keptDir, name)
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	if err := os.WriteFile(path+newSuffix, text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+newSuffix, path)
}

// newSuffix is at the end of the name of what is being written.
const newSuffix = ".new"

// Drop is Directory's.
func (d OSDirectory) Drop(name string) error {
	err := os.Remove(filepath.Join(string(d), keptDir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Uncommitted is Directory's. Loggers other than multilog's successor take nothing
// back.
func (d OSDirectory) Uncommitted(inode uint64) (from int64, logger uint64) {
	f, err := os.OpenFile(filepath.Join(string(d), "lock"), os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return -1, 0
	}
	defer f.Close()
	from = -1
	var latest uint64
	for i := range 3 { // a page is not read at one instant
		mem := lockpage.New()
		if n, _ := f.ReadAt(mem, 0); n < len(mem) || lockpage.KindOf(mem) != lockpage.Ours {
			return -1, 0
		}
		p := lockpage.At(mem)
		r := &p.Records[p.Latest%2]
		logger = p.PID ^ uint64(p.Started)
		if r.State() == lockpage.StateBegun && r.FileIno == inode && (from < 0 || int64(r.End) < from) {
			from = max(0, int64(r.End))
		}
		if i > 0 && p.Latest == latest {
			break
		}
		latest = p.Latest
	}
	return from, logger
}

// LogName returns what the log in a directory is called, after its path:
// /service/qmail-send/log/main is qmail-send, /var/log/smtpd is smtpd.
func LogName(dir string) (name string, ok bool) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", false
	}
	parts := strings.Split(strings.Trim(abs, "/"), "/")
	for _, drop := range []string{"main", "log"} {
		if n := len(parts); n > 1 && parts[n-1] == drop {
			parts = parts[:n-1]
		}
	}
	name = parts[len(parts)-1]
	return name, name != ""
}

package logdir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// osDir is a directory of the file system.
type osDir struct{ path string }

func (d osDir) ID() (string, error) {
	info, err := statPath(d.path)
	return info.ID, err
}

func (d osDir) Names() ([]string, error) {
	f, err := os.Open(d.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all, err := f.ReadDir(-1)
	names := make([]string, 0, len(all))
	for _, entry := range all {
		if entry.Type() != fs.ModeSymlink || d.leads(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

// leads reports whether a symbolic link leads to something. One that does not is left out,
// because it can't be told from a file that was removed since.
func (d osDir) leads(link string) bool {
	_, err := d.Stat(link)
	return !errors.Is(err, fs.ErrNotExist)
}

func (d osDir) Stat(name string) (Info, error) { return statPath(filepath.Join(d.path, name)) }

func (d osDir) Open(name string) (Handle, error) {
	// Without O_NONBLOCK, opening a FIFO would wait for a writer.
	f, err := os.OpenFile(filepath.Join(d.path, name), os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

func (d osDir) Watch() Watch { return newInotify(d.path) }

// osFile is a file of the file system.
type osFile struct{ *os.File }

func (f osFile) Stat() (Info, error) {
	var st unix.Statx_t
	// Package os does not return the time of birth, so call statx.
	err := unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH, statxMask, &st)
	if err != nil {
		return Info{}, &fs.PathError{Op: "stat", Path: f.Name(), Err: err}
	}
	return infoOf(&st), nil
}

const statxMask = unix.STATX_BASIC_STATS | unix.STATX_BTIME

func statPath(path string) (Info, error) {
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, 0, statxMask, &st); err != nil {
		return Info{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return infoOf(&st), nil
}

// infoOf returns the Info in a result of statx(2). If the file system records no time of
// birth, the identity has a time of zero, and only the inode tells files apart.
func infoOf(st *unix.Statx_t) Info {
	const clean = 0o100
	info := Info{
		ID:       fmt.Sprintf("%x:%x-%x-%x.%x", st.Dev_major, st.Dev_minor, st.Ino, st.Btime.Sec, st.Btime.Nsec),
		Size:     int64(st.Size),
		Modified: time.Unix(st.Mtime.Sec, int64(st.Mtime.Nsec)),
		Names:    int(st.Nlink),
		Complete: st.Mode&clean != 0,
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		info.Err = unix.EISDIR
	case unix.S_IFIFO, unix.S_IFSOCK:
		info.Err = unix.ESPIPE
	}
	return info
}

package cursor

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// ReadFile returns the text of the cursor in a file, or "" if there is no such file. It returns an
// error for what WriteFile would not replace.
func ReadFile(path string) (string, error) {
	if _, err := replaceable(path); err != nil {
		return "", err
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(bytes.TrimSpace(data)), err
}

// replaceable returns what is at path, or nil if nothing is. If that is no regular file, such as a
// device or a symbolic link, a cursor must not take its place.
func replaceable(path string) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case info.Mode()&fs.ModeSymlink != 0:
		return nil, fmt.Errorf("unable to keep the cursor in %s: it is a symbolic link; name the file itself", path)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("unable to keep the cursor in %s: it is not a regular file", path)
	}
	return info, nil
}

// WriteFile writes the cursor to a file. A new file has mode 0644; one that is there keeps its mode
// and, if the caller may do that, its owner. At any time the file holds either the old cursor or the
// new one. The directory must be writable.
func (c Cursor) WriteFile(path string) error {
	old, err := replaceable(path)
	if err != nil {
		return err
	}
	err = replaceFile(path, old, c.String()+"\n")
	var errno syscall.Errno
	if errors.As(err, &errno) {
		err = errno // the rest would name the temporary file
	}
	if err != nil {
		return fmt.Errorf("unable to write the cursor to %s: %w", path, err)
	}
	return nil
}

// replaceFile puts a file with that text in place of the file at path, which is old or, if that is
// nil, does not exist.
func replaceFile(path string, old fs.FileInfo, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path))
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	mode := fs.FileMode(0o644)
	if old != nil {
		mode = old.Mode().Perm()
		st := old.Sys().(*syscall.Stat_t)
		_ = f.Chown(int(st.Uid), int(st.Gid)) // only root may
	}
	if err == nil {
		err = f.Chmod(mode)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

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

// ReadFile returns the text of the cursor in a file, or "" if there is no such file.
func ReadFile(path string) (string, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(bytes.TrimSpace(data)), err
}

// WriteFile writes the cursor to a file, with mode 0644. At any time the file holds
// either the old cursor or the new one. The directory must be writable.
func (c Cursor) WriteFile(path string) error {
	err := replaceFile(path, c.String()+"\n")
	var errno syscall.Errno
	if errors.As(err, &errno) {
		err = errno // the rest would name the temporary file
	}
	if err != nil {
		return fmt.Errorf("unable to keep the cursor in %s: %w", path, err)
	}
	return nil
}

// replaceFile puts a file with that text in place of the file at path.
func replaceFile(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path))
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

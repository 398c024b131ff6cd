package main

import (
	"bufio"
	"os"
	"path/filepath"
)

// replaceFile gives the file at path the content that write writes, with mode 0644. It
// writes to another file in the same directory, whose name begins with a dot and does not
// end like that of path, and renames it. A link stays, and what it leads to is replaced.
func replaceFile(path string, write func(w *bufio.Writer)) (err error) {
	if to, err := filepath.EvalSymlinks(path); err == nil {
		path = to
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // a device, say
		return writeTo(path, os.O_WRONLY, write)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*~")
	if err != nil {
		return err
	}
	name := f.Name()
	_ = f.Close()
	defer func() {
		if err != nil {
			_ = os.Remove(name)
		}
	}()
	if err := writeTo(name, os.O_WRONLY, write); err != nil {
		return err
	}
	if err := os.Chmod(name, 0o644); err != nil {
		return err
	}
	return os.Rename(name, path)
}

// writeTo opens a file and writes to it.
func writeTo(path string, flags int, write func(w *bufio.Writer)) error {
	f, err := os.OpenFile(path, flags, 0)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	write(w)
	err = w.Flush()
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

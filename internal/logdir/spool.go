package logdir

import (
	"io"
	"os"
)

// Spool returns what r has, up to its end, as a file that is read by itself. It keeps that in a
// temporary file, which is removed when the File is closed. Messages call it path.
func Spool(path string, r io.Reader) (*File, error) {
	f, err := os.CreateTemp("", "mlcat")
	if err != nil {
		return nil, err
	}
	if err = os.Remove(f.Name()); err == nil {
		_, err = io.Copy(f, r)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	h := osFile{f}
	info, err := h.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	file := &File{Dir: ".", Name: path, in: osDir{"."}, alone: true}
	file.take(h, info)
	return file, nil
}

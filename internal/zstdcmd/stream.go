package zstdcmd

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"

	"multilog/internal/seekable"
)

// maxWindowBytes is the limit of zstd -d without its option --long.
const maxWindowBytes = 128 << 20

// input is standard input or a file. It keeps a read error, which the decoder could not tell
// from an error in the data.
type input struct {
	r    *os.File
	name string // as messages call it
	read int64  // bytes
	err  error  // the last read error
}

func (in *input) Read(p []byte) (int, error) {
	n, err := in.r.Read(p)
	in.read += int64(n)
	if err != nil && err != io.EOF {
		in.err = fmt.Errorf("unable to read %s: %w", in.name, reason(err))
		return n, in.err
	}
	return n, err
}

// output is standard output.
type output struct {
	w       *os.File
	written int64 // bytes
	start   int64 // offset of the first byte written to a regular file; else -1
	append  bool  // w is open with O_APPEND
	err     error // the last write error
}

func newOutput(w *os.File) *output {
	out := &output{w: w, start: -1}
	var stat unix.Stat_t
	if unix.Fstat(int(w.Fd()), &stat) != nil || stat.Mode&unix.S_IFMT != unix.S_IFREG {
		return out
	}
	flags, err := unix.FcntlInt(w.Fd(), unix.F_GETFL, 0)
	if err != nil {
		return out
	}
	if out.append = flags&unix.O_APPEND != 0; out.append {
		out.start = stat.Size
	} else if at, err := w.Seek(0, io.SeekCurrent); err == nil {
		out.start = at
	}
	return out
}

func (out *output) Write(p []byte) (int, error) {
	n, err := out.w.Write(p)
	out.written += int64(n)
	if err != nil {
		out.err = fmt.Errorf("unable to write to standard output: %w", reason(err))
		return n, out.err
	}
	return n, nil
}

// removeWritten truncates a regular file to the length it had before the first write,
// unless another process has appended to it. A partial file is of no use and takes room
// on a full disk. Output elsewhere stays, but does not decompress without an error.
func (out *output) removeWritten() {
	var stat unix.Stat_t
	if out.start < 0 || unix.Fstat(int(out.w.Fd()), &stat) != nil || stat.Size != out.start+out.written {
		return
	}
	if out.w.Truncate(out.start) == nil && !out.append {
		_, _ = out.w.Seek(out.start, io.SeekStart)
	}
}

// close closes standard output. Some filesystems report a failed write only then.
func (out *output) close() error {
	if err := out.w.Close(); err != nil {
		return fmt.Errorf("unable to close standard output: %w", reason(err))
	}
	return nil
}

// closed reports whether f, a standard descriptor, was closed when the process
// started. Go's runtime then opens /dev/null in its place, and writing there would
// lose the data. The runtime opens it for reading and writing, a shell's < or > does
// not; so closed does not object to a /dev/null that the caller wanted.
func closed(f *os.File) bool {
	var stat unix.Stat_t
	if unix.Fstat(int(f.Fd()), &stat) != nil {
		return true
	}
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
	if err != nil {
		return true
	}
	null := stat.Mode&unix.S_IFMT == unix.S_IFCHR && stat.Rdev == unix.Mkdev(1, 3)
	return null && flags&unix.O_ACCMODE == unix.O_RDWR
}

// isTerminal reports whether f is a terminal.
func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// compress compresses in to out. After an error the output is incomplete.
func compress(in *input, out *output, level int) error {
	w, err := seekable.NewWriter(out, level)
	if err != nil {
		return err
	}
	if _, err := w.ReadFrom(in); err != nil {
		return err
	}
	return w.Close()
}

// decompress writes the content of in, zstd of any origin, to out. If in is damaged,
// it writes the content before the damage, which in a log is worth having.
func decompress(in *input, out *output) error {
	d, err := zstd.NewReader(in,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindowBytes))
	if err != nil {
		return cause(in, out, err)
	}
	defer d.Close()
	if _, err := io.Copy(out, d); err != nil {
		return cause(in, out, err)
	}
	if in.read == 0 {
		return cause(in, out, io.ErrUnexpectedEOF)
	}
	return nil
}

// cause returns the message for an error of the decoder, which may wrap a read or a
// write error.
func cause(in *input, out *output, err error) error {
	switch {
	case in.err != nil:
		return in.err
	case out.err != nil:
		return out.err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("unable to decompress %s: unexpected end after %d bytes", in.name, in.read)
	default:
		return fmt.Errorf("unable to decompress %s: %w", in.name, err)
	}
}

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

// maxWindowBytes is what zstd -d itself takes: more needs its --long option.
const maxWindowBytes = 128 << 20

// input is standard input: it counts, and remembers an error of reading, so that
// such an error is not taken for one in the data.
type input struct {
	r    *os.File
	read int64
	err  error
}

func (in *input) Read(p []byte) (int, error) {
	n, err := in.r.Read(p)
	in.read += int64(n)
	if err != nil && err != io.EOF {
		in.err = fmt.Errorf("unable to read standard input: %w", reason(err))
		return n, in.err
	}
	return n, err
}

// output is standard output. It knows where it began in a regular file.
type output struct {
	w       *os.File
	written int64
	start   int64 // offset of the first byte in a regular file; else -1
	append  bool
	err     error
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

// takeBack removes what was written, where it is a file's end and nobody has
// added to it since: half a file is of no use, and takes room on a full disk.
// Elsewhere what was written stays; it does not decompress without an error.
func (out *output) takeBack() {
	var stat unix.Stat_t
	if out.start < 0 || unix.Fstat(int(out.w.Fd()), &stat) != nil || stat.Size != out.start+out.written {
		return
	}
	if out.w.Truncate(out.start) == nil && !out.append {
		_, _ = out.w.Seek(out.start, io.SeekStart)
	}
}

// close closes standard output. Some filesystems tell only now that what was
// written did not get there.
func (out *output) close() error {
	if err := out.w.Close(); err != nil {
		return fmt.Errorf("unable to close standard output: %w", reason(err))
	}
	return nil
}

// closed says whether f, a standard descriptor, was closed when the process was
// started. Go's runtime then opens /dev/null in its place, for reading and
// writing, which, unlike a shell's < and >, would be reason enough to lose data.
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

// compress writes in to out, compressed. After an error out is of no use.
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

// decompress writes the content of in, any zstd, to out. When in turns out to be
// damaged, what came before the damage was written: of a log it is worth having.
func decompress(in *input, out *output) error {
	d, err := zstd.NewReader(in,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindowBytes))
	if err != nil {
		return firstOf(in, out, err)
	}
	defer d.Close()
	if _, err := io.Copy(out, d); err != nil {
		return firstOf(in, out, err)
	}
	if in.read == 0 {
		return firstOf(in, out, io.ErrUnexpectedEOF)
	}
	return nil
}

// firstOf tells what err, of the decoder, really is.
func firstOf(in *input, out *output, err error) error {
	switch {
	case in.err != nil:
		return in.err
	case out.err != nil:
		return out.err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("unable to decompress standard input: it ends too early, after %d bytes", in.read)
	default:
		return fmt.Errorf("unable to decompress standard input: %w", err)
	}
}

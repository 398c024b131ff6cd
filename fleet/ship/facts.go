package ship

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"

	"multilog/fleet/layout"
	"multilog/tai64n"
)

// facts is the metadata of a finished file.
type facts struct {
	layout.FileMeta
	id     layout.ID // if its first line has a label
	size   int64
	sha256 [32]byte
}

// maxHead is how much of a line is read: a label is at its beginning, and a longer
// first line has no ID.
const maxHead = 64 << 10

// readFacts reads a file from beginning to end.
func readFacts(f File) (facts, error) {
	var x facts
	var err error
	if x.size, err = f.Size(); err != nil {
		return x, err
	}
	sum := sha256.New()
	file := io.TeeReader(io.NewSectionReader(f, 0, x.size), sum)
	lines := lineReader{facts: &x}
	err = copyPlain(&lines, file)
	lines.end()
	if err != nil && !errors.Is(err, errDamaged) {
		return x, err
	}
	if _, err := io.Copy(io.Discard, file); err != nil { // behind the end of what is compressed, or damaged
		return x, err
	}
	sum.Sum(x.sha256[:0])
	return x, nil
}

var errDamaged = errors.New("damaged")

// decoders are reused: each has megabytes.
var decoders = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(64<<20))
	if err != nil { // the options are valid
		panic(err)
	}
	return d
}}

var readers = sync.Pool{New: func() any { return bufio.NewReaderSize(nil, 64<<10) }}

// copyPlain copies the content of a file that may be compressed. If it can't be
// decompressed, the error wraps errDamaged; such a file is sent nevertheless.
func copyPlain(w io.Writer, file io.Reader) error {
	in := readers.Get().(*bufio.Reader)
	in.Reset(file)
	defer func() {
		in.Reset(nil)
		readers.Put(in)
	}()
	magic, _ := in.Peek(4)
	var plain io.Reader
	switch {
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		d := decoders.Get().(*zstd.Decoder)
		defer func() {
			_ = d.Reset(nil) // it only lets go of the file
			decoders.Put(d)
		}()
		if err := d.Reset(in); err != nil {
			return errors.Join(errDamaged, err)
		}
		plain = d
	case len(magic) >= 2 && magic[0] == 0x1f && magic[1] == 0x8b:
		z, err := gzip.NewReader(in)
		if err != nil {
			return errors.Join(errDamaged, err)
		}
		plain = z
	default:
		_, err := in.WriteTo(w)
		return err
	}
	if _, err := io.Copy(w, plain); err != nil {
		return errors.Join(errDamaged, err)
	}
	return nil
}

// lineReader counts lines and finds the first and the last label.
type lineReader struct {
	*facts
	lastLabel [tai64n.Len]byte
	head      []byte // the beginning of the line that is not complete, at most maxHead bytes
	long      bool   // it has more
}

func (l *lineReader) Write(p []byte) (int, error) {
	n := len(p)
	l.Bytes += int64(n)
	for len(p) > 0 {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			l.add(p)
			break
		}
		if len(l.head) == 0 && l.Lines > 0 { // the line is here, whole
			l.note(p[:i+1])
		} else {
			l.add(p[:i+1])
			l.line()
		}
		l.Lines++
		p = p[i+1:]
	}
	return n, nil
}

func (l *lineReader) add(p []byte) {
	if room := maxHead - len(l.head); len(p) > room {
		p, l.long = p[:room], true
	}
	l.head = append(l.head, p...)
}

// line ends the line in head.
func (l *lineReader) line() {
	if l.Lines == 0 && !l.long {
		l.id, _ = layout.IDOf(l.head)
	}
	l.note(l.head)
	l.head, l.long = l.head[:0], false
}

func (l *lineReader) note(line []byte) {
	if _, ok := tai64n.Parse(line); ok {
		if l.First == "" {
			l.First = string(line[:tai64n.Len])
		}
		l.lastLabel = [tai64n.Len]byte(line)
	}
}

// end ends the last line, which may lack its newline.
func (l *lineReader) end() {
	if len(l.head) > 0 {
		l.line()
		l.Lines++
	}
	if l.First != "" {
		l.Last = string(l.lastLabel[:])
	}
}

// readID returns the ID of a file. ok is false while the file has no whole first line,
// or if that has no label.
func readID(f File) (id layout.ID, ok bool) {
	size, err := f.Size()
	if err != nil || size == 0 {
		return "", false
	}
	for n := int64(512); ; n *= 8 {
		buf := make([]byte, min(n, size, maxHead))
		if got, err := f.ReadAt(buf, 0); got < len(buf) && err != nil {
			return "", false
		}
		if i := bytes.IndexByte(buf, '\n'); i >= 0 {
			return layout.IDOf(buf[:i+1])
		}
		if int64(len(buf)) < n {
			return "", false
		}
	}
}

// firstID returns the ID of a file that may be compressed.
func firstID(f File) (layout.ID, bool) {
	size, err := f.Size()
	if err != nil {
		return "", false
	}
	var x facts
	lines := lineReader{facts: &x}
	if err := copyPlain(&firstLine{lines: &lines}, io.NewSectionReader(f, 0, size)); err != nil && !errors.Is(err, errEnough) {
		return "", false
	}
	return x.id, x.id != ""
}

var errEnough = errors.New("enough")

// firstLine takes no more than the first line.
type firstLine struct{ lines *lineReader }

func (w *firstLine) Write(p []byte) (int, error) {
	if i := bytes.IndexByte(p, '\n'); i >= 0 {
		p = p[:i+1]
	}
	n, err := w.lines.Write(p)
	if err == nil && (w.lines.Lines > 0 || w.lines.long) {
		err = errEnough
	}
	return n, err
}

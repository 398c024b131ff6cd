package logdir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

const (
	// MaxLineBytes is the length of the longest line. A longer one is cut into several.
	// Loggers whose files have at most 16 MB do not write such lines.
	MaxLineBytes = 16 << 20

	readBytes = 256 << 10

	// recentBytes is how much of an unfinished file's text is kept in case its logger
	// takes it back. It exceeds a batch of a logger.
	recentBytes = 1 << 20
)

// Files is a source of the files of a log, such as a [Follower].
type Files interface {
	Next() (*File, error)
	More() bool
}

// Tail reads a log from some place on, while the log grows. It returns each line once,
// in order.
type Tail struct {
	files Files
	file  *File
	off   int64 // of the next byte to read

	stream io.ReadCloser // of a file that is compressed
	broken bool          // stream must be opened again, at off
	next   *File         // could not be entered, and will be tried again

	buf    []byte
	lines  []byte   // the beginning of a line whose end has not come yet
	begun  bool     // the first file is ready to be read
	torn   bool     // lines is the end of a file whose logger was killed
	recent []byte   // what was read last of file, up to off
	again  [][]byte // lines that were taken back and will be written again
}

// NewTail returns a Tail that reads what follows the first off bytes of file, and then
// the files that files returns. file may be nil.
func NewTail(files Files, file *File, off int64) *Tail {
	return &Tail{files: files, file: file, off: off, buf: make([]byte, readBytes)}
}

// Read returns more lines, each with its newline, or a gap in front of the next lines. If it
// returns neither, there is nothing to read now. The lines are valid until the next call.
func (t *Tail) Read() (lines []byte, gap *Gap, err error) {
	if t.file != nil && !t.begun {
		if err := t.begin(); err != nil {
			return nil, nil, err
		}
	}
	t.begun = true
	for {
		more := t.files.More() // ask before reading, so that what is read includes the end of the file
		if t.file != nil {
			lines, err := t.readFile()
			if len(lines) > 0 || err != nil {
				return lines, nil, err
			}
			if !more {
				return nil, nil, nil
			}
		}
		next := t.next
		if t.next = nil; next == nil {
			var err error
			if next, err = t.files.Next(); next == nil || err != nil {
				return nil, nil, err
			}
		}
		if lines, gap, err = t.enter(next); len(lines) > 0 || gap != nil || err != nil {
			return lines, gap, err
		}
	}
}

// Position returns where Read is: the file, and the offset of its next line. The file is
// nil if there was none yet.
func (t *Tail) Position() (file *File, off int64) { return t.file, t.off - int64(len(t.lines)) }

// begin prepares the first file to be read from off on.
func (t *Tail) begin() error {
	c, err := t.file.Content()
	if err != nil || !c.IsStream() && c.frames == nil {
		return err
	}
	if t.stream, err = c.Stream(); err == nil {
		_, err = io.CopyN(io.Discard, t.stream, t.off)
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return fmt.Errorf("unable to read %s: %w", t.file.Path(), err)
	}
	return nil
}

// Close closes the file that is being read.
func (t *Tail) Close() {
	if t.stream != nil {
		t.stream.Close()
	}
	for _, f := range []*File{t.file, t.next} {
		if f != nil {
			f.Close()
		}
	}
}

// passes reports whether what failed may succeed later, as an error tells that has a method
// Temporary.
func passes(err error) bool {
	var temporary interface{ Temporary() bool }
	return errors.As(err, &temporary) && temporary.Temporary()
}

// enter continues with the next file. It returns the unfinished last line of the file
// before if no rest of it will come.
func (t *Tail) enter(next *File) (lines []byte, gap *Gap, err error) {
	if next.Gap != nil {
		return t.flush(), next.Gap, nil
	}
	if t.file != nil {
		t.torn = t.file.Torn()
		t.file.Close()
		t.file = nil
	}
	if t.stream != nil {
		t.stream.Close()
		t.stream = nil
	}
	t.file, t.off, t.recent, t.broken = next, 0, t.recent[:0], false
	c, err := next.Content()
	if errors.Is(err, ErrRemoved) {
		t.file = nil
		return t.flush(), &Gap{1, next.Label, next.Label}, nil
	}
	if err == nil && (c.IsStream() || c.frames != nil) {
		t.stream, err = c.Stream()
	}
	if passes(err) {
		t.file, t.next = nil, next
		return nil, nil, Retried{err}
	}
	if err != nil {
		t.file = nil
		return t.flush(), nil, err
	}
	return nil, nil, nil
}

// flush returns the unfinished line, with a newline.
func (t *Tail) flush() []byte {
	if len(t.lines) == 0 {
		return nil
	}
	lines := append(t.lines, '\n')
	t.lines = nil
	return lines
}

// readFile returns lines of the file, or none at its end.
func (t *Tail) readFile() ([]byte, error) {
	for {
		n, err := t.readMore()
		if n == 0 || err != nil {
			return nil, err
		}
		data := t.buf[:n]
		var whole []byte
		if len(t.lines) > 0 && t.off == int64(n) { // the start of the file
			if LineHead(data) > 0 || t.torn {
				whole = t.flush()
			}
			t.torn = false
		}
		end := bytes.LastIndexByte(data, '\n') + 1
		if end > 0 {
			whole = append(append(whole, t.lines...), data[:end]...)
			t.lines = nil
		}
		t.lines = append(t.lines, data[end:]...)
		if len(t.lines) > MaxLineBytes {
			whole = append(whole, t.flush()...)
		}
		if whole = t.unseen(whole); len(whole) > 0 {
			return whole, nil
		}
	}
}

// readMore reads what comes next in the file into buf.
func (t *Tail) readMore() (int, error) {
	if t.broken {
		if err := t.begin(); passes(err) {
			return 0, Retried{err}
		} else if t.broken = false; err != nil {
			t.stream = failed{io.EOF} // the rest is damaged
			return 0, err
		}
	}
	if t.stream != nil {
		n, err := t.stream.Read(t.buf)
		t.off += int64(n)
		if passes(err) {
			t.stream.Close()
			t.broken = true
			if n > 0 {
				return n, nil // begin tells the error again, if it lasts
			}
			return 0, Retried{fmt.Errorf("unable to read %s: %w", t.file.Path(), err)}
		}
		if err != nil && err != io.EOF {
			t.stream.Close()
			t.stream = failed{err}
		}
		if n > 0 || err == io.EOF {
			return n, nil
		}
		if err != nil {
			t.stream = failed{io.EOF} // report the error once
			return 0, fmt.Errorf("unable to read %s: %w", t.file.Path(), err)
		}
		return t.readMore()
	}
	f, err := t.file.Open()
	if err != nil {
		return 0, err
	}
	if err := t.checkRecent(); err != nil {
		return 0, err
	}
	n, err := f.ReadAt(t.buf, t.off)
	if err == io.EOF || n > 0 { // the next read tells another error, if it lasts
		err = nil
	}
	t.off += int64(n)
	t.remember(t.buf[:n])
	return n, err
}

// failed is the remainder of a damaged stream.
type failed struct{ err error }

func (f failed) Read([]byte) (int, error) { return 0, f.err }
func (f failed) Close() error             { return nil }

// remember keeps what was read of an unfinished file.
func (t *Tail) remember(data []byte) {
	if t.file.Label != "" {
		return // it is complete, so its logger takes nothing back
	}
	if len(t.recent)+len(data) > 2*recentBytes {
		keep := t.recent[max(0, len(t.recent)-recentBytes):]
		t.recent = append(t.recent[:0], keep...)
	}
	t.recent = append(t.recent, data...)
}

// checkRecent checks whether the logger has taken back what was read. After a kill, the
// next logger takes back an unfinished batch and writes it again, with later labels.
// Then reading continues where the file was cut, without the lines that come again.
func (t *Tail) checkRecent() error {
	const overlapBytes = 64
	overlap := min(overlapBytes, len(t.recent))
	if overlap == 0 {
		return nil
	}
	var now [overlapBytes]byte
	f, err := t.file.Open()
	if err != nil {
		return err
	}
	n, err := f.ReadAt(now[:overlap], t.off-int64(overlap))
	if err != nil && err != io.EOF || bytes.Equal(now[:n], t.recent[len(t.recent)-overlap:]) {
		return ignoreEOF(err)
	}
	start := t.off - int64(len(t.recent))
	there := make([]byte, len(t.recent))
	n, err = f.ReadAt(there, start)
	if err != nil && err != io.EOF {
		return err
	}
	same := 0
	for same < n && there[same] == t.recent[same] {
		same++
	}
	same = bytes.LastIndexByte(t.recent[:same], '\n') + 1
	t.again = nil
	for line := range bytes.Lines(t.recent[same:]) {
		if bytes.HasSuffix(line, []byte("\n")) { // Read has not returned a line without newline
			t.again = append(t.again, bytes.Clone(line))
		}
	}
	t.recent, t.lines, t.off = t.recent[:same], nil, start+int64(same)
	return nil
}

func ignoreEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// unseen returns lines without those that were read before they were taken back.
func (t *Tail) unseen(lines []byte) []byte {
	if len(t.again) > 0 {
		rest := lines
		for len(t.again) > 0 && len(rest) > 0 {
			end := bytes.IndexByte(rest, '\n') + 1
			line, was := rest[:end], t.again[0]
			if !bytes.Equal(line[LineHead(line):], was[LineHead(was):]) {
				t.again = nil
				break
			}
			rest, t.again = rest[end:], t.again[1:]
		}
		lines = rest
	}
	return lines
}

// lastMark returns the last labelled line of data, which must begin with a whole line.
func lastMark(data []byte) (mark, bool) {
	for end := len(data); end > 0; {
		start := bytes.LastIndexByte(data[:end-1], '\n') + 1
		if label, ok := Label(data[start:]); ok {
			return mark{start, label}, true
		}
		end = start
	}
	return mark{}, false
}

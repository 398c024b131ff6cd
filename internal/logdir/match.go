package logdir

import (
	"bytes"

	"multilog/tai64n"
)

// A processor's result is another file than its input and has another identity; only
// the content connects the two. No two lines of a log have the same label, except those
// that a logger labelled within one unit of its clock. So if the first label of a file
// also occurs in another file, a processor has made the one from the other.

// labels returns the first and the last label in the file, as in names. ok is false if
// it has none or can't be read.
func (f *File) labels() (first, last string, ok bool) {
	c, err := f.Content()
	if err != nil {
		return "", "", false
	}
	m, _, found := c.firstLine()
	if !found {
		return "", "", false
	}
	first, last = m.label.String(), m.label.String()
	if c.IsStream() {
		if c.Spool() != nil {
			return first, last, true
		}
		defer c.Close()
	}
	if l, count, _, err := c.LabelBefore(c.Size()); err == nil && count > 0 {
		last = l.String()
	}
	return first, last, true
}

// firstLine returns the first labelled line of the content, and its text as far as it
// was read.
func (c *Content) firstLine() (m mark, text []byte, ok bool) {
	head, err := c.head(headBytes)
	if err != nil {
		return mark{}, nil, false
	}
	if m, ok = nextMark(head, 0); !ok && int64(len(head)) == headBytes {
		if head, err = c.head(BlockBytes); err != nil {
			return mark{}, nil, false
		}
		m, ok = nextMark(head, 0)
	}
	if !ok {
		return mark{}, nil, false
	}
	text, _, _ = bytes.Cut(head[m.off:], []byte("\n"))
	return m, text, true
}

// head returns up to n bytes from the beginning of the content.
func (c *Content) head(n int) ([]byte, error) {
	if c.IsStream() {
		r, err := c.Stream()
		if err != nil {
			return nil, err
		}
		defer r.Close()
		head := make([]byte, n)
		got := 0
		for got < n && err == nil {
			var more int
			more, err = r.Read(head[got:])
			got += more
		}
		return head[:got], ignoreEOF(err)
	}
	var head []byte
	for b := 0; b < c.Blocks() && len(head) < n; b++ {
		more, err := c.BlockHead(b, n-len(head))
		if err != nil {
			return nil, err
		}
		head = append(head, more...)
	}
	return head, nil
}

// kinship is what a comparison of two files' contents shows.
type kinship int

const (
	unclear kinship = iota // it does not show anything
	same                   // both are the same file of the log
	other                  // they are two files of the log
)

// kin compares the content of a file with that of a possible result of a processor.
func kin(file, result *File) kinship {
	c, err := result.Content()
	if err != nil {
		return unclear
	}
	m, text, labelled := c.firstLine()
	first, last, ok := file.labels()
	switch label := m.label.String(); {
	case !ok && file.isEmpty():
		if result.hasNothing() {
			return unclear // neither has a line
		}
		return other // nothing was read of it
	case !ok && !labelled:
		return kinByHead(file, c)
	case !ok || !labelled:
		return unclear
	case label == first && first != last:
	case label == last:
		// A logger with coarse labels may give the same label to the last lines of a
		// file and the first of the next.
		if !file.hasLine(text) {
			return other
		}
	case !file.hasLine([]byte(label)):
		return other
	}
	return same
}

// hasNothing reports whether the content of the file is empty.
func (f *File) hasNothing() bool {
	c, err := f.Content()
	if err != nil {
		return false
	}
	head, err := c.head(1)
	return err == nil && len(head) == 0
}

// hasLine reports whether a line of the file begins with text.
func (f *File) hasLine(text []byte) bool {
	c, err := f.Content()
	if err != nil {
		return false
	}
	r, err := c.Stream()
	if err != nil {
		return false
	}
	defer r.Close()
	want := append([]byte("\n"), text...)
	buf := make([]byte, 1, readBytes+len(want)) // with a newline before the first line
	buf[0] = '\n'
	for {
		n, err := r.Read(buf[len(buf):cap(buf)])
		if buf = buf[:len(buf)+n]; bytes.Contains(buf, want) {
			return true
		}
		if err != nil {
			return false
		}
		keep := min(len(buf), len(want)-1)
		buf = buf[:copy(buf, buf[len(buf)-keep:])]
	}
}

// kinByHead compares the beginnings of contents without labels.
func kinByHead(file *File, result *Content) kinship {
	c, err := file.Content()
	if err != nil {
		return unclear
	}
	a, err1 := c.head(headBytes)
	b, err2 := result.head(headBytes)
	if err1 != nil || err2 != nil || len(a) == 0 || !bytes.Equal(a, b) {
		return unclear // a processor may change all lines
	}
	return same
}

// wrote returns a label that is not before the last line of the file: its last label
// or, if it has none, the time at which it was last written. It returns "" for a
// processor's result without labels, which was written later.
func (f *File) wrote() string {
	if _, last, ok := f.labels(); ok {
		return last
	}
	modified, err := f.Modified()
	if err != nil || f.Name == "processed" {
		return ""
	}
	return tai64n.Of(modified).String()
}

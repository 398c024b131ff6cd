package logdir

import (
	"bytes"

	"multilog/tai64n"
)

// What a processor makes of a file is another file: it has another identity, and
// what ties it to the first is what it holds. Lines are labelled in the order of
// the log. So the labels of two files of a log do not overlap, and a file whose
// first label lies within another's labels is what a processor made of that.

// labels returns the first label in the file and the last one, as in names; ok is
// false where it has none, or can't be read.
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

// firstLabel returns the first label in the file, "" where it has none or can't be
// read.
func (f *File) firstLabel() string {
	c, err := f.Content()
	if err != nil {
		return ""
	}
	m, _, ok := c.firstLine()
	if !ok {
		return ""
	}
	return m.label.String()
}

// firstLine returns the first labelled line of the content, and its text as far as
// it was read.
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

// kinship is what the contents of two files tell.
type kinship int

const (
	unclear kinship = iota // they do not tell
	same                   // it is one file of the log
	other                  // they are two files of the log
)

// kin compares a file with what may be a processor's result of it, by what they hold.
func kin(file, result *File) kinship {
	c, err := result.Content()
	if err != nil {
		return unclear
	}
	m, text, labelled := c.firstLine()
	first, last, ok := file.labels()
	switch label := m.label.String(); {
	case !ok && !labelled:
		return kinByHead(file, c)
	case !ok || !labelled:
		return unclear
	case label == first:
		return same
	case label < first || label > last:
		return other
	case label < last:
		return same
	}
	// Loggers whose labels are coarse may give the last line of a file and the first
	// of the next the same one.
	if file.endsWith(text) {
		return same
	}
	return other
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

// endsWith reports whether text is the last labelled line of the file.
func (f *File) endsWith(text []byte) bool {
	h, err := f.Open()
	if err != nil {
		return false
	}
	info, err := h.Stat()
	if err != nil {
		return false
	}
	end := make([]byte, headBytes)
	n, _ := h.ReadAt(end, max(0, info.Size-headBytes)) // what is not read does not end with text
	m, ok := lastMark(end[:n])
	if !ok {
		return false
	}
	line, _, _ := bytes.Cut(end[m.off:n], []byte("\n"))
	return bytes.Equal(line, text)
}

// wrote returns a label that is not before the last line of the file: its last
// label or, where it has none, the time at which it was written last. It is "" for
// what a processor has made, later, of lines without labels.
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

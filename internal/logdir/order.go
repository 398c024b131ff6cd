package logdir

import (
	"bytes"
	"io"

	"multilog/tai64n"
)

const (
	// wholeBytes is the size up to which Order reads all labels of a content. It is
	// more than a file has by default.
	wholeBytes = 128 << 10

	// orderSamples is the number of places where Order looks in a larger content.
	orderSamples = 32
)

// An Order is what [Content.Order] found.
type Order struct {
	Labelled    bool         // a line has a label
	Ascends     bool         // no label that was read is before the one read ahead of it
	First, Last tai64n.Label // of those that were read
}

// Order looks at the order of the labels, which step back where a clock was set back.
// Up to 128 KiB of content it reads all of them. Of more it reads the first label
// at 32 places spread evenly and, if it is not compressed, the last one. The content must
// not be a stream.
func (c *Content) Order() (Order, error) {
	o := Order{Ascends: true}
	if c.size <= wholeBytes {
		err := c.EachLine(func(_ int64, label tai64n.Label, ok bool) {
			if ok {
				o.add(label)
			}
		})
		return o, err
	}
	fine := *c
	fine.blockBytes = probeBytes // of a plain file
	blocks := fine.Blocks()
	for i := range orderSamples {
		from, to := i*blocks/orderSamples, (i+1)*blocks/orderSamples
		m, at, err := fine.firstMarkFrom(from, min(to, from+1))
		if err != nil {
			return o, err
		}
		if at < to && m != (mark{}) {
			o.add(m.label)
		}
	}
	if c.frames != nil { // the last label costs all of a frame
		return o, nil
	}
	label, count, _, err := fine.LabelBefore(c.size)
	if count > 0 {
		o.add(label)
	}
	return o, err
}

// add adds the next label.
func (o *Order) add(l tai64n.Label) {
	if !o.Labelled {
		o.Labelled, o.First = true, l
	} else if l.Before(o.Last) {
		o.Ascends = false
	}
	o.Last = l
}

// EachLine reads the content from its start and calls f for each line: with the offset at
// which it starts, and its label, if ok is set. A last line that has no newline counts.
func (c *Content) EachLine(f func(off int64, label tai64n.Label, ok bool)) error {
	in, err := c.Stream()
	if err != nil {
		return err
	}
	defer in.Close()
	room := int64(BlockBytes)
	if c.size >= 0 { // a smaller content fits, and its end is seen at once
		room = min(room, c.size+tai64n.Len)
	}
	buf := make([]byte, room)
	off := int64(0) // of buf's first byte, in the content
	rest := 0       // bytes of buf
	inside := false // buf begins within a line that was told
	for {
		n, err := in.Read(buf[rest:])
		data, end := buf[:rest+n], 0
		for end < len(data) {
			i := bytes.IndexByte(data[end:], '\n')
			if i < 0 && err == nil && (inside || len(data)-end < tai64n.Len) {
				break
			}
			if !inside {
				label, ok := tai64n.Parse(data[end:])
				f(off+int64(end), label, ok)
			}
			if inside = i < 0; inside {
				break
			}
			end += i + 1
		}
		if inside { // the rest of the line is not needed
			end = len(data)
		}
		off += int64(end)
		rest = copy(buf, data[end:])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

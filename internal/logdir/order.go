package logdir

import (
	"bytes"
	"io"

	"multilog/tai64n"
)

const (
	// wholeBytes is the size up to which Order reads all labels of a content. It
	// exceeds the default size of a file.
	wholeBytes = 128 << 10

	// OrderSamples is at how many places it is worth to read a larger content that is here.
	OrderSamples = 32

	// quickSamples and quickPackedSamples are at how many places it is read quickly.
	quickSamples       = 4
	quickPackedSamples = 2 // each costs to decompress up to 128 KiB
)

// Order is the result of [Content.Order].
type Order struct {
	Labelled    bool         // there is a line with a label
	Ascends     bool         // of the labels that were read, none is before the one in front of it
	Whole       bool         // all labels were read
	quick       bool         // few were
	First, Last tai64n.Label // of the labels that were read
}

// QuickSamples returns at how many places it is worth to read the content quickly: four, or
// two if it is compressed.
func (c *Content) QuickSamples() int {
	if c.frames != nil {
		return quickPackedSamples
	}
	return quickSamples
}

// Order checks the order of the labels, which step back if a clock was set back. If the
// content has at most 128 KiB, it reads all labels. Otherwise it reads the first label
// at so many places at equal distances and, if the content is not compressed, the last one.
// The content must not be a stream.
func (c *Content) Order(samples int) (Order, error) {
	o := Order{Ascends: true, quick: samples < OrderSamples}
	if c.size <= wholeBytes {
		o.Whole = true
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
	for i := range samples {
		from, to := i*blocks/samples, (i+1)*blocks/samples
		m, at, err := fine.firstMarkFrom(from, min(to, from+1))
		if err != nil {
			return o, err
		}
		if at < to && m != (mark{}) {
			o.add(m.label)
		}
	}
	if c.frames != nil { // the last label requires decompressing a whole frame
		return o, nil
	}
	label, count, _, err := fine.LabelBefore(c.size)
	if count > 0 {
		o.add(label)
	}
	return o, err
}

// IsQuick reports whether the labels were read at few places.
func (o *Order) IsQuick() bool { return o.quick && !o.Whole }

// Near returns how many bytes of the content are near a place: a 32nd. The labels there are
// those between the places at which Order looks.
func (c *Content) Near() int64 { return c.size / OrderSamples }

// AscendsBetween reports whether the labels ascend from byte from to byte to. It ignores a
// label that two blocks share. The content must not be a stream.
func (c *Content) AscendsBetween(from, to int64) (bool, error) {
	from, to = max(0, from), min(c.size, to)
	o := Order{Ascends: true}
	var buf []byte
	for b := c.BlockAt(from); b < c.Blocks() && o.Ascends; b++ {
		start, _ := c.Block(b)
		if start >= to {
			break
		}
		var part []byte
		var err error
		if part, buf, err = c.ReadPart(b, from, to, buf); err != nil {
			return true, err
		}
		for m, ok := firstMark(part, max(from, start) == 0); ok && o.Ascends; m, ok = nextMark(part, m.off) {
			o.add(m.label)
			i := bytes.IndexByte(part[m.off:], '\n')
			if i < 0 {
				break
			}
			m.off += i + 1
		}
	}
	return o.Ascends, nil
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

// EachLine reads the content from its start and calls f for each line, with its offset
// and its label; ok reports whether it has a label. A last line without a newline
// counts.
func (c *Content) EachLine(f func(off int64, label tai64n.Label, ok bool)) error {
	in, err := c.Stream()
	if err != nil {
		return err
	}
	defer in.Close()
	room := int64(BlockBytes)
	if c.size >= 0 { // a smaller content fits, and its end shows at once
		room = min(room, c.size+stampBytes)
	}
	buf := make([]byte, room)
	off := int64(0) // of buf's first byte, in the content
	rest := 0       // bytes of buf
	inside := false // buf begins within a line for which f was called
	for {
		n, err := in.Read(buf[rest:])
		data, end := buf[:rest+n], 0
		for end < len(data) {
			i := bytes.IndexByte(data[end:], '\n')
			if i < 0 && err == nil && (inside || len(data)-end < stampBytes) {
				break
			}
			if !inside {
				label, ok := Label(data[end:])
				f(off+int64(end), label, ok)
			}
			if inside = i < 0; inside {
				break
			}
			end += i + 1
		}
		if inside { // skip the rest of the line
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

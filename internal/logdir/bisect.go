package logdir

import (
	"bytes"

	"multilog/internal/hugepage"
	"multilog/tai64n"
)

// headBytes is how much of a block is read to find the label of its first line. If that
// is not enough, the whole block is read.
const headBytes = 4 << 10

// probeBytes is the size of the blocks in which a plain file is searched.
const probeBytes = 16 << 10

// LineHead returns the number of bytes of a line's label and the space behind it, or 0 if
// the line has no label. line may continue behind the end of the line.
func LineHead(line []byte) int {
	if len(line) == 0 || line[0] != '@' {
		return 0
	}
	if _, ok := tai64n.Parse(line); !ok {
		return 0
	}
	if len(line) > tai64n.Len && line[tai64n.Len] == ' ' {
		return tai64n.Len + 1
	}
	return tai64n.Len
}

// A mark is a labelled line: where it starts, and its label.
type mark struct {
	off   int
	label tai64n.Label
}

// nextMark returns the first labelled line of data that starts at from or later. It takes
// from for the start of a line.
func nextMark(data []byte, from int) (mark, bool) {
	for from < len(data) {
		if label, ok := Label(data[from:]); ok {
			return mark{from, label}, true
		}
		i := bytes.IndexByte(data[from:], '\n')
		if i < 0 {
			break
		}
		from += i + 1
	}
	return mark{}, false
}

// firstMark returns the first labelled line of a block. Unless first is set, it leaves out
// what may be the end of a line that began in the block before.
func firstMark(block []byte, first bool) (mark, bool) {
	if first {
		return nextMark(block, 0)
	}
	i := bytes.IndexByte(block, '\n')
	if i < 0 {
		return mark{}, false
	}
	return nextMark(block, i+1)
}

// LowerBound returns the offset of the first line whose label is not before target, or
// the size of the content if there is no such line. A line without a label belongs to the
// labelled line before it. If no line has a label, labelled is false.
//
// LowerBound relies on the order of the labels. If they are out of order, because a clock
// was set back, it returns one of the places where a label before target is followed by
// one that is not. [Content.Order] tells if they are.
//
// A call keeps what it has decompressed for the next call, so LowerBound is for one
// goroutine.
func (c *Content) LowerBound(target tai64n.Label) (off int64, labelled bool, err error) {
	if c.frames == nil { // smaller blocks are enough, and cost nothing here
		fine := *c
		fine.blockBytes = probeBytes
		return fine.lowerBound(target)
	}
	return c.lowerBound(target)
}

func (c *Content) lowerBound(target tai64n.Label) (off int64, labelled bool, err error) {
	var found mark
	low, high := 0, c.Blocks() // blocks before low begin before target, those from high on do not
	for low < high {
		mid := (low + high) / 2
		m, at, err := c.firstMarkFrom(mid, high)
		if err != nil {
			return 0, false, err
		}
		if at == high { // no labels there, so the blocks belong to the block before
			high = mid
			continue
		}
		labelled = true
		if m.label.Before(target) {
			low = at + 1
		} else {
			high, found = mid, m
			blockOff, _ := c.Block(at)
			off = blockOff + int64(m.off)
		}
	}
	if !labelled {
		return 0, false, nil
	}
	if found == (mark{}) {
		off = c.size
	}
	if low == 0 {
		return off, true, nil
	}
	// The line may start in the block before, or directly behind it.
	m, ok, err := c.boundIn(low-1, target)
	if err != nil {
		return 0, false, err
	}
	if ok {
		blockOff, _ := c.Block(low - 1)
		off = blockOff + int64(m.off)
	}
	return off, true, nil
}

// firstMarkFrom returns the first labelled line of the blocks from i to limit, and the
// number of its block, which is limit if there is no such line.
func (c *Content) firstMarkFrom(i, limit int) (mark, int, error) {
	for ; i < limit; i++ {
		m, known := c.firsts[i]
		if !known {
			var err error
			if m, err = c.firstMarkOf(i); err != nil {
				return mark{}, 0, err
			}
			if c.firsts == nil {
				c.firsts = make(map[int]mark)
			}
			c.firsts[i] = m
		}
		if m != (mark{}) {
			return m, i, nil
		}
	}
	return mark{}, limit, nil
}

// firstMarkOf returns the first labelled line of block i, or the zero mark.
func (c *Content) firstMarkOf(i int) (mark, error) {
	head, err := c.BlockHead(i, headBytes)
	if err != nil {
		return mark{}, err
	}
	m, ok := firstMark(head, i == 0)
	if _, size := c.Block(i); !ok && int64(len(head)) < size {
		if head, err = c.ReadBlock(i, nil); err != nil {
			return mark{}, err
		}
		m, _ = firstMark(head, i == 0)
	}
	return m, nil
}

// boundIn returns the first line that starts in block i, or right behind it, and whose
// label is not before target.
func (c *Content) boundIn(i int, target tai64n.Label) (mark, bool, error) {
	u := c.searched[0]
	if u.data == nil || u.block != i {
		_, size := c.Block(i)
		room := hugepage.Alloc(int(size) + stampBytes)
		data, err := c.ReadBlock(i, room[:size])
		if err != nil {
			return mark{}, false, err
		}
		u = unpacked{block: i, size: len(data), data: room[:len(data)]}
		if i+1 < c.Blocks() { // a label may continue in the next block
			more, err := c.BlockHead(i+1, stampBytes)
			if err != nil {
				return mark{}, false, err
			}
			u.data = append(u.data, more...)
		}
		c.searched = [2]unpacked{u, c.searched[0]}
	}
	m, ok := boundIn(u.data, target, i == 0)
	return m, ok, nil
}

// boundIn does in memory what LowerBound does.
func boundIn(data []byte, target tai64n.Label, first bool) (mark, bool) {
	var found mark
	ok := false
	low, high := 0, len(data) // where lines start
	if !first {
		low = bytes.IndexByte(data, '\n') + 1
	}
	for low < high {
		mid := (low + high) / 2
		start := low
		if mid > low {
			i := bytes.IndexByte(data[mid-1:high], '\n')
			if i < 0 {
				high = mid
				continue
			}
			start = mid + i
		}
		m, has := nextMark(data[:min(high+stampBytes, len(data))], start)
		switch {
		case !has || m.off >= high:
			high = mid
		case m.label.Before(target):
			low = m.off + 1
			if i := bytes.IndexByte(data[low:], '\n'); i >= 0 {
				low += i + 1
			} else {
				low = len(data)
			}
		default:
			found, ok = m, true
			high = mid
		}
	}
	return found, ok
}

// LastLabel returns the label of the last labelled line among lines.
func LastLabel(lines []byte) (label tai64n.Label, ok bool) {
	m, ok := lastMark(lines)
	return m.label, ok
}

// LineAt returns the line that starts at off, with its newline if it has one.
func (c *Content) LineAt(off int64) ([]byte, error) {
	var line []byte
	for b := c.BlockAt(off); b < c.Blocks(); b++ {
		data, err := c.ReadBlock(b, nil)
		if err != nil {
			return nil, err
		}
		start, _ := c.Block(b)
		data = data[min(int64(len(data)), max(0, off-start)):]
		if i := bytes.IndexByte(data, '\n'); i >= 0 {
			return append(line, data[:i+1]...), nil
		}
		line = append(line, data...)
	}
	return line, nil
}

// LabelBefore returns the label of the last labelled line that starts before off, the
// number of lines in a row that bear it there, and the number of lines without a label
// that follow. If no line is labelled, count is 0. off must be the start of a line or the
// end of the content.
func (c *Content) LabelBefore(off int64) (label tai64n.Label, count, extra int, err error) {
	var data []byte // up to off, from some block's start
	for b := c.BlockAt(max(off-1, 0)); b >= 0 && off > 0; b-- {
		block, err := c.ReadBlock(b, nil)
		if err != nil {
			return label, 0, 0, err
		}
		start, _ := c.Block(b)
		block = block[:min(int64(len(block)), off-start)]
		data = append(bytes.Clone(block), data...)
		lines := data
		if b > 0 { // the first line may have begun before
			lines = data[bytes.IndexByte(data, '\n')+1:]
		}
		label, count, extra = LastLabels(lines)
		whole := count > 0 && count < bytes.Count(lines, []byte("\n"))
		if whole || b == 0 || len(data) > MaxLineBytes {
			break
		}
	}
	return label, count, extra, nil
}

// LastLabels returns the last label in lines, the number of lines in a row that bear it,
// and the number of lines without a label that follow.
func LastLabels(lines []byte) (label tai64n.Label, count, extra int) {
	for {
		m, ok := lastMark(lines)
		if !ok || count > 0 && m.label != label {
			return label, count, extra
		}
		if count == 0 {
			extra = bytes.Count(bytes.TrimSuffix(lines[m.off:], []byte("\n")), []byte("\n"))
		}
		label = m.label
		count++
		lines = lines[:m.off]
	}
}

// LineStart returns the start of the line that off is in, or off itself if the byte before
// it is a newline.
func (c *Content) LineStart(off int64) (int64, error) {
	for b := c.BlockAt(max(off-1, 0)); b >= 0 && off > 0; b-- {
		block, err := c.ReadBlock(b, nil)
		if err != nil {
			return 0, err
		}
		start, _ := c.Block(b)
		block = block[:min(int64(len(block)), off-start)]
		if i := bytes.LastIndexByte(block, '\n'); i >= 0 {
			return start + int64(i) + 1, nil
		}
	}
	return 0, nil
}

package logdir

import (
	"bytes"
	"io"
	"os"

	"github.com/klauspost/compress/zstd"

	"multilog/internal/hugepage"
	"multilog/internal/seekable"
)

const (
	// BlockBytes is the size of the blocks in which a plain file is read.
	BlockBytes = 512 << 10

	// maxFrameBytes is the size of the largest zstd frame that is read as a block. A
	// file with a larger one is read as a stream.
	maxFrameBytes = 8 << 20

	// maxSpoolBytes is how much of a stream is kept in memory. A longer one goes to a
	// temporary file.
	maxSpoolBytes = 64 << 20
)

// Content is the decompressed content of a file. It is either a sequence of blocks, which
// several goroutines may read in any order, or a stream, which can only be read from its
// start, until [Content.Spool] makes blocks of it.
type Content struct {
	r          io.ReaderAt
	frames     []seekable.Frame // of a zstd file
	unpack     unpacker         // of a stream
	packed     int64            // bytes of the file
	size       int64            // bytes of content, or -1 if not known
	spool      *os.File
	blockBytes int64 // of a plain file's blocks

	// LowerBound keeps the following for its next call: the first labelled line of a
	// block (the zero mark if it has none), the first bytes of a frame, and the two
	// blocks that it decompressed last.
	firsts   map[int]mark
	heads    map[int][]byte
	searched [2]unpacked
}

// unpacked is a decompressed block, and the bytes behind it that a label may need.
type unpacked struct {
	block int
	size  int // bytes of the block
	data  []byte
}

// NewContent returns the content of the file r, which has size bytes. If packed is set,
// the file may be compressed by gzip, zstd, bzip2, xz, lz4 or lzip, which its first bytes show. The
// last three take programs of that name.
func NewContent(r io.ReaderAt, size int64, packed bool) (*Content, error) {
	c := &Content{r: r, packed: size, size: size, blockBytes: BlockBytes}
	if !packed {
		return c, nil
	}
	head := make([]byte, magicBytes)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return c, err
	}
	head = head[:n]
	if unpack := unpackerOf(head); unpack != nil {
		c.size, c.unpack = -1, unpack
	} else if n >= 4 && isZstd([4]byte(head)) {
		c.openZstd()
	}
	return c, nil
}

// isZstd reports whether a file begins with a zstd frame or a skippable frame (RFC 8878).
func isZstd(magic [4]byte) bool {
	return magic == [4]byte{0x28, 0xb5, 0x2f, 0xfd} || magic[0]&0xf0 == 0x50 && magic[1] == 0x2a && magic[2] == 0x4d && magic[3] == 0x18
}

func (c *Content) openZstd() {
	frames, err := seekable.ReadTable(c.r, c.packed)
	if err != nil {
		frames, err = seekable.Scan(c.r, c.packed)
	}
	size := int64(0)
	for _, f := range frames {
		if f.Size < 0 || f.Size > maxFrameBytes {
			err = seekable.ErrFrameTooBig
			break
		}
		size += f.Size
	}
	if err != nil {
		c.size, c.unpack = -1, unpackZstd
		return
	}
	c.frames, c.size = frames, size
}

func unpackZstd(r io.Reader) (io.Reader, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(seekable.MaxFrameBytes))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}

// IsStream reports whether the content can only be read with Stream.
func (c *Content) IsStream() bool { return c.unpack != nil }

// Size returns the bytes of content, or -1 for a stream.
func (c *Content) Size() int64 { return c.size }

// Blocks returns the number of blocks.
func (c *Content) Blocks() int {
	if c.frames != nil {
		return len(c.frames)
	}
	return int((c.size + c.blockBytes - 1) / c.blockBytes)
}

// Block returns the offset of block i in the content and its size, both in bytes.
func (c *Content) Block(i int) (off, size int64) {
	if c.frames != nil {
		return c.frames[i].Offset, c.frames[i].Size
	}
	off = int64(i) * c.blockBytes
	return off, min(c.blockBytes, c.size-off)
}

// BlockAt returns the block that contains the byte at off, or the number of blocks if
// off is the end of the content.
func (c *Content) BlockAt(off int64) int {
	if c.frames == nil {
		return int(off / c.blockBytes)
	}
	low, high := 0, len(c.frames)
	for low < high {
		mid := (low + high) / 2
		if c.frames[mid].Offset+c.frames[mid].Size > off {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// ReadBlock returns the content of block i, in buf if that is large enough. If the file has
// become shorter, so may be the block.
func (c *Content) ReadBlock(i int, buf []byte) ([]byte, error) {
	if c.frames != nil {
		return c.frames[i].Content(c.r, buf)
	}
	off, size := c.Block(i)
	if int64(cap(buf)) < size {
		buf = hugepage.Alloc(int(size))
	}
	return c.readAt(buf[:size], off)
}

// ReadPart returns those bytes of block i that are between from and to in the content. It
// reads into buf or, if that is too small, into a larger buffer. It also returns the
// buffer for the next call; the part need not be in it.
func (c *Content) ReadPart(i int, from, to int64, buf []byte) (part, buffer []byte, err error) {
	off, size := c.Block(i)
	from, to = max(from, off), min(to, off+size)
	if from >= to {
		return nil, buf, nil
	}
	if c.frames == nil {
		if int64(cap(buf)) < to-from {
			buf = hugepage.Alloc(int(to - from))
		}
		part, err = c.readAt(buf[:to-from], from)
		return part, buf, err
	}
	var data []byte
	for _, u := range c.searched {
		if u.data != nil && u.block == i {
			data = u.data[:u.size]
		}
	}
	if data == nil {
		if data, err = c.ReadBlock(i, buf); err != nil {
			return nil, buf, err
		}
		buf = data
	}
	n := int64(len(data))
	return data[min(from-off, n):min(to-off, n)], buf, nil
}

func (c *Content) readAt(buf []byte, off int64) ([]byte, error) {
	n, err := c.r.ReadAt(buf, off)
	if err == io.EOF {
		err = nil
	}
	return buf[:n], err
}

// BlockHead returns the first n bytes of block i, or the whole block if it is shorter. It
// decompresses little more than that, and keeps it for the next call.
func (c *Content) BlockHead(i, n int) ([]byte, error) {
	if c.frames != nil {
		return c.frameHead(i, n)
	}
	off, size := c.Block(i)
	return c.readAt(make([]byte, min(int64(n), size)), off)
}

func (c *Content) frameHead(i, n int) ([]byte, error) {
	n = int(min(int64(n), c.frames[i].Size))
	head := c.heads[i]
	if len(head) < n {
		var err error
		if head, err = c.frames[i].Head(c.r, n); err != nil {
			return nil, err
		}
		if c.heads == nil {
			c.heads = make(map[int][]byte)
		}
		c.heads[i] = head
	}
	return head[:min(n, len(head))], nil
}

// Stream returns a reader of the content from its start.
func (c *Content) Stream() (io.ReadCloser, error) {
	packed := io.NewSectionReader(c.r, 0, c.packed)
	if c.unpack == nil && c.frames == nil {
		return io.NopCloser(packed), nil
	}
	unpack := c.unpack
	if unpack == nil {
		unpack = unpackZstd
	}
	r, err := unpack(packed)
	if err != nil {
		return nil, err
	}
	if rc, ok := r.(io.ReadCloser); ok {
		return rc, nil
	}
	return io.NopCloser(r), nil
}

// Spool makes blocks of a stream, in memory or, if it is large, in a temporary file. If the
// stream is damaged, Spool returns an error, and the content is what comes before the
// damage. After other errors there is no content.
func (c *Content) Spool() error {
	if c.unpack == nil {
		return nil
	}
	r, err := c.Stream()
	if err != nil {
		c.becomePlain(bytes.NewReader(nil), 0)
		return err
	}
	defer r.Close()
	var mem bytes.Buffer
	n, err := io.CopyN(&mem, r, maxSpoolBytes)
	if err != nil {
		c.becomePlain(bytes.NewReader(mem.Bytes()), n)
		if err == io.EOF {
			err = nil
		}
		return err
	}
	return c.spoolToFile(io.MultiReader(&mem, r))
}

func (c *Content) spoolToFile(r io.Reader) error {
	f, err := os.CreateTemp("", "mlcat")
	if err != nil {
		return err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return err
	}
	c.spool = f
	n, err := io.Copy(f, r)
	c.becomePlain(f, n)
	return err
}

func (c *Content) becomePlain(r io.ReaderAt, size int64) {
	c.r, c.size, c.packed, c.unpack = r, size, size, nil
}

// Close removes what Spool made. The caller closes the file.
func (c *Content) Close() error {
	if c.spool == nil {
		return nil
	}
	return c.spool.Close()
}

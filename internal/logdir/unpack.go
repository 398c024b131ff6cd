package logdir

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"

	"multilog/internal/hugepage"
	"multilog/internal/seekable"
)

const (
	// scratchBytes is room for most compressed frames that our writer makes.
	scratchBytes = 256 << 10

	// maxZstdBlockBytes is the most that a block of a zstd frame has, compressed
	// or not (RFC 8878, 3.1.1.2.4).
	maxZstdBlockBytes = 128 << 10

	zstdBlockHeaderBytes = 3

	// overBytes is what the decoder wants behind its output to be fast.
	overBytes = 64
)

// scratch is where compressed frames are read to.
var scratch = sync.Pool{New: func() any {
	buf := hugepage.Alloc(scratchBytes)
	return &buf
}}

// decoder unpacks whole frames, for as many goroutines as there are processors.
var decoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecodeAllCapLimit(true),
		zstd.WithDecoderMaxWindow(seekable.MaxFrameBytes))
	if err != nil {
		panic(err) // the options are constants
	}
	return d
})

// readFrame returns the content of frame i in buf, which has room for it.
func (c *Content) readFrame(i int, buf []byte) ([]byte, error) {
	f := c.frames[i]
	packed := scratch.Get().(*[]byte)
	defer scratch.Put(packed)
	if int64(cap(*packed)) < f.CompressedSize {
		*packed = make([]byte, f.CompressedSize)
	}
	raw, err := c.readAt((*packed)[:f.CompressedSize], f.CompressedOffset)
	if err != nil {
		return nil, err
	}
	content, err := decoder().DecodeAll(raw, buf[:0:f.Size])
	if err != nil {
		return nil, fmt.Errorf("frame at byte %d: %w", f.CompressedOffset, err)
	}
	return content, nil
}

// frameHead returns the beginning of frame i: n bytes, or all where it has less. It
// keeps what it returned.
func (c *Content) frameHead(i, n int) ([]byte, error) {
	n = int(min(int64(n), c.frames[i].Size))
	head := c.heads[i]
	if len(head) < n {
		var err error
		if head, err = c.unpackHead(i, n); err != nil {
			return nil, err
		}
		if c.heads == nil {
			c.heads = make(map[int][]byte)
		}
		c.heads[i] = head
	}
	return head[:min(n, len(head))], nil
}

func (c *Content) unpackHead(i, n int) ([]byte, error) {
	f := c.frames[i]
	packed := scratch.Get().(*[]byte)
	defer scratch.Put(packed)
	raw, err := c.readAt((*packed)[:min(f.CompressedSize, zstd.HeaderMaxSize+zstdBlockHeaderBytes+maxZstdBlockBytes)], f.CompressedOffset)
	if err != nil {
		return nil, err
	}
	if first := firstBlock(raw); first != nil {
		buf := heads.Get().(*[]byte)
		defer heads.Put(buf)
		head, err := decoder().DecodeAll(first, (*buf)[:0])
		if err == nil && len(head) >= n {
			return bytes.Clone(head[:n]), nil
		}
	}
	return c.streamHead(i, n)
}

// heads are where the first blocks of frames are unpacked to.
var heads = sync.Pool{New: func() any {
	buf := hugepage.Alloc(maxZstdBlockBytes + overBytes)
	return &buf
}}

// firstBlock makes of the frame that raw is the beginning of one that has its first
// block only, in the same place. It is nil where that can't be done. The decoder
// takes it at once, without buffers for what a window may hold.
func firstBlock(raw []byte) []byte {
	const (
		windowLog   = 17 // 128 KiB: no block can refer to more of itself
		headerBytes = 6
		lastBlock   = 1
	)
	var header zstd.Header
	if header.Decode(raw) != nil || header.Skippable || header.DictionaryID != 0 || header.HeaderSize < headerBytes {
		return nil
	}
	first := raw[header.HeaderSize-headerBytes:]
	if len(first) < headerBytes+zstdBlockHeaderBytes {
		return nil
	}
	block := first[headerBytes:]
	const rle = 1
	size := int(block[0])>>3 | int(block[1])<<5 | int(block[2])<<13
	if block[0]>>1&3 == rle {
		size = 1
	}
	if size += zstdBlockHeaderBytes; size > len(block) {
		return nil
	}
	copy(first, []byte{0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3})
	block[0] |= lastBlock
	return first[:headerBytes+size]
}

// streamHead is unpackHead for frames that are not as usual: whose first block is short.
func (c *Content) streamHead(i, n int) ([]byte, error) {
	f := c.frames[i]
	d, err := zstd.NewReader(io.NewSectionReader(c.r, f.CompressedOffset, f.CompressedSize), zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(seekable.MaxFrameBytes))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	buf := make([]byte, n)
	got, err := io.ReadFull(d, buf)
	if err == io.ErrUnexpectedEOF {
		err = nil
	}
	return buf[:got], err
}

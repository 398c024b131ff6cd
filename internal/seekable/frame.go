package seekable

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"

	"multilog/internal/hugepage"
)

// MaxFrameBytes is the largest content of a frame, in bytes, that [Frame.Content]
// reads, and the largest window that it decodes.
const MaxFrameBytes = 128 << 20

const (
	// scratchBytes is room for most compressed frames that our writer makes.
	scratchBytes = 256 << 10

	// maxBlockBytes is the largest size of a block in a zstd frame, compressed or
	// not (RFC 8878, 3.1.1.2.4).
	maxBlockBytes = 128 << 10

	// overBytes is the spare room behind the output with which the decoder takes
	// its fast path.
	overBytes = 64
)

// ErrFrameTooBig means that a frame has more than [MaxFrameBytes] of content, or that
// its size is unknown. It can only be read from its beginning, as a stream.
var ErrFrameTooBig = errors.New("frame too big to read at once")

// ErrBadFrame means that a frame does not match its checksum or the seek table.
var ErrBadFrame = errors.New("damaged frame")

// scratch holds buffers for compressed frames.
var scratch = sync.Pool{New: func() any {
	buf := hugepage.Alloc(scratchBytes)
	return &buf
}}

// decoder decompresses whole frames, in as many goroutines at once as there are
// processors.
var decoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(0),
		zstd.WithDecoderMaxWindow(MaxFrameBytes),
		// Fail before a frame with more content than the table says takes up
		// memory.
		zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		panic(err) // the options are constants
	}
	return d
})

// Content returns the content of frame f of the file r: f.Size bytes, in buf if it is
// large enough. The error is or wraps [ErrBadFrame], [ErrFrameTooBig],
// [io.ErrUnexpectedEOF] if the file has become shorter, or the error of r.
func (f Frame) Content(r io.ReaderAt, buf []byte) ([]byte, error) {
	switch {
	case f.Size == 0: // skippable frames may have any size
		return buf[:0], nil
	case f.Size < 0 || f.Size > MaxFrameBytes || f.CompressedSize > 2*MaxFrameBytes:
		return nil, ErrFrameTooBig
	}
	if int64(cap(buf)) < f.Size {
		buf = hugepage.Alloc(int(f.Size))
	}
	compressed := scratch.Get().(*[]byte)
	defer scratch.Put(compressed)
	if int64(cap(*compressed)) < f.CompressedSize {
		*compressed = make([]byte, f.CompressedSize)
	}
	raw := (*compressed)[:f.CompressedSize]
	if err := readFullAt(r, raw, f.CompressedOffset); err != nil {
		return nil, err
	}
	content, err := decoder().DecodeAll(raw, buf[:0:f.Size])
	if err != nil {
		return nil, fmt.Errorf("%w at byte %d: %w", ErrBadFrame, f.CompressedOffset, err)
	}
	if int64(len(content)) != f.Size {
		return nil, fmt.Errorf("%w at byte %d: %d bytes of content, but the table says %d",
			ErrBadFrame, f.CompressedOffset, len(content), f.Size)
	}
	if err := f.check(raw); err != nil {
		return nil, err
	}
	return content, nil
}

// check compares the table's checksum of a frame with the frame's own, which the
// decoder has compared with the content. That exposes a table that belongs to another
// file. A frame without a checksum of its own passes.
func (f Frame) check(compressed []byte) error {
	var header zstd.Header
	if err := header.Decode(compressed); err != nil || !f.HasChecksum || !header.HasCheckSum {
		return nil
	}
	own := binary.LittleEndian.Uint32(compressed[len(compressed)-checksumBytes:])
	if own != f.Checksum {
		return fmt.Errorf("%w at byte %d: checksum %08x, but the table says %08x",
			ErrBadFrame, f.CompressedOffset, own, f.Checksum)
	}
	return nil
}

// Head returns the first n bytes of the content of frame f of the file r, or all if it
// has fewer. It decompresses little more than that, and does not check them against
// any checksum. The error is the decoder's or that of r.
func (f Frame) Head(r io.ReaderAt, n int) ([]byte, error) {
	n = int(min(int64(n), f.Size))
	if n <= 0 {
		return nil, nil
	}
	compressed := scratch.Get().(*[]byte)
	defer scratch.Put(compressed)
	raw := (*compressed)[:min(f.CompressedSize, zstd.HeaderMaxSize+blockHeaderBytes+maxBlockBytes)]
	if err := readFullAt(r, raw, f.CompressedOffset); err != nil {
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
	return f.streamHead(r, n)
}

// heads holds buffers for the content of first blocks.
var heads = sync.Pool{New: func() any {
	buf := hugepage.Alloc(maxBlockBytes + overBytes)
	return &buf
}}

// firstBlock turns the beginning of a frame, raw, into a frame that consists of its
// first block alone, in place, or returns nil if it can't. The decoder decompresses
// such a frame in one step, without buffers for a window.
func firstBlock(raw []byte) []byte {
	const (
		windowLog   = 17 // 128 KiB: a first block refers only to its own content
		headerBytes = 6
	)
	var header zstd.Header
	if header.Decode(raw) != nil || header.Skippable || header.DictionaryID != 0 || header.HeaderSize < headerBytes {
		return nil
	}
	first := raw[header.HeaderSize-headerBytes:]
	if len(first) < headerBytes+blockHeaderBytes {
		return nil
	}
	block := first[headerBytes:]
	_, size := parseBlockHeader(block)
	if size += blockHeaderBytes; size > int64(len(block)) {
		return nil
	}
	copy(first, []byte{0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3})
	block[0] |= lastBlock
	return first[:headerBytes+size]
}

// streamHead is Head for the rare frames whose first block has less than n bytes.
func (f Frame) streamHead(r io.ReaderAt, n int) ([]byte, error) {
	d, err := zstd.NewReader(io.NewSectionReader(r, f.CompressedOffset, f.CompressedSize),
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(MaxFrameBytes))
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

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

// MaxFrameBytes is the largest frame content that is taken into memory, and the
// largest window.
const MaxFrameBytes = 128 << 20

const (
	// scratchBytes is room for most compressed frames that our writer makes.
	scratchBytes = 256 << 10

	// maxBlockBytes is the most that a block of a zstd frame has, compressed or
	// not (RFC 8878, 3.1.1.2.4).
	maxBlockBytes = 128 << 10

	// overBytes is what the decoder wants behind its output to be fast.
	overBytes = 64
)

// ErrFrameTooBig means that a frame is beyond [MaxFrameBytes], or that its size
// is not known: it can only be read from its beginning, as a stream.
var ErrFrameTooBig = errors.New("frame too big to be read at once")

// ErrBadFrame means that a frame is not what its checksum or the seek table say.
var ErrBadFrame = errors.New("damaged frame")

// scratch is where compressed frames are read to.
var scratch = sync.Pool{New: func() any {
	buf := hugepage.Alloc(scratchBytes)
	return &buf
}}

// decoder unpacks whole frames, for as many goroutines as there are processors.
var decoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(0),
		zstd.WithDecoderMaxWindow(MaxFrameBytes),
		// A frame that holds more than the table says is an error before it
		// takes up memory.
		zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		panic(err) // the options are constants
	}
	return d
})

// Content returns what the frame of the file r holds, f.Size bytes, in buf where it
// is large enough. The error is, or wraps, [ErrBadFrame], [ErrFrameTooBig],
// [io.ErrUnexpectedEOF] of a file that has become shorter, or what r returned.
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
		return nil, fmt.Errorf("%w at byte %d: %d bytes of content, %d in the table",
			ErrBadFrame, f.CompressedOffset, len(content), f.Size)
	}
	if err := f.check(raw); err != nil {
		return nil, err
	}
	return content, nil
}

// check compares the table's checksum of a frame to the frame's own, which the
// decoder has compared to the content: so a table that came with another file is
// found out. A frame without one of its own passes.
func (f Frame) check(compressed []byte) error {
	var header zstd.Header
	if err := header.Decode(compressed); err != nil || !f.HasChecksum || !header.HasCheckSum {
		return nil
	}
	own := binary.LittleEndian.Uint32(compressed[len(compressed)-checksumBytes:])
	if own != f.Checksum {
		return fmt.Errorf("%w at byte %d: checksum %08x, %08x in the table",
			ErrBadFrame, f.CompressedOffset, own, f.Checksum)
	}
	return nil
}

// Head returns the first n bytes of what the frame of the file r holds, or all where
// it has less, without decompressing much more than those. They are not checked.
// The errors are the decoder's and r's.
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

// heads are where the first blocks of frames are unpacked to.
var heads = sync.Pool{New: func() any {
	buf := hugepage.Alloc(maxBlockBytes + overBytes)
	return &buf
}}

// firstBlock makes of the frame that raw is the beginning of one that has its first
// block only, in the same place. It is nil where that can't be done. The decoder
// takes it at once, without buffers for what a window may hold.
func firstBlock(raw []byte) []byte {
	const (
		windowLog   = 17 // 128 KiB: no block can refer to more of itself
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

// streamHead is Head for frames that are not as usual: whose first block is short.
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

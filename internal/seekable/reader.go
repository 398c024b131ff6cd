package seekable

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// MaxFrameBytes is the largest frame content that a [Reader] takes into memory.
const MaxFrameBytes = 128 << 20

// ErrFrameTooBig means that a frame is beyond [MaxFrameBytes], or that its size
// is not known: it can only be read from its beginning, as a stream.
var ErrFrameTooBig = errors.New("frame too big to be read at once")

// ErrBadFrame means that a frame is not what its checksum or the seek table say.
var ErrBadFrame = errors.New("damaged frame")

// Reader reads parts of a file's content. It keeps one frame's content, that
// which was used last, and the file's bytes of it. ReadAt may be called from
// several goroutines, which then wait for each other.
type Reader struct {
	r      io.ReaderAt
	frames []Frame
	size   int64

	mu         sync.Mutex
	decoder    *zstd.Decoder
	compressed []byte
	content    []byte
	current    int // the frame in content, or -1
}

// NewReader returns a Reader of the file r of size bytes, by the table at its
// end. The errors are those of [ReadTable].
func NewReader(r io.ReaderAt, size int64) (*Reader, error) {
	frames, err := ReadTable(r, size)
	if err != nil {
		return nil, err
	}
	return NewFrameReader(r, frames)
}

// NewFrameReader returns a Reader of the file r by what [ReadTable] or [Scan]
// found out about it. With frames of unknown size there is no Find and no ReadAt,
// only Frame for the others.
func NewFrameReader(r io.ReaderAt, frames []Frame) (*Reader, error) {
	decoder, err := zstd.NewReader(nil,
		zstd.WithDecoderConcurrency(1),
		zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(MaxFrameBytes),
		// A frame that holds more than the table says is an error before it
		// takes up memory.
		zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil, err
	}
	size := int64(0)
	for _, f := range frames {
		if f.Size < 0 {
			size = -1
			break
		}
		size += f.Size
	}
	return &Reader{r: r, frames: frames, size: size, decoder: decoder, current: -1}, nil
}

// Size returns the content's bytes, or -1 when a frame's are not known.
func (r *Reader) Size() int64 { return r.size }

// Frames returns the frames, in order. They are the Reader's own.
func (r *Reader) Frames() []Frame { return r.frames }

// Find returns the index of the frame that holds the content's byte at off, or
// the number of frames when off is at the end or beyond.
func (r *Reader) Find(off int64) int {
	return sort.Search(len(r.frames), func(i int) bool {
		return r.frames[i].Offset+r.frames[i].Size > off
	})
}

// Frame returns the content of frame i, valid until the next call. The error is,
// or wraps, [ErrBadFrame], [ErrFrameTooBig] or what the file's ReadAt returned.
func (r *Reader) Frame(i int) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.frame(i)
}

// ReadAt is [io.ReaderAt]'s, over the content. The errors are those of Frame,
// and io.EOF.
func (r *Reader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("negative offset")
	}
	if r.size < 0 {
		return 0, ErrFrameTooBig
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for i := r.Find(off); n < len(p) && i < len(r.frames); i++ {
		content, err := r.frame(i)
		if err != nil {
			return n, err
		}
		n += copy(p[n:], content[off+int64(n)-r.frames[i].Offset:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Close frees what the Reader holds. It does not close the file.
func (r *Reader) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.decoder.Close()
	r.compressed, r.content, r.current = nil, nil, -1
}

// frame brings frame i into r.content.
func (r *Reader) frame(i int) ([]byte, error) {
	if i == r.current {
		return r.content, nil
	}
	f := r.frames[i]
	if f.Size == 0 {
		return nil, nil
	}
	if f.Size < 0 || f.Size > MaxFrameBytes || f.CompressedSize > 2*MaxFrameBytes {
		return nil, ErrFrameTooBig
	}
	r.current = -1
	r.compressed = resize(r.compressed, int(f.CompressedSize))
	if err := readFullAt(r.r, r.compressed, f.CompressedOffset); err != nil {
		return nil, err
	}
	r.content = resize(r.content, int(f.Size))
	content, err := r.decoder.DecodeAll(r.compressed, r.content[:0:f.Size])
	if err != nil {
		return nil, fmt.Errorf("%w at byte %d: %w", ErrBadFrame, f.CompressedOffset, err)
	}
	if int64(len(content)) != f.Size {
		return nil, fmt.Errorf("%w at byte %d: %d bytes of content, %d in the table",
			ErrBadFrame, f.CompressedOffset, len(content), f.Size)
	}
	if err := checkSum(f, r.compressed); err != nil {
		return nil, err
	}
	r.content, r.current = content, i
	return content, nil
}

// checkSum compares the table's checksum of a frame to the frame's own, which
// the decoder has compared to the content: so a table that came with another
// file is found out. A frame without one of its own passes.
func checkSum(f Frame, compressed []byte) error {
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

// resize returns a buffer of n bytes, p itself when it is large enough.
func resize(p []byte, n int) []byte {
	if cap(p) < n {
		return make([]byte, n)
	}
	return p[:n]
}

package seekable

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
)

// emptyChecksum is the low half of the XXH64 of zero bytes.
const emptyChecksum = 0x51D8E999

var (
	errClosed        = errors.New("write to a closed writer")
	errTooManyFrames = errors.New("too many frames for a seek table")
)

// Writer compresses its input into frames and a table. It works in the caller's
// goroutine. In memory it has the content of one frame, its compressed form, the
// encoder's tables and about 50 bytes for each frame written.
//
// The Writer withholds the last byte of each frame until more output follows, or
// until Close. So if the process stops between two writes, the output does not
// decompress without an error. Only a single write that a full disk cuts short can
// end exactly between two frames.
type Writer struct {
	w       io.Writer
	encoder *zstd.Encoder
	content []byte // of the next frame; its capacity is the frame size
	out     []byte // the last byte of the last frame, then a frame or the table
	frames  []Frame
	err     error // the first error, which all later calls return
}

// NewWriter returns a Writer that writes to w with a level from [MinLevel] to
// [MaxLevel]. It returns an error if the level is outside that range.
func NewWriter(w io.Writer, level int) (*Writer, error) {
	l, err := LevelOf(level)
	if err != nil {
		return nil, err
	}
	return newWriter(w, l)
}

func newWriter(w io.Writer, l Level) (*Writer, error) {
	encoder, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(l.Encoder),
		zstd.WithWindowSize(l.Window),
		zstd.WithEncoderConcurrency(1),
		zstd.WithLowerEncoderMem(true),
		// Blocks of short lines with random identifiers have no matches, but still
		// compress.
		zstd.WithAllLitEntropyCompression(true),
		// Even a small frame states the size of its content.
		zstd.WithSingleSegment(true),
		zstd.WithEncoderCRC(true),
		zstd.WithZeroFrames(true))
	if err != nil {
		return nil, err
	}
	return &Writer{w: w, encoder: encoder, content: make([]byte, 0, l.FrameSize)}, nil
}

// Write compresses p. It returns the error of the underlying writer; after an error
// the output is incomplete and no further call writes anything.
func (w *Writer) Write(p []byte) (int, error) {
	written := 0
	for w.err == nil {
		n := copy(w.content[len(w.content):cap(w.content)], p[written:])
		w.content = w.content[:len(w.content)+n]
		written += n
		if written == len(p) {
			break
		}
		w.err = w.cut()
	}
	return written, w.err
}

// ReadFrom compresses what r returns up to io.EOF. It returns the error of r or of the
// underlying writer; after an error the output is incomplete and no further call
// writes anything.
func (w *Writer) ReadFrom(r io.Reader) (int64, error) {
	var read int64
	for w.err == nil {
		if len(w.content) == cap(w.content) {
			w.err = w.cut()
			continue
		}
		n, err := r.Read(w.content[len(w.content):cap(w.content)])
		w.content = w.content[:len(w.content)+n]
		read += int64(n)
		if err == io.EOF {
			break
		}
		w.err = err
	}
	return read, w.err
}

// Close writes the last frame and the table. It does not close the underlying writer.
// If a call before it has failed, Close writes nothing and returns that error.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	// Write at least one frame, even an empty one, so that the file begins with
	// zstd's magic number, by which file(1) and others recognize it.
	if len(w.content) > 0 || len(w.frames) == 0 {
		if w.err = w.frame(w.content); w.err != nil {
			return w.err
		}
	}
	w.out = appendTable(w.out, w.frames)
	_, w.err = w.w.Write(w.out)
	if w.err != nil {
		return w.err
	}
	w.err = errClosed
	w.content, w.out = nil, nil
	return w.encoder.Close()
}

// cut writes a frame from the full buffer. The frame ends with the last newline in the
// second half of the buffer, or with the buffer if there is none. The rest stays in
// the buffer.
func (w *Writer) cut() error {
	half := len(w.content) / 2
	size := half + bytes.LastIndexByte(w.content[half:], '\n') + 1
	if size == half {
		size = len(w.content)
	}
	if err := w.frame(w.content[:size]); err != nil {
		return err
	}
	w.content = w.content[:copy(w.content, w.content[size:])]
	return nil
}

// frame compresses content into one frame and writes all but its last byte.
// Invariant: on entry and on return w.out holds the byte withheld from the last frame,
// or nothing if there is none.
func (w *Writer) frame(content []byte) error {
	if len(w.frames) == maxFrames {
		return errTooManyFrames
	}
	f := Frame{Size: int64(len(content)), HasChecksum: true, Checksum: emptyChecksum}
	if n := len(w.frames); n > 0 {
		f.CompressedOffset = w.frames[n-1].CompressedOffset + w.frames[n-1].CompressedSize
		f.Offset = w.frames[n-1].Offset + w.frames[n-1].Size
	}
	kept := len(w.out)
	w.out = w.encoder.EncodeAll(content, w.out)
	f.CompressedSize = int64(len(w.out) - kept)
	last := len(w.out) - 1
	// The table has the frame's own checksum, which is its last four bytes. An empty
	// frame has none.
	if len(content) > 0 {
		f.Checksum = binary.LittleEndian.Uint32(w.out[last+1-checksumBytes:])
	}
	if _, err := w.w.Write(w.out[:last]); err != nil {
		return err
	}
	w.out = append(w.out[:0], w.out[last])
	w.frames = append(w.frames, f)
	return nil
}

package seekable

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
)

// emptyChecksum is the low half of the XXH64 of no bytes at all.
const emptyChecksum = 0x51D8E999

var (
	errClosed        = errors.New("write to a closed writer")
	errTooManyFrames = errors.New("too many frames for a seek table")
)

// Writer compresses what is written to it. It works in the caller's goroutine
// and keeps one frame's content, its compressed form, the encoder's tables and
// some 50 bytes for each frame written.
//
// The last byte of each frame is kept until there is more to come, or until
// Close: whenever the process stops between two writes, what it has written does
// not decompress without an error. Only a single write that is cut off, by a full
// disk, can end just between two frames.
type Writer struct {
	w       io.Writer
	encoder *zstd.Encoder
	content []byte // of the frame being collected; its capacity is the frame size
	out     []byte // the last frame's last byte; then a frame or the table
	frames  []Frame
	err     error // the first; it stays
}

// NewWriter returns a Writer to w, of a level within [MinLevel] to [MaxLevel].
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
		// Short lines with random identifiers have blocks without a match.
		zstd.WithAllLitEntropyCompression(true),
		// So that every frame says how large its content is, even a small one.
		zstd.WithSingleSegment(true),
		zstd.WithEncoderCRC(true),
		zstd.WithZeroFrames(true))
	if err != nil {
		return nil, err
	}
	return &Writer{w: w, encoder: encoder, content: make([]byte, 0, l.FrameSize)}, nil
}

// Write compresses p. After an error, which is that of the underlying writer,
// the output is of no use.
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

// ReadFrom compresses what r returns up to io.EOF. After an error, r's or the
// underlying writer's, the output is of no use, and Close returns that error.
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

// Close writes the last frame and the table. It does not close the underlying
// writer. After an error in any call it writes nothing, and returns that error.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	// A file has at least one frame, if an empty one: so it begins with zstd's
	// magic number, by which file(1) and others know it.
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

// cut makes a frame of the full buffer: of all lines that end in its second
// half, or, where none does, of all of it. The rest stays in the buffer.
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

// frame compresses content into one frame, and writes all but its last byte.
// Invariant: on entry and on return w.out is the byte kept from the frame before,
// or empty if there was none.
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
	// The frame's own checksum, its last four bytes, is the one that the table
	// wants. An empty frame has none.
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

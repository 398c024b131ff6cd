package seekable

import (
	"encoding/binary"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

const (
	blockHeaderBytes = 3
	lastBlock        = 1 // this bit of a block header marks a frame's last block
	blockTypeRLE     = 1
	blockTypeInvalid = 3
)

// Scan returns the frames of any zstd file of size bytes, with or without a table. It
// walks over the headers of frames and blocks and decompresses nothing, but it reads
// a little for every 128 KiB of content.
//
// If a frame does not state the size of its content, Size is -1, and so is the Offset
// of each frame after it. The zstd command states the size if it reads a file, but not
// if it reads a pipe. If the file ends inside a frame, Scan returns the frames before
// that one and an error that wraps io.ErrUnexpectedEOF.
func Scan(r io.ReaderAt, size int64) ([]Frame, error) {
	var frames []Frame
	var end, contentEnd int64
	for end < size {
		f, err := scanFrame(r, end, size)
		if err != nil {
			return frames, fmt.Errorf("frame at byte %d: %w", end, err)
		}
		f.Offset = contentEnd
		end += f.CompressedSize
		if f.Size < 0 || contentEnd < 0 {
			contentEnd = -1
		} else {
			contentEnd += f.Size
		}
		frames = append(frames, f)
	}
	return frames, nil
}

// scanFrame returns the frame that begins at byte start of a file of size bytes.
func scanFrame(r io.ReaderAt, start, size int64) (Frame, error) {
	f := Frame{CompressedOffset: start}
	var buf [zstd.HeaderMaxSize]byte
	head := buf[:min(int64(len(buf)), size-start)]
	if err := readFullAt(r, head, start); err != nil {
		return f, err
	}
	var header zstd.Header
	if err := header.Decode(head); err != nil {
		return f, err
	}
	if header.Skippable {
		f.CompressedSize = int64(header.HeaderSize) + int64(header.SkippableSize)
		return f, within(f, size)
	}
	f.Size = -1
	if header.HasFCS {
		f.Size = int64(header.FrameContentSize)
	}
	blocks, err := scanBlocks(r, start+int64(header.HeaderSize), size)
	if err != nil {
		return f, err
	}
	f.CompressedSize = int64(header.HeaderSize) + blocks
	if header.HasCheckSum {
		f.CompressedSize += checksumBytes
	}
	if err := within(f, size); err != nil {
		return f, err
	}
	if f.Size < -1 || f.Size > f.CompressedSize*maxRatio {
		return f, fmt.Errorf("%w: %d bytes cannot hold %d bytes of content", ErrBadFrame, f.CompressedSize, f.Size)
	}
	if header.HasCheckSum {
		var sum [checksumBytes]byte
		if err := readFullAt(r, sum[:], start+f.CompressedSize-checksumBytes); err != nil {
			return f, err
		}
		f.Checksum, f.HasChecksum = binary.LittleEndian.Uint32(sum[:]), true
	}
	return f, nil
}

// scanBlocks returns the total size in bytes of a frame's blocks, the first of which
// begins at byte off.
func scanBlocks(r io.ReaderAt, off, size int64) (int64, error) {
	start := off
	for last := false; !last; {
		var b [blockHeaderBytes]byte
		if off+blockHeaderBytes > size {
			return 0, io.ErrUnexpectedEOF
		}
		if err := readFullAt(r, b[:], off); err != nil {
			return 0, err
		}
		kind, follow := parseBlockHeader(b[:])
		if kind == blockTypeInvalid {
			return 0, fmt.Errorf("%w: block of unknown type at byte %d", ErrBadFrame, off)
		}
		last = b[0]&lastBlock != 0
		off += blockHeaderBytes + follow
	}
	return off - start, nil
}

// parseBlockHeader returns the type of the block with header b and the number of bytes
// that follow the header (RFC 8878, 3.1.1.2).
func parseBlockHeader(b []byte) (kind int, size int64) {
	header := int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16
	kind, size = int(header>>1&3), header>>3
	if kind == blockTypeRLE {
		size = 1
	}
	return kind, size
}

// within returns io.ErrUnexpectedEOF if a file of size bytes ends inside f.
func within(f Frame, size int64) error {
	if f.CompressedOffset+f.CompressedSize > size {
		return io.ErrUnexpectedEOF
	}
	return nil
}

package seekable

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrNoTable means that a file has no seek table at its end: it may be plain
// zstd, or no zstd at all.
var ErrNoTable = errors.New("no seek table")

// ErrBadTable means that there is a seek table which is damaged, is of a later
// version of the format, or does not describe the file that it stands in.
var ErrBadTable = errors.New("bad seek table")

// Frame is one frame of a file: where it is, and which part of the content it
// holds. All are bytes.
type Frame struct {
	CompressedOffset int64 // of the frame's first byte, in the file
	CompressedSize   int64
	Offset           int64 // of the frame's content, in the whole content
	Size             int64 // of the content; 0 for skippable frames; see [Scan] for -1

	Checksum    uint32 // low half of the content's XXH64, if HasChecksum
	HasChecksum bool
}

// The parts of a table; all numbers are little-endian.
const (
	tableMagic  = 0x184D2A5E // of the skippable frame
	footerMagic = 0x8F92EAB1 // the last bytes of the file

	skippableHeaderBytes = 8 // magic, size
	footerBytes          = 9 // frames, descriptor, magic
	entryBytes           = 8 // compressed size, size
	checksumBytes        = 4

	checksumFlag = 1 << 7
	reservedBits = 0b0111_1100

	// maxFrames is what the reference implementation allows.
	maxFrames = 0x8000000

	// maxRatio bounds what a frame can decompress to: a block's content is at
	// most 128 KiB, a block at least 4 bytes.
	maxRatio = 128 << 10 / 4
)

// appendTable appends the table of frames, all of which have a checksum.
func appendTable(dst []byte, frames []Frame) []byte {
	le := binary.LittleEndian
	dst = le.AppendUint32(dst, tableMagic)
	dst = le.AppendUint32(dst, uint32(len(frames)*(entryBytes+checksumBytes)+footerBytes))
	for _, f := range frames {
		dst = le.AppendUint32(dst, uint32(f.CompressedSize))
		dst = le.AppendUint32(dst, uint32(f.Size))
		dst = le.AppendUint32(dst, f.Checksum)
	}
	dst = le.AppendUint32(dst, uint32(len(frames)))
	dst = append(dst, checksumFlag)
	return le.AppendUint32(dst, footerMagic)
}

// ReadTable reads the table at the end of a file of size bytes and returns the
// frames in front of it. The error is, or wraps, [ErrNoTable], [ErrBadTable] or
// what r returned.
//
// A table is believed only when it accounts for every byte in front of it, and when
// the frames that it says are empty are. So a file made by putting others one after
// another has a bad one; [Scan] reads it.
func ReadTable(r io.ReaderAt, size int64) ([]Frame, error) {
	if size < skippableHeaderBytes+footerBytes {
		return nil, ErrNoTable
	}
	var footer [footerBytes]byte
	if err := readFullAt(r, footer[:], size-footerBytes); err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	if le.Uint32(footer[5:]) != footerMagic {
		return nil, ErrNoTable
	}
	n, descriptor := int64(le.Uint32(footer[:])), footer[4]
	if descriptor&reservedBits != 0 {
		return nil, fmt.Errorf("%w: unknown descriptor %#x", ErrBadTable, descriptor)
	}
	entry := int64(entryBytes)
	if descriptor&checksumFlag != 0 {
		entry += checksumBytes
	}
	tableSize := skippableHeaderBytes + n*entry + footerBytes
	if n > maxFrames || tableSize > size {
		return nil, fmt.Errorf("%w: %d frames in %d bytes", ErrBadTable, n, size)
	}
	table := make([]byte, tableSize)
	if err := readFullAt(r, table, size-tableSize); err != nil {
		return nil, err
	}
	if le.Uint32(table) != tableMagic || int64(le.Uint32(table[4:])) != tableSize-skippableHeaderBytes {
		return nil, fmt.Errorf("%w: it does not begin where it should", ErrBadTable)
	}
	entries := table[skippableHeaderBytes : tableSize-footerBytes]
	frames, err := parseEntries(entries, int(entry), size-tableSize)
	if err != nil {
		return nil, err
	}
	for i, f := range frames {
		if f.Size == 0 && !f.isEmpty(r) {
			return nil, fmt.Errorf("%w: frame %d is not empty, as the table has it", ErrBadTable, i)
		}
	}
	return frames, nil
}

// isEmpty says whether a frame of the file r has no content by its own header:
// whoever reads by a table that says so never looks into it.
func (f Frame) isEmpty(r io.ReaderAt) bool {
	found, err := scanFrame(r, f.CompressedOffset, f.CompressedOffset+f.CompressedSize)
	return err == nil && found.Size == 0 && found.CompressedSize == f.CompressedSize
}

// parseEntries turns a table's entries, each of entry bytes, into the frames of
// a file that has compressed bytes in front of the table.
func parseEntries(entries []byte, entry int, compressed int64) ([]Frame, error) {
	frames := make([]Frame, 0, len(entries)/entry)
	var end, contentEnd int64
	for ; len(entries) > 0; entries = entries[entry:] {
		f := Frame{
			CompressedOffset: end,
			CompressedSize:   int64(binary.LittleEndian.Uint32(entries)),
			Offset:           contentEnd,
			Size:             int64(binary.LittleEndian.Uint32(entries[4:])),
		}
		if entry > entryBytes {
			f.Checksum, f.HasChecksum = binary.LittleEndian.Uint32(entries[8:]), true
		}
		if f.CompressedSize == 0 || f.Size > f.CompressedSize*maxRatio {
			return nil, fmt.Errorf("%w: frame %d of %d bytes for %d bytes of content",
				ErrBadTable, len(frames), f.CompressedSize, f.Size)
		}
		end += f.CompressedSize
		contentEnd += f.Size
		frames = append(frames, f)
	}
	if end != compressed {
		return nil, fmt.Errorf("%w: its frames have %d bytes, the file %d", ErrBadTable, end, compressed)
	}
	return frames, nil
}

// readFullAt fills p from r at off; a file that ends before is an error.
func readFullAt(r io.ReaderAt, p []byte, off int64) error {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

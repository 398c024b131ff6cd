package seekable

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrNoTable means that a file has no seek table at its end: it is plain zstd, or no
// zstd at all.
var ErrNoTable = errors.New("no seek table")

// ErrBadTable means that the seek table of a file is damaged, belongs to a later
// version of the format, or does not describe this file.
var ErrBadTable = errors.New("bad seek table")

// Frame states the position of one frame in a file and of its content in the whole
// content. Offsets and sizes are in bytes.
type Frame struct {
	CompressedOffset int64 // of the frame's first byte in the file
	CompressedSize   int64 // of the whole frame, with its header and checksum
	Offset           int64 // of the frame's content in the whole content; -1: see [Scan]
	Size             int64 // of the content; 0 for skippable frames; -1: see [Scan]

	Checksum    uint32 // low half of the content's XXH64, if HasChecksum
	HasChecksum bool
}

// The parts of a table. All numbers are little-endian.
const (
	tableMagic  = 0x184D2A5E // of the skippable frame
	footerMagic = 0x8F92EAB1 // the last bytes of the file

	skippableHeaderBytes = 8 // magic, size
	footerBytes          = 9 // frames, descriptor, magic
	entryBytes           = 8 // compressed size, size
	checksumBytes        = 4

	checksumFlag = 1 << 7
	reservedBits = 0b0111_1100

	// maxFrames is the limit of the reference implementation.
	maxFrames = 0x8000000

	// maxRatio is the most bytes of content for one compressed byte: a block takes at
	// least 4 bytes and has at most 128 KiB of content.
	maxRatio = 128 << 10 / 4
)

// appendTable appends the table of frames to dst. Each frame must have a checksum.
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
// frames in front of it. The error is or wraps [ErrNoTable], [ErrBadTable], or the
// error of r.
//
// It accepts a table only if the table accounts for every byte in front of it and if
// the frames that it calls empty are empty. So several files put one after another
// have a bad table; use [Scan] for them.
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
		return nil, fmt.Errorf("%w: no table header %d bytes before the end of the file", ErrBadTable, tableSize)
	}
	entries := table[skippableHeaderBytes : tableSize-footerBytes]
	frames, err := parseEntries(entries, int(entry), size-tableSize)
	if err != nil {
		return nil, err
	}
	for i, f := range frames {
		if f.Size == 0 && !f.isEmpty(r) {
			return nil, fmt.Errorf("%w: frame %d has content, but the table says it is empty", ErrBadTable, i)
		}
	}
	return frames, nil
}

// isEmpty reports whether f has no content by its own header in the file r. A reader
// skips a frame that the table calls empty, so a false table would hide its content.
func (f Frame) isEmpty(r io.ReaderAt) bool {
	found, err := scanFrame(r, f.CompressedOffset, f.CompressedOffset+f.CompressedSize)
	return err == nil && found.Size == 0 && found.CompressedSize == f.CompressedSize
}

// parseEntries returns the frames that a table's entries, each of entry bytes,
// describe. compressed is the number of bytes in front of the table.
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
			return nil, fmt.Errorf("%w: frame %d cannot hold %d bytes of content in %d bytes",
				ErrBadTable, len(frames), f.Size, f.CompressedSize)
		}
		end += f.CompressedSize
		contentEnd += f.Size
		frames = append(frames, f)
	}
	if end != compressed {
		return nil, fmt.Errorf("%w: its frames have %d bytes in all, but %d precede it", ErrBadTable, end, compressed)
	}
	return frames, nil
}

// readFullAt fills p from r at off. If the file ends first, it returns
// io.ErrUnexpectedEOF.
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

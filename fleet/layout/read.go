package layout

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"

	"multilog/fleet/store"
)

// maxPieceBytes limits the decompressed size of a piece.
const maxPieceBytes = 16 << 20

// Fit returns the part of a piece that a reader at byte pos of the file needs next; the
// piece begins at byte off. ok is false if bytes are missing in between.
func Fit(pos, off int64, data []byte) (part []byte, ok bool) {
	if off > pos {
		return nil, false
	}
	return data[min(pos-off, int64(len(data))):], true
}

// decoders are reused: each has megabytes.
var decoders = sync.Pool{New: func() any {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(maxPieceBytes))
	if err != nil { // the options are valid
		panic(err)
	}
	return d
}}

// ReadPiece returns the lines in a piece.
func ReadPiece(ctx context.Context, s store.Store, key string) ([]byte, error) {
	r, err := s.Get(ctx, key, 0, -1)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	packed, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	d := decoders.Get().(*zstd.Decoder)
	defer decoders.Put(d)
	lines, err := d.DecodeAll(packed, nil)
	if err != nil {
		return nil, fmt.Errorf("unable to decompress %s: %w", key, err)
	}
	return lines, nil
}

// ReadLive returns all lines in the pieces of a file.
func ReadLive(ctx context.Context, s store.Store, live Live) ([]byte, error) {
	var all []byte
	for _, p := range live.Pieces {
		data, err := ReadPiece(ctx, s, p.Key)
		if err != nil {
			return nil, err
		}
		part, ok := Fit(int64(len(all)), p.Off, data)
		if !ok {
			return nil, fmt.Errorf("%s begins at byte %d, but those before it end at %d: %w", p.Key, p.Off, len(all), io.ErrUnexpectedEOF)
		}
		all = append(all, part...)
	}
	return all, nil
}

// ReadFile returns the content of a finished file, which may be compressed with zstd.
// It keeps all of it in memory.
func ReadFile(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(r)
	if err != nil || !bytes.HasPrefix(data, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
		return data, err
	}
	d, err := zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return io.ReadAll(d)
}

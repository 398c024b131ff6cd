package reader

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"multilog/fleet/layout"
	"multilog/fleet/store"
	"multilog/internal/logdir"
)

const (
	// atOnce is how many pieces are fetched at a time.
	atOnce = 8

	// keptBytes is how much of a file's pieces is kept in memory.
	keptBytes = 32 << 20
)

// A growingFile is a file that is in the store as pieces, and later as a whole.
type growingFile struct {
	in *Log
	id layout.ID

	mu       sync.Mutex
	pieces   []layout.Piece    // by Off
	lines    map[string][]byte // of some pieces, by key
	order    []string          // of keys in lines, the oldest first
	kept     int               // bytes in lines
	finished *logdir.Content   // nil while it is not known which file it has become

	size int64 // that the last look found; it belongs to the Log's mutex
}

func newGrowing(in *Log, id layout.ID) *growingFile {
	return &growingFile{in: in, id: id, lines: make(map[string][]byte)}
}

// add takes the pieces that are there now, and returns the size of the file so far.
func (f *growingFile) add(ctx context.Context, pieces []layout.Piece) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pieces = slices.Clone(pieces)
	if len(pieces) == 0 {
		return 0, nil
	}
	last := pieces[len(pieces)-1]
	if err := f.fetch(ctx, []layout.Piece{last}); err != nil {
		return 0, err
	}
	f.size = last.Off + int64(len(f.lines[last.Key]))
	return f.size, nil
}

// read returns n bytes from byte off on, fewer only at the end of what is there.
func (f *growingFile) read(ctx context.Context, off int64, n int) ([]byte, error) {
	live := f.in.isLive(f.id)
	f.mu.Lock()
	defer f.mu.Unlock()
	if live {
		data, err := f.readPieces(ctx, off, n)
		if !store.Is(err, store.NotFound) {
			return data, err
		}
	}
	if f.finished == nil {
		content, err := f.in.finished(ctx, f.id)
		if err != nil {
			return nil, err
		}
		f.finished = content
		clear(f.lines)
		f.order, f.kept = nil, 0
	}
	return readContent(f.finished, off, n)
}

// readPieces is read while the pieces are there.
func (f *growingFile) readPieces(ctx context.Context, off int64, n int) ([]byte, error) {
	first := max(f.at(off), 0)
	end := max(f.at(off+int64(n)-1)+1, first)
	var data []byte
	for group := range slices.Chunk(f.pieces[first:end], atOnce) {
		if err := f.fetch(ctx, group); err != nil {
			return nil, err
		}
		for i, p := range group {
			pos := off + int64(len(data))
			part, ok := layout.Fit(pos, p.Off, f.lines[p.Key])
			if !ok {
				return nil, fmt.Errorf("unable to read %s: it begins at byte %d, but what is before it ends at byte %d: %w",
					p.Key, p.Off, pos, io.ErrUnexpectedEOF)
			}
			if i+1 < len(group) { // pieces may overlap
				part = part[:min(int64(len(part)), max(0, group[i+1].Off-pos))]
			}
			data = append(data, part...)
		}
	}
	return data[:min(len(data), n)], nil
}

// at returns the last piece that begins at byte off or before, -1 if there is none.
func (f *growingFile) at(off int64) int {
	i, _ := slices.BinarySearchFunc(f.pieces, off+1, func(p layout.Piece, off int64) int { return int(min(1, max(-1, p.Off-off))) })
	return i - 1
}

// fetch has the lines of pieces in memory.
func (f *growingFile) fetch(ctx context.Context, pieces []layout.Piece) error {
	type result struct {
		lines []byte
		err   error
	}
	results := make([]result, len(pieces))
	var working sync.WaitGroup
	for i, p := range pieces {
		if _, ok := f.lines[p.Key]; ok {
			continue
		}
		working.Go(func() { results[i].lines, results[i].err = layout.ReadPiece(ctx, f.in.store, p.Key) })
	}
	working.Wait()
	for _, r := range results {
		if r.err != nil {
			return r.err
		}
	}
	for f.kept > keptBytes && len(f.order) > len(pieces) {
		f.drop(pieces)
	}
	for i, p := range pieces {
		if _, ok := f.lines[p.Key]; !ok {
			f.lines[p.Key] = results[i].lines
			f.order = append(f.order, p.Key)
			f.kept += len(results[i].lines)
		}
	}
	return nil
}

// drop forgets the lines of the piece that was fetched first. If that is one of needed,
// it becomes the last one instead.
func (f *growingFile) drop(needed []layout.Piece) {
	key := f.order[0]
	f.order = f.order[1:]
	if slices.ContainsFunc(needed, func(p layout.Piece) bool { return p.Key == key }) {
		f.order = append(f.order, key)
		return
	}
	f.kept -= len(f.lines[key])
	delete(f.lines, key)
}

// readContent returns n bytes of a content from byte off on, fewer only at its end.
func readContent(c *logdir.Content, off int64, n int) ([]byte, error) {
	var data []byte
	var buf []byte
	for b := c.BlockAt(off); b < c.Blocks() && len(data) < n; b++ {
		part, next, err := c.ReadPart(b, off, off+int64(n), buf)
		if err != nil {
			return nil, err
		}
		data, buf = append(data, part...), next
	}
	return data, nil
}

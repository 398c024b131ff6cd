package remote

import (
	"io"
	"slices"
	"sync"

	"multilog/internal/farlog"
	"multilog/internal/logdir"
)

const (
	// chunkBytes is how much is fetched for a small read.
	chunkBytes = 64 << 10

	// keptChunks is how many chunks of a file are kept.
	keptChunks = 4
)

// handle is an open file of a Directory.
type handle struct {
	dir   *Directory
	file  farlog.File
	grows bool // it is not a finished file

	mu     sync.Mutex
	chunks []chunk // the one that was used last is the last one
}

// chunk is a part of a finished file.
type chunk struct {
	off  int64
	data []byte
}

// Stat implements logdir.Handle. A file that has no name any more has the size that it
// had in the end, as far as is known.
func (h *handle) Stat() (logdir.Info, error) {
	f, ok := h.dir.byID(h.file.ID)
	h.mu.Lock()
	defer h.mu.Unlock()
	if ok {
		h.file = f
	}
	info := infoOf(h.file)
	if !ok {
		info.Names = 0
	}
	return info, nil
}

// ReadAt implements io.ReaderAt.
func (h *handle) ReadAt(p []byte, off int64) (n int, err error) {
	if !h.grows {
		if off >= h.file.Size {
			return 0, io.EOF
		}
		if left := h.file.Size - off; int64(len(p)) > left {
			n, err := h.readAt(p[:left], off)
			if err == nil {
				err = io.EOF
			}
			return n, err
		}
	}
	return h.readAt(p, off)
}

func (h *handle) readAt(p []byte, off int64) (n int, err error) {
	if !h.grows && len(p) <= chunkBytes {
		return h.readChunks(p, off)
	}
	for n < len(p) {
		part := p[n:min(len(p), n+farlog.MaxReadBytes)]
		got, err := h.dir.helper.Read(h.dir.url, h.file.ID, part, off+int64(n))
		n += got
		if err != nil {
			return n, err
		}
		if got < len(part) {
			return n, io.EOF
		}
	}
	return n, nil
}

// readChunks reads through the chunks.
func (h *handle) readChunks(p []byte, off int64) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for n < len(p) {
		c, err := h.chunk((off + int64(n)) / chunkBytes * chunkBytes)
		if err != nil {
			return n, err
		}
		from := off + int64(n) - c.off
		if from >= int64(len(c.data)) {
			return n, io.ErrUnexpectedEOF // it is shorter than it was listed
		}
		n += copy(p[n:], c.data[from:])
	}
	return n, nil
}

// chunk returns the chunk that begins at byte off.
func (h *handle) chunk(off int64) (chunk, error) {
	i := slices.IndexFunc(h.chunks, func(c chunk) bool { return c.off == off })
	var c chunk
	if i >= 0 {
		c = h.chunks[i]
		h.chunks = slices.Delete(h.chunks, i, i+1)
	} else {
		data := make([]byte, min(chunkBytes, h.file.Size-off))
		n, err := h.dir.helper.Read(h.dir.url, h.file.ID, data, off)
		if err != nil {
			return chunk{}, err
		}
		c = chunk{off, data[:n]}
		if len(h.chunks) == keptChunks {
			h.chunks = slices.Delete(h.chunks, 0, 1)
		}
	}
	h.chunks = append(h.chunks, c)
	return c, nil
}

// Close implements io.Closer.
func (h *handle) Close() error { return nil }

package ship

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"multilog/fleet/layout"
	"multilog/fleet/store"
	"multilog/tai64n"
)

const (
	// maxPiece is the maximum number of a file's bytes in a piece.
	maxPiece = 1 << 20

	// cleanAfter is how long a store keeps the object that says that pieces are
	// superseded after they were deleted. It is longer than a request can take, since
	// stores do not accept signatures of more than 15 minutes ago.
	cleanAfter = time.Hour
)

// raw is a file that is not finished.
type raw struct {
	File
	name   string
	label  string // "" if it has none yet
	before string // the label of the file before it; "" if that is not known
	end    int64  // its size when it was opened: what a step sends, at most
}

// sendPieces puts the new lines of files that are not finished. again means that it put
// nothing: because a file was finished meanwhile, which must come first, or because a
// processor has just replaced one. If hidden is true, the latter does not matter.
func (l *Log) sendPieces(ctx context.Context, hidden bool) (again bool, err error) {
	files, passed, err := l.unfinished(hidden)
	defer func() {
		for _, f := range files {
			f.Close()
		}
	}()
	if err != nil || passed {
		return passed, err
	}
	for _, f := range files {
		id, ok := readID(f)
		if !ok {
			continue
		}
		if f.label != "" {
			l.idOf[f.label] = id
		}
		settled, err := l.sendRaw(ctx, f, id)
		if err != nil || !settled {
			return false, err // lines of later files would come before those that are left
		}
	}
	return false, nil
}

// unfinished returns the files that are not finished, open, in order.
//
// A reader takes a file for complete if the store has pieces of a later one. So
// unfinished opens them against the direction in which the logger moves them, the
// newest first, and notes how large each is then: if a file has lines, those before it
// have all of theirs when they are opened. A file that moves meanwhile is found again
// later, or it is finished in the end, which passed reports. A processor's result that has no label yet counts as
// finished, unless hidden is true.
func (l *Log) unfinished(hidden bool) (files []raw, passed bool, err error) {
	open := func(name, label string) {
		f, openErr := l.dir.Open(name, false)
		var end int64
		if openErr == nil {
			if end, openErr = f.Size(); openErr != nil {
				f.Close()
			}
		}
		switch {
		case openErr == nil && slices.ContainsFunc(files, func(other raw) bool { return other.Inode() == f.Inode() }):
			// It has moved. Its newer name says more.
			files = slices.DeleteFunc(files, func(other raw) bool {
				if other.Inode() != f.Inode() {
					return false
				}
				other.Close()
				return true
			})
			fallthrough
		case openErr == nil:
			files = append(files, raw{File: f, name: name, label: label, end: end})
		case !absent(openErr) && err == nil:
			err = openErr
		}
	}
	open("next", "")
	open("current", "")
	if n := len(files); n > 0 && files[n-1].name == "current" {
		l.mu.Lock()
		if l.current.is(files[n-1].Inode()) {
			files[n-1].before = l.current.after
		}
		l.mu.Unlock()
	}
	s, scanErr := l.scan()
	if scanErr != nil {
		return files, false, scanErr
	}
	for _, label := range slices.Backward(s.labels) {
		if !unfinished(s.names[label]) || l.has(label) {
			continue
		}
		open(s.names[label], label)
		l.mu.Lock()
		if n := len(files); n > 0 && files[n-1].label == label && !s.busy {
			files[n-1].before = l.before[label]
		}
		l.mu.Unlock()
	}
	open("previous", "")
	slices.Reverse(files)
	later, scanErr := l.scan()
	if scanErr != nil {
		return files, false, scanErr
	}
	passed = !hidden && (s.busy || later.busy) && (len(files) == 0 || files[0].name != "previous") ||
		slices.ContainsFunc(later.labels, func(label string) bool { return !unfinished(later.names[label]) && !l.has(label) })
	return files, passed, err
}

// has reports whether the store has the finished file label, or a gap object in its place.
func (l *Log) has(label string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.have[label]
}

// buffers are for the lines of a piece and for what they are compressed to.
var buffers = sync.Pool{New: func() any { return new([maxPiece]byte) }}

// encoders are reused: each has megabytes.
var encoders = sync.Pool{New: func() any {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(maxPiece), zstd.WithLowerEncoderMem(true))
	if err != nil { // the options are valid
		panic(err)
	}
	return e
}}

// sendRaw puts the new lines of one file. settled is false if it left some because the
// logger may take them back.
func (l *Log) sendRaw(ctx context.Context, f raw, id layout.ID) (settled bool, err error) {
	g := l.groups[id]
	if g == nil {
		g = &group{}
		l.groups[id] = g
	}
	if g.skip || g.label != "" {
		return true, nil
	}
	if !g.known {
		if err := l.resume(ctx, f, id, g); err != nil {
			return false, err
		}
	}
	// What was written since the file was opened waits for the next step. The logger may be
	// in the next file by then, of which this step must send nothing. And each request to a
	// slow store would leave a few new lines for another one.
	buf := buffers.Get().(*[maxPiece]byte)
	defer buffers.Put(buf)
	for g.pos < f.end {
		lines, settled, err := l.read(f, g, buf[:])
		if err != nil || lines == nil {
			return settled, err
		}
		if err := l.sendPiece(ctx, f, id, g, lines); err != nil {
			return false, err
		}
	}
	return true, nil
}

// read returns the next bytes of a file: whole lines that its logger will not take
// back. It returns nil if there is none. settled is false if there is one that the
// logger may take back.
func (l *Log) read(f raw, g *group, buf []byte) (_ []byte, settled bool, err error) {
	size, err := f.Size()
	if err != nil {
		return nil, false, err
	}
	n := min(size-g.pos, int64(len(buf)))
	if n <= 0 {
		return nil, false, nil // it has become shorter: its logger has taken something back
	}
	_, logger := l.dir.Uncommitted(f.Inode())
	got, err := f.ReadAt(buf[:n], g.pos)
	if err != nil && err != io.EOF {
		return nil, false, fmt.Errorf("unable to read %s: %w", f.name, err)
	}
	if int64(got) < n {
		return nil, false, nil // as above
	}
	// The bytes just read were written before. So bytes up to the place in that batch's
	// record are safe, and later ones cannot be among them.
	from, after := l.dir.Uncommitted(f.Inode())
	if after != logger {
		return nil, false, nil
	}
	lines := buf[:n]
	if from >= 0 {
		lines = lines[:max(0, min(n, from-g.pos))]
	}
	end := bytes.LastIndexByte(lines, '\n') + 1
	if end == 0 {
		if int64(len(lines)) < n {
			return nil, false, nil
		}
		if len(lines) == len(buf) {
			g.skip = true
			l.warnOnce(fmt.Sprintf("a line of more than %d bytes: the rest of its file is sent when that is finished", len(buf)))
		}
		return nil, true, nil
	}
	return lines[:end], true, nil
}

// sendPiece puts lines as the piece that begins at g.pos.
func (l *Log) sendPiece(ctx context.Context, f raw, id layout.ID, g *group, lines []byte) error {
	first := id.Label()
	if _, ok := tai64n.Parse(lines); ok {
		first = string(lines[:tai64n.Len])
	}
	e := encoders.Get().(*zstd.Encoder)
	packed := e.EncodeAll(lines, nil)
	encoders.Put(e)
	meta := layout.PieceMeta{To: g.pos + int64(len(lines)), Lines: int64(bytes.Count(lines, []byte{'\n'})),
		Last: lastLabel(lines), Before: f.before}
	key := l.log.Piece(id, first, g.pos)
	l.count()
	err := l.Store.PutNew(ctx, key, bytesBody(packed), meta.Map())
	switch {
	case err == nil:
		g.pos = meta.To
		l.mu.Lock()
		l.stats.Pieces++
		l.stats.SentBytes += int64(len(packed))
		l.mu.Unlock()
		return nil
	case store.Is(err, store.Exists):
		return l.goOnBehind(ctx, key, f, g)
	}
	return err
}

// goOnBehind sets g.pos to the end of the piece key, which begins there.
func (l *Log) goOnBehind(ctx context.Context, key string, f raw, g *group) error {
	if !l.noRead {
		l.count()
		o, err := l.Store.Head(ctx, key)
		switch {
		case store.Is(err, store.NotFound):
			return errAgain
		case err == nil:
			to := layout.ParsePieceMeta(o.Meta).To
			if to <= g.pos {
				return fmt.Errorf("%s says that it ends at byte %d, before its beginning: remove it from the store", key, to)
			}
			g.pos = to
			return nil
		case !store.Is(err, store.Denied):
			return err
		}
		l.noRead = true
	}
	// These credentials may not look at objects. So the next piece begins one line
	// behind the beginning of this one; readers drop what they have.
	line := make([]byte, maxPiece)
	n, err := f.ReadAt(line, g.pos)
	i := bytes.IndexByte(line[:n], '\n')
	if i < 0 {
		g.skip = true
		return err
	}
	g.pos += int64(i) + 1
	return nil
}

// resume finds out how much of a file the store has.
func (l *Log) resume(ctx context.Context, f raw, id layout.ID, g *group) error {
	var last layout.Piece
	found := false
	l.count()
	for e, err := range l.Store.List(ctx, l.log.Pieces(id), "", false) {
		if err != nil {
			return err
		}
		if p, ok := l.log.ParsePiece(e.Key); ok && (!found || p.Off > last.Off) {
			last, found = p, true
		}
	}
	if found {
		g.pos = last.Off
		if err := l.goOnBehind(ctx, last.Key, f, g); err != nil {
			return err
		}
	}
	g.known = true
	return nil
}

// lastLabel returns the label of the last labelled one of lines, or "".
func lastLabel(lines []byte) string {
	for end := len(lines); end > 0; {
		start := bytes.LastIndexByte(lines[:end-1], '\n') + 1
		if _, ok := tai64n.Parse(lines[start:end]); ok {
			return string(lines[start : start+tai64n.Len])
		}
		end = start
	}
	return ""
}

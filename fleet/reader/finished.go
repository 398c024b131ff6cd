package reader

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"multilog/fleet/layout"
	"multilog/fleet/store"
	"multilog/internal/logdir"
)

const (
	// candidates is how many files are checked to find the one that pieces have become.
	// Files are in the order of their labels, so it is usually the first one.
	candidates = 20

	// searches is how often it is searched for, since a file may come after its pieces
	// have gone if a person deletes them.
	searches = 3
)

// finished returns the content of the finished file that the pieces id have become.
func (l *Log) finished(ctx context.Context, id layout.ID) (*logdir.Content, error) {
	if f, ok, err := layout.Became(ctx, l.store, l.log, id); ok || err != nil {
		if err != nil {
			return nil, err
		}
		return l.open(ctx, f)
	}
	for try := 1; ; try++ { // that was long ago, or a person has deleted more than the pieces
		view, err := layout.Look(ctx, l.store, l.log, before(id))
		if err != nil {
			return nil, err
		}
		for i, f := range view.Files {
			if i == candidates {
				break
			}
			content, is, err := l.isFinished(ctx, f, id)
			if is || err != nil {
				return content, err
			}
		}
		if try == searches {
			return nil, fmt.Errorf("unable to read on in the file of %s that begins at %s: its pieces were deleted, and the finished file is not in the store", l.log, id.Label())
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// before returns a label in front of all labels that the finished file of id may have:
// the file has no line later than its label.
func before(id layout.ID) string {
	label := []byte(id.Label())
	for i := len(label) - 1; i > 0; i-- { // subtract one
		switch label[i] {
		case '0':
			label[i] = 'f'
			continue
		case 'a':
			label[i] = '9'
		default:
			label[i]--
		}
		break
	}
	return string(label)
}

// isFinished returns the content of a finished file. It also reports whether that is
// the file that the pieces id have become, which its first line shows.
func (l *Log) isFinished(ctx context.Context, f layout.File, id layout.ID) (*logdir.Content, bool, error) {
	content, err := l.open(ctx, f)
	if err != nil {
		return nil, false, err
	}
	line, err := content.LineAt(0)
	if err != nil {
		return nil, false, fmt.Errorf("unable to read %s: %w", f.Key, err)
	}
	got, ok := layout.IDOf(bytes.Clone(line))
	return content, ok && got == id, nil
}

// open returns the content of a finished file.
func (l *Log) open(ctx context.Context, f layout.File) (*logdir.Content, error) {
	content, err := logdir.NewContent(object{ctx, l.store, f.Key}, f.Size, true)
	if err == nil {
		err = content.Spool()
	}
	if err != nil {
		return nil, fmt.Errorf("unable to read %s: %w", f.Key, err)
	}
	return content, nil
}

// object is an object as an io.ReaderAt.
type object struct {
	ctx   context.Context
	store store.Store
	key   string
}

func (o object) ReadAt(p []byte, off int64) (int, error) {
	data, err := readRange(o.ctx, o.store, o.key, off, len(p))
	n := copy(p, data)
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

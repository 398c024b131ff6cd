package reader

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"multilog/fleet/layout"
	"multilog/fleet/store"
	"multilog/internal/farlog"
)

// A Log is one log of a store. Its methods may be called by several goroutines.
type Log struct {
	store store.Store
	log   layout.Log

	mu   sync.Mutex
	view layout.View                // what the last look found
	live map[layout.ID]*growingFile // all that were ever found

	// invented are the names of files whose label was not known when they were first
	// found. They keep these when they are finished, since readers know files by labels.
	invented map[layout.ID]string
}

// New returns a log. Nothing is read yet.
func New(s store.Store, log layout.Log) *Log {
	return &Log{store: s, log: log, live: make(map[layout.ID]*growingFile), invented: make(map[layout.ID]string)}
}

// relook is how many of the files that are known a look lists again, the last ones.
const relook = 10

// looks is how often Look tries when pieces go while it reads them, and no finished file
// has taken their place.
const looks = 3

// Look returns the files of the log whose label is after the label after, or all if it
// is empty. Later calls may leave out old files that are known. The error wraps
// [fs.ErrNotExist] if nothing of the log is in the store.
func (l *Log) Look(ctx context.Context, after string) (farlog.View, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.view.Files); n > relook {
		after = max(after, l.view.Files[n-relook].Label)
	}
	for try := 1; ; try++ {
		view, err := l.look(ctx, after)
		if store.Is(err, store.NotFound) && try < looks {
			continue
		}
		return view, err
	}
}

func (l *Log) look(ctx context.Context, after string) (farlog.View, error) {
	var out farlog.View
	view, err := layout.Look(ctx, l.store, l.log, after)
	if err != nil {
		return out, err
	}
	missing := len(view.Files)+len(view.Live)+len(view.Gaps) == 0
	if missing && after != "" { // there may be something up to after
		if missing, err = l.missing(ctx); err != nil {
			return out, err
		}
	}
	if missing {
		return out, farlog.Missing(fmt.Sprintf("unable to find the log %s in the store: no key begins with %s", l.log, l.log.Dir()))
	}
	for _, f := range view.Files {
		out.Files = append(out.Files, l.whole(f, view.Became[f.Label]))
	}
	// layout.Look can't tell whether the store has files up to after, so it takes what is
	// left of their pieces for files that are not finished.
	view.Live = slices.DeleteFunc(view.Live, func(f layout.Live) bool { return f.Label != "" && f.Label <= after })
	names := l.names(view.Live)
	for i, live := range slices.Clone(view.Live) {
		f := l.live[live.ID]
		if f == nil {
			f = newGrowing(l, live.ID)
			l.live[live.ID] = f
		}
		size, err := f.add(ctx, live.Pieces)
		if store.Is(err, store.NotFound) { // the file was finished meanwhile
			file, ok, becameErr := layout.Became(ctx, l.store, l.log, live.ID)
			if becameErr != nil || !ok {
				return out, cmp.Or(becameErr, err)
			}
			out.Files = append(out.Files, l.whole(file, live.ID))
			view.Files = append(view.Files, file)
			view.Live = slices.DeleteFunc(view.Live, func(l layout.Live) bool { return l.ID == live.ID })
			continue
		}
		if err != nil {
			return out, err
		}
		out.Files = append(out.Files, farlog.File{Name: names[i], ID: string(live.ID), Size: size})
	}
	for _, key := range view.Gaps {
		from, to := gapLabels(strings.TrimPrefix(key, l.log.Gaps()))
		out.Gaps = append(out.Gaps, farlog.Gap{From: from, To: to})
	}
	l.view = view
	return out, nil
}

// missing reports whether there is nothing of the log.
func (l *Log) missing(ctx context.Context) (bool, error) {
	for _, err := range l.store.List(ctx, l.log.Dir(), "", true) {
		return false, err
	}
	return true, nil
}

// whole returns how a finished file, which the pieces id have become, is shown.
func (l *Log) whole(f layout.File, id layout.ID) farlog.File {
	if grown := l.live[id]; grown != nil && l.invented[id] != "" {
		return farlog.File{Name: l.invented[id], ID: string(id), Size: grown.size}
	}
	name := strings.TrimPrefix(f.Key, l.log.Dir())
	return farlog.File{Name: name, ID: name, Size: f.Size}
}

// gapLabels returns the labels between which something is missing, as the name of a gap
// object has them.
func gapLabels(name string) (from, to string) {
	from, to, ok := strings.Cut(strings.TrimSuffix(name, ".json"), "-")
	if !ok {
		to = from
	}
	return from, to
}

// names returns the names that unfinished files have in a log directory.
func (l *Log) names(live []layout.Live) []string {
	all := make([]string, len(live))
	plain := []string{"current", "previous"}
	next := ""
	for i, f := range slices.Backward(live) {
		switch {
		case l.invented[f.ID] != "":
			all[i], plain = l.invented[f.ID], nil
		case f.Label != "":
			all[i], plain = f.Label+".u", nil
		case len(plain) > 0:
			all[i], plain = plain[0], plain[1:]
		default: // none of its lines is later than the first one of the file behind it
			all[i] = next + ".u"
			l.invented[f.ID] = all[i]
		}
		next = f.ID.Label()
		if f.Label != "" {
			next = f.Label
		}
	}
	return all
}

// isLive reports whether the last look found pieces of a file that is not finished.
func (l *Log) isLive(id layout.ID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.view.Live, func(live layout.Live) bool { return live.ID == id })
}

// Read returns n bytes of the file id from byte off on, fewer only at its end.
func (l *Log) Read(ctx context.Context, id string, off int64, n int) ([]byte, error) {
	l.mu.Lock()
	f := l.live[layout.ID(id)]
	l.mu.Unlock()
	if f != nil {
		return f.read(ctx, off, n)
	}
	return readRange(ctx, l.store, l.log.Dir()+id, off, n)
}

// readRange returns n bytes of an object from byte off on, fewer only at its end.
func readRange(ctx context.Context, s store.Store, key string, off int64, n int) ([]byte, error) {
	body, err := s.Get(ctx, key, off, int64(n))
	if store.Is(err, store.AtEnd) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data := make([]byte, n)
	got, err := io.ReadFull(body, data)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return data[:got], err
}

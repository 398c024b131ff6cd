package layout

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"multilog/fleet/store"
)

// File is a finished file in the store.
type File struct {
	Key   string
	Label string
	Size  int64 // of the object
}

// Piece is a part of a file that is not finished.
type Piece struct {
	Key   string
	First string // label of its first line
	Off   int64  // where it begins in the file
	Size  int64  // of the object
}

// Live are the pieces of one file that is not in the store as a whole.
type Live struct {
	ID     ID
	Label  string  // its label, if it is finished; else ""
	Pieces []Piece // by Off
}

// View is what a log consists of at one moment.
type View struct {
	Files []File   // by Label; each label once
	Gaps  []string // keys of gap objects that begin in the range
	Live  []Live   // those that follow the files; by the label of the file, or of its first line

	// Became has the IDs of pieces that a finished file has replaced within the last
	// hour or so, by the label of that file.
	Became map[string]ID
}

// Look returns what a log consists of, from the first finished file after the label
// after on, or all of it if after is "". Live is complete in any case. The package's
// documentation says why the result is the log at one moment.
func Look(ctx context.Context, s store.Store, log Log, after string) (View, error) {
	var v View
	first, err := listLive(ctx, s, log)
	if err != nil {
		return v, err
	}
	second := first
	if len(first.pieces) > 0 {
		if second, err = listLive(ctx, s, log); err != nil {
			return v, err
		}
	}
	if v.Files, err = listTwice(ctx, s, log, after); err != nil {
		return v, err
	}
	third, err := listLive(ctx, s, log)
	if err != nil {
		return v, err
	}
	done := mergeDone(first.done, second.done, third.done)
	for e, err := range s.List(ctx, log.Gaps(), startAfter(log.Gaps(), after), false) {
		if err != nil {
			return v, err
		}
		v.Gaps = append(v.Gaps, e.Key)
	}
	v.Live = cut(second.inOrder(done), first.inOrder(done))
	v.Live = slices.DeleteFunc(v.Live, func(l Live) bool { return slices.ContainsFunc(done[l.ID], v.Has) })
	v.Became = make(map[string]ID)
	for id, labels := range done {
		for _, label := range labels {
			v.Became[label] = id
		}
	}
	return v, nil
}

// listTwice returns the finished files after label, without holes: what a second listing
// has up to the last file of the first one.
func listTwice(ctx context.Context, s store.Store, log Log, label string) ([]File, error) {
	first, err := listFiles(ctx, s, log, label)
	if err != nil || len(first) == 0 {
		return nil, err
	}
	files, err := listFiles(ctx, s, log, label)
	if err != nil {
		return nil, err
	}
	last := first[len(first)-1].Label
	n, there := slices.BinarySearchFunc(files, last, compareLabel)
	if there {
		n++
	}
	return files[:n], nil
}

// cut returns the pieces up to the last one that existed earlier.
func cut(all, earlier []Live) []Live {
	if len(earlier) == 0 {
		return nil
	}
	last := earlier[len(earlier)-1]
	n := len(all)
	for n > 0 && compareLive(all[n-1], last) > 0 {
		n--
	}
	all = all[:n]
	if n == 0 || all[n-1].ID != last.ID {
		return all
	}
	off := last.Pieces[len(last.Pieces)-1].Off
	end := &all[n-1]
	end.Pieces = slices.DeleteFunc(end.Pieces, func(p Piece) bool { return p.Off > off })
	if len(end.Pieces) == 0 {
		return all[:n-1]
	}
	return all
}

// startAfter returns a key in front of everything behind label.
func startAfter(dir, label string) string {
	if label == "" {
		return ""
	}
	return dir + label + "\x7f"
}

// listFiles returns the finished files after label.
func listFiles(ctx context.Context, s store.Store, log Log, label string) (files []File, err error) {
	dir := log.Dir()
	for e, err := range s.List(ctx, dir+"@", startAfter(dir, label), true) {
		if err != nil {
			return nil, err
		}
		l, ok := Label(e.Key)
		if e.Prefix || !ok || strings.HasSuffix(e.Key, ".t") {
			continue
		}
		if n := len(files); n > 0 && files[n-1].Label == l {
			continue
		}
		files = append(files, File{e.Key, l, e.Size})
	}
	return files, nil
}

func compareLabel(f File, label string) int { return cmp.Compare(f.Label, label) }

// Has reports whether the finished file label exists.
func (v *View) Has(label string) bool {
	_, ok := slices.BinarySearchFunc(v.Files, label, compareLabel)
	return ok
}

// listing is what is below live/.
type listing struct {
	pieces map[ID][]Piece  // by Off; also of those that are superseded
	done   map[ID][]string // labels of files that are finished
}

func listLive(ctx context.Context, s store.Store, log Log) (listing, error) {
	l := listing{make(map[ID][]Piece), make(map[ID][]string)}
	for e, err := range s.List(ctx, log.Live(), "", false) {
		if err != nil {
			return l, err
		}
		id, label, ok := log.ParseLive(e.Key)
		if !ok {
			continue
		}
		if label != "" {
			l.done[id] = append(l.done[id], label)
			continue
		}
		if p, ok := log.ParsePiece(e.Key); ok {
			p.Size = e.Size
			l.pieces[id] = append(l.pieces[id], p)
		}
	}
	for _, pieces := range l.pieces {
		SortPieces(pieces)
	}
	return l, nil
}

// mergeDone returns the labels of files that are finished, from several listings.
func mergeDone(all ...map[ID][]string) map[ID][]string {
	merged := make(map[ID][]string)
	for _, done := range all {
		for id, labels := range done {
			for _, label := range labels {
				if !slices.Contains(merged[id], label) {
					merged[id] = append(merged[id], label)
				}
			}
		}
	}
	return merged
}

// inOrder returns the pieces of each file, in the order of the files.
func (l listing) inOrder(done map[ID][]string) []Live {
	var all []Live
	for id, pieces := range l.pieces {
		live := Live{ID: id, Pieces: pieces}
		if labels := done[id]; len(labels) > 0 {
			live.Label = slices.Min(labels)
		}
		all = append(all, live)
	}
	slices.SortFunc(all, compareLive)
	return all
}

func compareLive(a, b Live) int {
	return cmp.Or(cmp.Compare(a.place(), b.place()), cmp.Compare(a.ID, b.ID))
}

// Became returns the finished file that the pieces of id have become. ok is false if there
// is none, or if that is more than an hour ago.
func Became(ctx context.Context, s store.Store, log Log, id ID) (f File, ok bool, err error) {
	var labels []string
	for e, err := range s.List(ctx, log.Done(id, ""), "", false) {
		if err != nil {
			return f, false, err
		}
		if _, label, ok := log.ParseLive(e.Key); ok {
			labels = append(labels, label)
		}
	}
	for _, label := range labels {
		for e, err := range s.List(ctx, log.Dir()+label, "", true) {
			if err != nil || !e.Prefix && !strings.HasSuffix(e.Key, ".t") {
				return File{e.Key, label, e.Size}, err == nil, err
			}
		}
	}
	return f, false, nil
}

// SortPieces sorts the pieces of a file as they follow each other.
func SortPieces(pieces []Piece) {
	slices.SortFunc(pieces, func(a, b Piece) int { return cmp.Compare(a.Off, b.Off) })
}

// place is the label by which pieces stand among files and each other.
func (l Live) place() string {
	if l.Label != "" {
		return l.Label
	}
	return l.ID.Label()
}

package layout

import (
	"cmp"
	"context"
	"maps"
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

// View is what a log consists of, at one moment.
type View struct {
	Files []File   // by Label; each label once
	Gaps  []string // keys of gap objects that begin in the range
	Live  []Live   // those that follow the files; by the label of the file, or of its first line

	// Became has the IDs of pieces that a finished file took the place of within the last
	// hour or so, by the label of that file.
	Became map[string]ID
}

// looks is how often Look tries. A log that finishes files faster than it can be
// listed so many times is read from what is there.
const looks = 20

// Look returns what a log consists of from the first finished file on that comes
// after the label after: "" for all. Live is complete in any case.
func Look(ctx context.Context, s store.Store, log Log, after string) (View, error) {
	var v View
	if err := v.addFiles(ctx, s, log, after); err != nil {
		return v, err
	}
	for range looks {
		live, done, err := listLive(ctx, s, log)
		if err != nil {
			return v, err
		}
		before := len(v.Files)
		if v.overtaken(live, done) {
			v.Files = nil
			if err := v.addFiles(ctx, s, log, after); err != nil {
				return v, err
			}
			if len(v.Files) != before {
				continue
			}
		}
		last := after
		if before > 0 {
			last = v.Files[before-1].Label
		}
		if err := v.addFiles(ctx, s, log, last); err != nil {
			return v, err
		}
		if len(v.Files) == before {
			v.Live = slices.DeleteFunc(live, func(l Live) bool { return slices.ContainsFunc(done[l.ID], v.Has) })
			v.Became = make(map[string]ID)
			for id, labels := range done {
				for _, label := range labels {
					v.Became[label] = id
				}
			}
			break
		}
	}
	for e, err := range s.List(ctx, log.Gaps(), startAfter(log.Gaps(), after), false) {
		if err != nil {
			return v, err
		}
		v.Gaps = append(v.Gaps, e.Key)
	}
	return v, nil
}

// overtaken reports whether pieces are gone because of a file that was put after
// the files were listed, and before ones that were.
func (v *View) overtaken(live []Live, done map[ID][]string) bool {
	n := len(v.Files)
	if n == 0 {
		return false
	}
	return slices.ContainsFunc(slices.Collect(maps.Keys(done)), func(id ID) bool {
		between := func(label string) bool { return v.Files[0].Label < label && label < v.Files[n-1].Label }
		return slices.ContainsFunc(done[id], between) && !slices.ContainsFunc(done[id], v.Has) &&
			!slices.ContainsFunc(live, func(l Live) bool { return l.ID == id })
	})
}

// startAfter returns a key in front of everything behind label.
func startAfter(dir, label string) string {
	if label == "" {
		return ""
	}
	return dir + label + "\x7f"
}

// addFiles appends the finished files after label.
func (v *View) addFiles(ctx context.Context, s store.Store, log Log, label string) error {
	dir := log.Dir()
	for e, err := range s.List(ctx, dir+"@", startAfter(dir, label), true) {
		if err != nil {
			return err
		}
		l, ok := Label(e.Key)
		if e.Prefix || !ok || strings.HasSuffix(e.Key, ".t") {
			continue
		}
		if n := len(v.Files); n > 0 && v.Files[n-1].Label == l {
			continue
		}
		v.Files = append(v.Files, File{e.Key, l, e.Size})
	}
	return nil
}

// Has reports whether the finished file label is there.
func (v *View) Has(label string) bool {
	_, ok := slices.BinarySearchFunc(v.Files, label, func(f File, l string) int { return cmp.Compare(f.Label, l) })
	return ok
}

// listLive returns all pieces, also those that are superseded, and the labels of
// files that are finished.
func listLive(ctx context.Context, s store.Store, log Log) (all []Live, done map[ID][]string, err error) {
	at := map[ID]int{}
	done = map[ID][]string{}
	for e, err := range s.List(ctx, log.Live(), "", false) {
		if err != nil {
			return nil, nil, err
		}
		id, label, ok := log.ParseLive(e.Key)
		if !ok {
			continue
		}
		if label != "" {
			done[id] = append(done[id], label)
			continue
		}
		p, ok := log.ParsePiece(e.Key)
		if !ok {
			continue
		}
		p.Size = e.Size
		i, ok := at[id]
		if !ok {
			i = len(all)
			at[id] = i
			all = append(all, Live{ID: id})
		}
		all[i].Pieces = append(all[i].Pieces, p)
	}
	for i := range all {
		l := &all[i]
		if labels := done[l.ID]; len(labels) > 0 {
			l.Label = labels[0]
		}
		SortPieces(l.Pieces)
	}
	slices.SortStableFunc(all, func(a, b Live) int { return cmp.Compare(a.place(), b.place()) })
	return all, done, nil
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

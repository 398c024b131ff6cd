package ship

import (
	"slices"
	"strings"
	"time"

	"multilog/fleet/layout"
	"multilog/tai64n"
)

// rereadEvery is how often everything is listed anew, whatever the stamps say.
const rereadEvery = time.Minute

// notePrefix begins the name, in .ship, of the note that a file was dropped. The file's
// label follows.
const notePrefix = "gap."

// second is a name in .ship: that of a note, or of a file. The latter is the file's own,
// and behind a '~' the label of the file before it, if that is known.
type second struct {
	Kept
	label string
	name  string // the file's own; a note's is as in .ship
	after string
	note  bool
	here  bool // the file had its own name when the directory was last looked at
}

// parseSecond returns what a name in .ship says. ok is false for other names.
func parseSecond(k Kept) (s *second, ok bool) {
	s = &second{Kept: k}
	if label, isNote := strings.CutPrefix(k.Name, notePrefix); isNote {
		s.label, s.name, s.note = label, k.Name, true
		_, ok = layout.Label(label)
		return s, ok && len(label) == tai64n.Len
	}
	s.name, s.after, _ = strings.Cut(k.Name, "~")
	s.label, ok = layout.Label(s.name)
	return s, ok && !strings.HasSuffix(k.Name, newSuffix)
}

// shelf is what .ship has, in memory: files wait there by the thousand while the store is
// away, and a look at each of them takes longer than loggers leave them.
type shelf struct {
	all     []*second            // by label; a note behind the file
	byLabel map[string][]*second // the same
	watched []*second            // those that may change: their file was in the directory, or is not finished
	bytes   int64                // of all files
	only    int64                // of those that have no other name
}

func compareSecond(a, b *second) int {
	if c := strings.Compare(a.label, b.label); c != 0 {
		return c
	}
	return strings.Compare(a.Name, b.Name) // '@' comes before 'g'
}

// newShelf returns the shelf for a listing of .ship.
func newShelf(kept []Kept) shelf {
	s := shelf{byLabel: make(map[string][]*second, len(kept))}
	for _, k := range kept {
		if e, ok := parseSecond(k); ok {
			e.here = !e.note
			s.all = append(s.all, e)
			s.byLabel[e.label] = append(s.byLabel[e.label], e)
			s.account(e, 1)
		}
	}
	slices.SortFunc(s.all, compareSecond)
	s.watched = slices.Clone(s.all)
	return s
}

// account adds a file's bytes to the sums, or takes them away with sign -1.
func (s *shelf) account(e *second, sign int64) {
	if e.note {
		return
	}
	s.bytes += sign * e.Bytes
	if e.Only {
		s.only += sign * e.Bytes
	}
}

// add takes a new name.
func (s *shelf) add(k Kept) {
	e, ok := parseSecond(k)
	if !ok {
		return
	}
	i, there := slices.BinarySearchFunc(s.all, e, compareSecond)
	if there {
		return
	}
	e.here = !e.note
	s.all = slices.Insert(s.all, i, e)
	s.byLabel[e.label] = append(s.byLabel[e.label], e)
	s.account(e, 1)
	s.watch(e)
}

// update notes what a look at a file's name has told.
func (s *shelf) update(e *second, k Kept) {
	s.account(e, -1)
	e.Kept = k
	s.account(e, 1)
}

// remove takes away a name.
func (s *shelf) remove(e *second) {
	i, there := slices.BinarySearchFunc(s.all, e, compareSecond)
	if !there || s.all[i] != e {
		return
	}
	s.all = slices.Delete(s.all, i, i+1)
	s.account(e, -1)
	is := func(other *second) bool { return other == e }
	if same := slices.DeleteFunc(s.byLabel[e.label], is); len(same) > 0 {
		s.byLabel[e.label] = same
	} else {
		delete(s.byLabel, e.label)
	}
	s.watched = slices.DeleteFunc(s.watched, is)
}

// watch has a name looked at by the next tidy.
func (s *shelf) watch(e *second) {
	if !slices.Contains(s.watched, e) {
		s.watched = append(s.watched, e)
	}
}

// find returns the entry of a name in .ship, or nil.
func (s *shelf) find(name string) *second {
	if k, ok := parseSecond(Kept{Name: name}); ok {
		for _, e := range s.byLabel[k.label] {
			if e.Name == name {
				return e
			}
		}
	}
	return nil
}

// has reports whether the file label is there under its own name, or a note in its place.
func (s *shelf) has(label, name string) bool {
	return slices.ContainsFunc(s.byLabel[label], func(e *second) bool { return e.note || e.name == name })
}

// refresh looks at the directory and at .ship where they have changed since it last did.
// It reports whether something had.
func (l *Log) refresh() (changed bool, err error) {
	now := l.Now()
	due := now.Sub(l.reread).Abs() >= rereadEvery
	stamp, err := l.dir.Stamp(false)
	if err != nil {
		return false, err
	}
	s := l.last
	if due || stamp == (Stamp{}) || stamp != l.dirStamp {
		if s, err = l.look(); err != nil {
			return false, err
		}
		changed = true
	}
	kept, err := l.dir.Stamp(true)
	if err != nil {
		return false, err
	}
	if due || l.stale || kept != l.keptStamp {
		names, err := l.dir.Kept()
		if err != nil {
			return false, err
		}
		l.shelf, l.keptStamp, l.stale, changed = newShelf(names), kept, false, true
		for _, e := range l.shelf.all {
			if l.before[e.label] == "" && e.after != "" {
				l.before[e.label] = e.after
			}
		}
	}
	if due {
		l.reread = now
	}
	if !changed {
		return false, nil
	}
	l.follow(s)
	l.last, l.dirStamp = s, Stamp{}
	if stamp.settled(now) {
		l.dirStamp = stamp
	}
	return true, nil
}

// shelve gives a file a second name.
func (l *Log) shelve(name, as string) error {
	defer l.noteKept()
	if err := l.dir.Keep(name, as); err != nil {
		return err
	}
	k, err := l.dir.Look(as)
	if err != nil { // somebody has removed it already
		l.stale = true
		return nil
	}
	l.shelf.add(k)
	return nil
}

// unshelve removes a name from .ship.
func (l *Log) unshelve(e *second) error {
	defer l.noteKept()
	if err := l.dir.Drop(e.Name); err != nil {
		return err
	}
	l.shelf.remove(e)
	return nil
}

// noteKept notes that the last change of .ship was this Log's own. One by others at the
// same moment is seen by the next reading.
func (l *Log) noteKept() {
	stamp, err := l.dir.Stamp(true)
	if err != nil {
		l.stale = true
	}
	l.keptStamp = stamp
}

// stored notes that the store has the file label, or a gap object in its place.
func (l *Log) stored(label string) {
	l.have[label] = true
	for _, e := range l.shelf.byLabel[label] {
		l.shelf.watch(e)
	}
}

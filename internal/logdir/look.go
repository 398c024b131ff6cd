package logdir

import (
	"errors"
	"io/fs"
	"slices"
)

// A look is one reading of a directory. See the package's documentation for why it
// is right.
type look struct {
	*Dir
	first  bool // nothing is known yet
	steady bool // what was seen is how the directory was at one time

	old      []string // names of old files, the last ones that were seen, in order
	last     []string // the names of old files in the last listing
	current  *File    // the newest file: `current` or, while there is none, `next`
	next     *File    // what the logger has prepared, or begun already
	previous *File    // what a processor works on, or its result
	moved    bool     // current has got another name since it was opened
	gone     []*pin   // known files without a label that had no name before the rest was looked at

	files   []*File  // the new ones, in order
	lost    []string // labels of old files that came and went since the last look, in order
	limit   string   // the label of current, when it is known
	anchor  string   // the first label in current, when newer files were cut off
	guessed []string // labels that were taken for those of known files, as their order has it
	alive   bool     // a known file without a label is there still
	unsure  bool     // more may be lost than is known
}

func (l *look) close() {
	for _, f := range append(l.files, l.current, l.previous, l.next) {
		if f != nil {
			f.Close()
		}
	}
}

// tries returns how many times a directory in motion is looked at.
func (l *look) tries() int {
	for _, f := range []*File{l.current, l.previous} {
		if f != nil && f.firstLabel() != "" {
			return sureTries
		}
	}
	return maxTries
}

// probe looks at the places where files can be, in the order in which they move.
func (l *look) probe() error {
	l.note()
	l.missed = false
	for _, p := range l.pins {
		if !p.named && p.names() == 0 {
			l.gone = append(l.gone, p)
		}
	}
	if err := l.openCurrent(); err != nil {
		return err
	}
	if err := l.openPrevious(); err != nil {
		return err
	}
	first, err := l.list()
	if err != nil {
		return err
	}
	l.last = first
	if !l.note() {
		l.old, l.steady = first, true
		l.alive = slices.ContainsFunc(l.pins, (*pin).isThere)
		return nil
	}
	if l.previous != nil {
		l.previous.Close()
	}
	if err := l.openPrevious(); err != nil {
		return err
	}
	second, err := l.list()
	if err != nil {
		return err
	}
	if l.last, err = l.list(); err != nil {
		return err
	}
	l.note()
	l.alive = slices.ContainsFunc(l.pins, (*pin).isThere)
	l.old = union(l.last, union(second, first))
	l.steady = l.stands() && slices.Equal(first, second) && slices.Equal(second, l.last)
	return nil
}

// union returns the old files of both, with the names that they have in the newer
// listing.
func union(newer, older []string) []string {
	all := slices.Clone(newer)
	for _, name := range older {
		if nameOf(newer, labelOf(name)) == "" {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

func (l *look) list() ([]string, error) {
	all, err := l.dir.Names()
	return oldNames(all), err
}

// openCurrent opens `next` and `current`. Between two renames there may be neither
// for a moment, or `next` alone, which is the newest file then.
func (l *look) openCurrent() (err error) {
	for range maxTries {
		if l.next, err = l.open("next"); err != nil {
			return err
		}
		if l.current, err = l.open("current"); err != nil {
			return err
		}
		if l.current != nil || l.next != nil || !l.note() {
			break
		}
	}
	switch {
	case l.current == nil:
		l.current, l.next = l.next, nil
	case l.next != nil && l.next.id == l.current.id:
		l.next.Close()
		l.next = nil
	}
	return nil
}

// openPrevious opens what a processor works on or, when that has gone, its result
// if that is complete.
func (l *look) openPrevious() (err error) {
	if l.previous, err = l.open("previous"); err != nil || l.previous != nil {
		return err
	}
	if l.previous, err = l.open("processed"); err != nil || l.previous == nil {
		return err
	}
	if !l.previous.whole {
		l.previous.Close()
		l.previous = nil
	}
	return nil
}

// open opens the file that has a name which files only pass through, nil if none has.
func (l *look) open(name string) (*File, error) {
	f := l.file(name, "")
	err := f.openAs(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return f, err
}

func (l *look) file(name, label string) *File {
	return &File{Dir: l.Path, Name: name, Label: label, in: l.dir}
}

// stands reports whether the files without a label have the names under which they
// were opened. It notes whether current is not the newest file any more.
func (l *look) stands() bool {
	switch c := l.current; {
	case c == nil:
		l.moved = l.idOf("next") != "" || l.idOf("current") != ""
	case c.Name == "next":
		l.moved = l.idOf("next") != c.id && l.idOf("current") != c.id
	default:
		l.moved = l.idOf("current") != c.id
	}
	if l.next != nil && l.idOf("next") != l.next.id { // it was seen where it has gone since
		l.next.Close()
		l.next = nil
	}
	previous, processed := l.idOf("previous"), ""
	if previous == "" {
		processed = l.idOf("processed")
	}
	switch p := l.previous; {
	case p == nil:
		return !l.moved && previous == ""
	case p.Name == "previous":
		return !l.moved && previous == p.id
	}
	return !l.moved && processed == l.previous.id
}

// idOf returns the identity of the file that has name now, "" if none has.
func (l *look) idOf(name string) string {
	info, err := l.dir.Stat(name)
	if err != nil {
		return ""
	}
	return info.ID
}

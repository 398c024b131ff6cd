package logdir

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"multilog/tai64n"
)

// A look is one reading of a directory.
type look struct {
	*Dir
	first bool // nothing is known yet

	names
	files   []*File // the new ones, in order
	current *File   // opened before the names were read

	previousFile *File           // what a processor works on, or its result
	nextFile     *File           // what the logger has prepared, or begun already
	ids          map[fileID]bool // the new old files, also those that were known without a label
	lost         []string        // labels of old files that came and went since the last look
	gone         []pin           // known files that were gone before the names were read
}

func (l *look) close() {
	for _, f := range l.files {
		f.Close()
	}
	for _, f := range []*File{l.current, l.previousFile, l.nextFile} {
		if f != nil {
			f.Close()
		}
	}
}

// run reads the directory. The logger may rename files meanwhile; then the result
// may have holes, and run asks for another try. With final it takes what is sure.
func (l *look) run(final bool) (again bool, err error) {
	// What is `current` now is the last file of what the names show, if it still
	// is `current` after they were read.
	if l.current, err = l.openNew("current"); err != nil {
		return false, err
	}
	l.gone = l.unlinked()
	l.paused()
	list, err := readNames(l.Path)
	if err != nil {
		return false, err
	}
	l.names = sortNames(list)
	l.paused()
	if err := l.openPassing(); err != nil {
		return false, err
	}
	l.paused()
	l.note()
	l.paused()
	if !l.settled() {
		if !final {
			return true, nil
		}
		l.close()
		l.current, l.previousFile, l.nextFile = nil, nil, nil
	}
	if ok, err := l.takeOld(); err != nil || !ok {
		return !ok, err
	}
	l.paused()
	l.matchResults()
	l.takePrevious()
	l.takeCurrent()
	return false, nil
}

// openNew opens a file that is there under a name that files only pass through.
// Without it, or when it is known, there is none.
func (l *look) openNew(name string) (*File, error) {
	f := &File{Dir: l.Path, Name: name}
	err := f.openAs(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return f, err
}

// settled reports whether what was read is how the directory was at one time, as
// far as new files go.
func (l *look) settled() bool {
	for label, count := range l.seen {
		if count > 0 && !l.Dir.labels[label] && !l.has(label) {
			return false
		}
	}
	if !slices.Equal(l.gone, l.unlinked()) {
		return false
	}
	if l.halfMoved || l.names.previous && l.previousFile == nil || l.current != nil && !l.currentIs(l.current.id) {
		return false
	}
	if l.current == nil && !l.currentIs(fileID{}) {
		return false
	}
	if !l.blind && l.current != nil {
		return true
	}
	list, err := readNames(l.Path)
	return err == nil && slices.Equal(sortNames(list).old, l.old)
}

// unlinked returns the known files that had no label and now have no name either.
func (l *look) unlinked() []pin {
	var gone []pin
	for _, p := range l.pins {
		if !p.named && p.links() == 0 {
			gone = append(gone, p)
		}
	}
	return gone
}

// has reports whether an old file has label.
func (l *look) has(label string) bool {
	i, _ := slices.BinarySearch(l.old, label)
	return i < len(l.old) && labelOf(l.old[i]) == label
}

// takeOld takes the old files that are not known. When one has got another name
// since the names were read, ok is false.
func (l *look) takeOld() (ok bool, err error) {
	l.ids = make(map[fileID]bool)
	after := ""
	for _, name := range l.old {
		label := labelOf(name)
		before := after
		after = label
		if l.Dir.labels[label] {
			continue
		}
		if before == label { // two files of one label
			before = ""
		}
		f := &File{Dir: l.Path, Name: name, Label: label, After: before}
		if !l.first {
			l.paused()
			if err := f.openAs(name); errors.Is(err, fs.ErrNotExist) {
				return false, nil
			} else if err != nil {
				return false, err
			}
			l.ids[f.id] = true
			if l.pinned(f.id) { // it has got its label
				l.named(f.id)
				l.Dir.labels[label] = true
				f.Close()
				continue
			}
		}
		l.files = append(l.files, f)
	}
	return true, nil
}

// matchResults finds out which new labels belong to files that were known without
// one, and are gone: a processor's results, or old files that were removed again.
// What else came and went is lost.
func (l *look) matchResults() {
	if l.first {
		return
	}
	if f := l.previousFile; f != nil && l.previousLabel != "" && l.pinned(f.id) {
		l.Dir.labels[l.previousLabel] = true
		l.named(f.id)
	}
	for label, count := range l.seen {
		if count <= 0 && !l.Dir.labels[label] && !l.has(label) {
			l.lost = append(l.lost, label)
		}
	}
	slices.Sort(l.lost)
	unsure := len(l.gone) > 0
	for len(l.gone) > 0 && l.match() {
		l.unpin(func(p pin) bool { return p == l.gone[0] })
		l.gone = l.gone[1:]
	}
	if l.names.previous || l.names.processed { // not lost, but being processed
		l.lost = slices.DeleteFunc(l.lost, func(label string) bool { return label == l.previousLabel })
	}
	if l.blind && unsure && len(l.files) > 0 {
		l.files = slices.Insert(l.files, 0, &File{Dir: l.Path, Gap: &Gap{Files: -1, To: l.files[0].Label}})
	}
	for at := 0; len(l.lost) > 0; at++ {
		n := len(l.lost)
		if at < len(l.files) {
			n, _ = slices.BinarySearch(l.lost, l.files[at].Label)
		}
		if n > 0 {
			gap := &Gap{n, l.lost[0], l.lost[n-1]}
			l.files = slices.Insert(l.files, at, &File{Dir: l.Path, Gap: gap})
			l.lost = l.lost[n:]
			at++
		}
	}
}

// match takes the least new label, as that of a file that was known without one.
func (l *look) match() bool {
	i := slices.IndexFunc(l.files, func(f *File) bool { return !f.Seen })
	switch {
	case len(l.lost) > 0 && (i < 0 || l.lost[0] < l.files[i].Label):
		l.Dir.labels[l.lost[0]] = true
		l.lost = l.lost[1:]
	case i < 0:
		return false
	case l.blind: // perhaps it is not that file's
		l.files[i].Seen = true
	default:
		l.Dir.labels[l.files[i].Label] = true
		l.files[i].Close()
		l.files = slices.Delete(l.files, i, i+1)
	}
	return true
}

// openPassing opens what is there under the other names that files only pass
// through: what a processor works on, or its result when that is safe and has no
// label yet; and `next`.
func (l *look) openPassing() (err error) {
	name := "previous"
	if !l.names.previous {
		name = "processed"
	}
	if l.names.previous || l.names.processed {
		if l.previousFile, err = l.openNew(name); err != nil {
			return err
		}
	}
	l.paused()
	if l.names.next {
		l.nextFile, err = l.openNew("next")
	}
	return err
}

// takePrevious takes the file that openPrevious opened, if it is not known.
func (l *look) takePrevious() {
	f := l.previousFile
	if f == nil || l.previousLabel != "" && l.Dir.labels[l.previousLabel] {
		return
	}
	var st unix.Stat_t
	err := unix.Fstat(int(f.handle.Fd()), &st)
	const clean = 0o100 // what loggers give to a file that is complete
	known := l.pinned(f.id) || l.ids[f.id] || l.isOld(f.id)
	if err != nil || known || f.Name == "processed" && (st.Mode&clean == 0 || len(l.gone) > 0) {
		return // l.gone: it is the result of a known file
	}
	l.previousFile = nil
	// It is newer than all old files, but for those that wait behind it to be
	// processed. Theirs are the labels after its lines'. (A file whose turn it is
	// not may well be older and have such a label: loggers choose it when they
	// have read, and labelled, the next file's first lines.)
	label := l.previousLabel
	if label == "" {
		if label = lastLabelIn(f.handle, st.Size); label == "" {
			label = tai64n.Label{Sec: uint64(st.Mtim.Sec) + tai64n.UnixEpoch, Nano: uint32(st.Mtim.Nsec)}.String()
		}
	}
	at := len(l.files)
	for i, other := range l.files {
		if other.Gap == nil && other.Label > label && other.Torn() {
			at = i
			break
		}
	}
	f.After = ""
	if at > 0 {
		f.After = l.files[at-1].Label
	}
	f.Label = l.previousLabel
	f.Seen = l.blind && !l.first
	l.files = slices.Insert(l.files, at, f)
}

// isOld reports whether an old file is the file id: both names may have been read,
// since loggers link and unlink, and while one name becomes another.
func (l *look) isOld(id fileID) bool {
	for _, name := range l.old {
		if other, err := idOf(filepath.Join(l.Path, name)); err == nil && other == id {
			return true
		}
	}
	return false
}

// lastLabelIn returns the label of the last labelled line at the end of a file of
// size bytes.
func lastLabelIn(f *os.File, size int64) string {
	var end [headBytes]byte
	n, _ := f.ReadAt(end[:], max(0, size-headBytes)) // nothing there is nothing known
	lines := end[:n]
	if size > headBytes {
		lines = lines[bytes.IndexByte(lines, '\n')+1:]
	}
	if m, ok := lastMark(lines); ok {
		return m.label.String()
	}
	return ""
}

// takeCurrent takes `current`, and `next` when it has been begun.
func (l *look) takeCurrent() {
	after := ""
	if len(l.old) > 0 {
		after = labelOf(l.old[len(l.old)-1])
	}
	if l.current != nil && !l.pinned(l.current.id) {
		l.current.After = after
		l.files = append(l.files, l.current)
		l.current = nil
	}
	var st unix.Stat_t
	if f := l.nextFile; f != nil && unix.Fstat(int(f.handle.Fd()), &st) == nil && st.Size > 0 && !l.pinned(f.id) {
		f.After = after
		l.files = append(l.files, f)
		l.nextFile = nil
	}
}

// currentIs reports whether id is the file `current` still: none, for the zero id.
func (l *look) currentIs(id fileID) bool {
	now, err := idOf(filepath.Join(l.Path, "current"))
	if errors.Is(err, fs.ErrNotExist) {
		return id == fileID{}
	}
	return err == nil && now == id
}

// finish makes what was found known, and returns it.
func (l *look) finish() []*File {
	for _, f := range []*File{l.current, l.previousFile, l.nextFile} {
		if f != nil {
			f.Close() // known already
		}
	}
	if l.first {
		l.Dir.labels = make(map[string]bool)
	}
	for _, f := range l.files {
		switch {
		case f.Gap != nil:
		case f.Label != "":
			l.Dir.labels[f.Label] = true
		default:
			if fd, err := unix.FcntlInt(f.handle.Fd(), unix.F_DUPFD_CLOEXEC, 0); err == nil {
				l.pins = append(l.pins, pin{id: f.id, fd: fd})
			}
		}
	}
	for label, count := range l.seen {
		if count <= 0 || l.Dir.labels[label] {
			delete(l.seen, label)
		}
	}
	l.unpin(func(p pin) bool {
		return p.named && p.links() < 2 && (l.previousFile == nil || l.previousFile.id != p.id)
	})
	l.forgetRemoved()
	l.halfMoved = false
	l.blind = l.watch.path == ""
	return l.files
}

// keptLabels of old files are known at least, whether these are there or not.
const keptLabels = 1000

// forgetRemoved keeps the known labels few: those that are there, and the greatest.
// Not being among the names says little about a recent one: its file may have got
// another name while they were read.
func (l *look) forgetRemoved() {
	if len(l.Dir.labels) <= 2*(len(l.old)+keptLabels) {
		return
	}
	known := slices.Sorted(maps.Keys(l.Dir.labels))
	for _, label := range known[:len(known)-len(l.old)-keptLabels] {
		if !l.has(label) && label != l.previousLabel {
			delete(l.Dir.labels, label)
		}
	}
}

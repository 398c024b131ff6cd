package logdir

import (
	"maps"
	"slices"
)

// look finds the new files in a snapshot. Its methods are the steps of newFiles.
type look struct {
	*snapshot

	old      []string // names of old files, one for each label, in order
	current  *File    // the newest file: current, or next if there is no current
	next     *File    // what the logger has prepared or already begun
	previous *File    // what a processor is working on, or its result
	at       string   // the place of previous among labels; "" if it is the oldest of the new files
	worked   string   // its label, if it is a known file that has one

	known   map[string]bool // labels of existing old files that were known before
	files   []*File         // the new ones, in order
	lost    []string        // labels of old files that came and went since the last look, in order
	guessed []string        // labels that were assigned to known files, because of their order
	unsure  bool            // there may be more lost files than are known
}

// newFiles returns the new files of a snapshot, in order. It takes over the snapshot's
// files.
func (d *Dir) newFiles(s *snapshot) []*File {
	l := &look{snapshot: s, known: make(map[string]bool)}
	var all []string
	for name := range s.names {
		all = append(all, name)
	}
	l.old = oldNames(all)
	for _, p := range l.pins {
		p.there = s.hasFile(p.id)
	}
	l.takeLost()
	l.takeNewest()
	l.takePrevious()
	l.takeOld()
	l.placePrevious()
	l.matchPins()
	l.unsure = l.blind && !l.first && !l.continues() && !l.begins()
	l.placeNewest()
	l.insertGaps()
	l.remember()
	s.close()
	return l.files
}

// release takes the file that is open under this name out of the snapshot, or returns
// nil.
func (l *look) release(name string) *File {
	f := l.opened[name]
	delete(l.opened, name)
	return f
}

// takeLost determines which old files came and went since the last look.
func (l *look) takeLost() {
	for label, count := range l.seen {
		if count <= 0 && label != l.passed && !l.labels[label] && nameOf(l.old, label) == "" && !l.first {
			l.lost = append(l.lost, label)
		}
	}
	slices.Sort(l.lost)
}

// takeNewest takes the files that are being written, unless they are known.
func (l *look) takeNewest() {
	for _, name := range []string{"current", "next"} {
		f := l.release(name)
		switch {
		case f == nil:
		case l.pinOf(f.id) != nil || l.current != nil && f.id == l.current.id:
			f.Close()
		case name == "current":
			l.current = f
		default:
			l.next = f
		}
	}
}

// takePrevious takes the file that a processor is working on, or its result, unless it
// is known under another name.
func (l *look) takePrevious() {
	f := l.release("previous")
	if f == nil {
		f = l.release("processed")
	}
	if f == nil {
		return
	}
	if l.passed != newest {
		f.Label = l.passed
	}
	if f.Name == "processed" && !f.whole || l.isKnownPrevious(f) {
		f.Close()
		return
	}
	l.previous = f
}

// isKnownPrevious reports whether f, which is `previous` or its result, is known or is
// also an old file of this look.
func (l *look) isKnownPrevious(f *File) bool {
	if p := l.pinOf(f.id); p != nil {
		if f.Label != "" {
			p.got = f.Label
			l.labels[f.Label] = true
			l.pending[f.Label] = f.id
			l.worked = f.Label
		}
		return true
	}
	if l.labels[f.Label] {
		l.worked = f.Label
		return true
	}
	if l.link != "" {
		return true
	}
	for _, label := range slices.Sorted(maps.Keys(l.pending)) {
		if l.pending[label] == f.id || f.Name == "processed" && l.passed == "" && f.isResultOf(label, l.old) {
			l.worked = label
			return true
		}
	}
	return false
}

// takeOld takes the old files that are not known.
func (l *look) takeOld() {
	after := ""
	for _, name := range l.old {
		label := labelOf(name)
		if l.labels[label] {
			l.known[label] = true
			after = label
			continue
		}
		f := l.release(name)
		if f == nil {
			f = l.file(name) // one of many
			f.id = l.ids[name]
		}
		f.After, after = after, label
		if p := l.pinNamed(label, f); p != nil {
			p.got = label
			l.learn(f)
			continue
		}
		l.files = append(l.files, f)
	}
}

// pinNamed returns the pin of the old file f, or of another file with its label, or
// nil.
func (l *look) pinNamed(label string, f *File) *pin {
	if p := l.pinOf(f.id); p != nil || f.id == "" {
		return p
	}
	for name, other := range l.opened {
		if IsOld(name) && labelOf(name) == label && l.pinOf(other.id) != nil {
			return l.pinOf(other.id)
		}
	}
	for name, id := range l.ids {
		if IsOld(name) && labelOf(name) == label && l.pinOf(id) != nil {
			return l.pinOf(id)
		}
	}
	return nil
}

// learn notes the label of f, which is a known file.
func (l *look) learn(f *File) {
	l.labels[f.Label] = true
	l.waits(f)
	f.Close()
}

// begins reports whether the log has just begun: no file was known before the look, and
// there is no old file. Loggers keep at least one of the old files, so none was removed.
func (l *look) begins() bool { return len(l.labels) == 0 && len(l.pins) == 0 && len(l.old) == 0 }

// continues reports whether a known file still exists. Then no newer one was removed.
func (l *look) continues() bool {
	if l.worked != "" {
		return true
	}
	for _, p := range l.pins {
		if p.there {
			return true
		}
	}
	return slices.ContainsFunc(l.old, func(name string) bool {
		return l.labels[labelOf(name)] && !slices.Contains(l.guessed, labelOf(name))
	})
}

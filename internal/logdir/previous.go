package logdir

import "slices"

// takePrevious takes what a processor works on, or its result, if it is not known
// under another name.
func (l *look) takePrevious() {
	f := l.previous
	if f == nil {
		return
	}
	if l.knowsPrevious() {
		if l.previous != nil {
			f.Close()
			l.previous = nil
		}
		return
	}
	at := l.find(f)
	if at < 0 {
		at = slices.IndexFunc(l.files, func(old *File) bool {
			return l.vanished(old.Label) && f.wrote() <= old.Label && kin(f, old) != other
		})
	}
	if at >= 0 {
		l.files[at].become(f)
		l.previous = nil
		return
	}
	l.place(f)
	l.previous = nil
}

// knowsPrevious reports whether previous is a known file, or one that is found
// under another name, or one that is newer than current.
func (l *look) knowsPrevious() bool {
	f := l.previous
	if l.current != nil && f.id == l.current.id || l.pinOf(f.id) != nil {
		return true
	}
	for label, id := range l.pending {
		if f.id == id || l.vanished(label) && f.wrote() <= label {
			return true
		}
	}
	for _, name := range slices.Backward(l.old) { // loggers link, and unlink then
		if !l.labels[labelOf(name)] {
			continue
		}
		if info, err := l.dir.Stat(name); err == nil && info.ID == f.id {
			return true
		}
	}
	for _, p := range l.pins {
		if p.hasResult(f) {
			l.goOnWith(p)
			return true
		}
	}
	if l.current != nil && f.Name == "processed" && kin(l.current, f) == same {
		return true
	}
	first := f.firstLabel()
	if first == "" {
		i := slices.IndexFunc(l.gone, func(p *pin) bool { return !p.named })
		if f.Name != "processed" || i < 0 {
			return false
		}
		l.goOnWith(l.gone[i]) // processors take them in order
		return true
	}
	if l.newest != nil && first < l.newest.firstLabel() {
		return true // older than a known file
	}
	return l.moved && l.anchor != "" && first > l.anchor
}

// goOnWith makes previous, a processor's result, the file by which p stays known.
func (l *look) goOnWith(p *pin) {
	p.become(l.previous)
	p.Name = l.previous.Name
	l.gone = slices.DeleteFunc(l.gone, func(other *pin) bool { return other == p })
	l.previous = nil
}

// place puts previous among the new files, as the labels in its lines and theirs
// have it. Where there are none it is behind the files that are finished, and before
// those that wait to be processed.
func (l *look) place(f *File) {
	wrote, first := f.wrote(), f.firstLabel()
	at := len(l.files)
	for i, other := range l.files {
		if other.Label < wrote {
			continue
		}
		// The name of an older file may be later than the lines of this one. Its own
		// lines are not.
		wasOpen := other.handle != nil
		label := other.firstLabel()
		other.closeUnless(wasOpen)
		if first != "" && label != "" && first < label || (first == "" || label == "") && unfinished(nameOf(l.old, other.Label)) {
			at = i
			break
		}
	}
	if at > 0 {
		f.After = l.files[at-1].Label
	}
	l.files = slices.Insert(l.files, at, f)
}

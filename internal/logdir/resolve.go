package logdir

import (
	"errors"
	"slices"
)

// resolve makes of what was seen the new files, in order.
func (l *look) resolve() error {
	l.lost, l.later = l.later, nil
	l.dropRemoved()
	if err := l.takeOld(); err != nil {
		return err
	}
	if l.moved {
		l.cut()
	}
	l.takePrevious()
	l.matchPins()
	l.takeCurrent()
	l.insertGaps()
	return nil
}

// oldest returns the label of the oldest file at the end of the look.
func (l *look) oldest() string {
	if len(l.last) == 0 {
		return ""
	}
	return labelOf(l.last[0])
}

// vanished reports whether the old file with label has no such name any more,
// although loggers have not removed it, since an older one is there. It is
// `previous`, or its result is `processed`.
func (l *look) vanished(label string) bool {
	return len(l.last) > 0 && label > l.oldest() && nameOf(l.last, label) == ""
}

// dropRemoved leaves out the old files that were removed while they were looked at.
func (l *look) dropRemoved() {
	l.old = slices.DeleteFunc(l.old, func(name string) bool {
		label := labelOf(name)
		if label >= l.oldest() || l.labels[label] {
			return false
		}
		l.lose(label)
		return true
	})
}

// lose notes that an old file was removed before it could be read.
func (l *look) lose(label string) {
	if !l.first && !slices.Contains(l.lost, label) {
		l.lost = append(l.lost, label)
	}
}

// takeOld takes the old files that are not known. After the first look they are
// opened.
func (l *look) takeOld() error {
	after := ""
	for _, name := range l.old {
		f := l.file(name, labelOf(name))
		f.After, after = after, f.Label
		if l.labels[f.Label] {
			continue
		}
		if !l.first {
			switch _, err := f.Open(); {
			case errors.Is(err, ErrRemoved):
				l.lose(f.Label)
				continue
			case err != nil:
				return err
			}
			if l.isKnown(f) {
				l.learn(f)
				continue
			}
		}
		l.files = append(l.files, f)
	}
	for label, count := range l.seen {
		if count <= 0 && label != l.passed && !l.labels[label] && nameOf(l.old, label) == "" {
			l.lose(label)
		}
	}
	slices.Sort(l.lost)
	return nil
}

// isKnown reports whether the old file f was known while it had no label: as it is,
// or as what a processor has made f of.
func (l *look) isKnown(f *File) bool {
	p := l.pinOf(f.id)
	if info, err := l.dir.Stat(f.Label + ".u"); p == nil && err == nil { // svlogd removes it last
		p = l.pinOf(info.ID)
	}
	for i := 0; i < len(l.pins) && p == nil; i++ {
		if l.pins[i].hasResult(f) {
			p = l.pins[i]
		}
	}
	if p == nil {
		return false
	}
	p.named, p.got = true, f.Label
	if l.current != nil && p.id == l.current.id {
		l.limit = f.Label
	}
	return true
}

// hasResult reports whether a processor has made f of p, as their lines tell.
func (p *pin) hasResult(f *File) bool {
	return !p.named && p.Name != "processed" && p.names() == 0 && kin(p.File, f) == same
}

// learn makes the label of f known: that file is known already.
func (l *look) learn(f *File) {
	l.labels[f.Label] = true
	l.waits(f)
	f.Close()
}

// cut leaves out the files that are newer than current, which has been renamed
// since it was opened: there may be more of them than were seen. The next look
// finds them.
func (l *look) cut() {
	if l.next != nil {
		l.next.Close()
		l.next = nil
	}
	if l.current == nil {
		return
	}
	l.anchor = l.current.firstLabel()
	end := len(l.files)
	switch at := l.find(l.current); {
	case l.limit != "":
		end, _ = slices.BinarySearchFunc(l.files, l.limit, byLabel)
	case l.pinOf(l.current.id) != nil:
		end = 0 // what is not known is newer
	case at >= 0:
		l.limit, end = l.files[at].Label, at+1
	default:
		for end > 0 && newer(l.files[end-1], l.current) {
			end--
		}
	}
	for _, f := range l.files[end:] {
		f.Close()
	}
	l.files = l.files[:end]
	limit := l.limit
	if limit == "" {
		limit = l.current.wrote()
	}
	i, _ := slices.BinarySearch(l.lost, limit)
	l.later = slices.Clone(l.lost[i:])
	l.lost = l.lost[:i]
	if end > 0 && l.files[end-1].Label == l.limit {
		l.files[end-1].become(l.current)
		l.current = nil
	}
}

func byLabel(f *File, label string) int {
	switch {
	case f.Label < label:
		return -1
	case f.Label > label:
		return 1
	}
	return 0
}

// newer reports whether the lines of the old file f are newer than those of file.
func newer(f, file *File) bool {
	defer f.closeUnless(f.handle != nil)
	first, _, ok := file.labels()
	if !ok {
		return f.Label > file.wrote()
	}
	label := f.firstLabel()
	return label > first || label == "" && f.Label > file.wrote()
}

// closeUnless closes a file that was opened only to be looked at.
func (f *File) closeUnless(wasOpen bool) {
	if !wasOpen {
		f.Close()
	}
}

// find returns which of the new files is the same as file, -1 if none is: as it is,
// or as what a processor has made of it.
func (l *look) find(file *File) int {
	for i, f := range slices.Backward(l.files) {
		if f.id == file.id {
			return i
		}
		if info, err := l.dir.Stat(f.Name); err == nil && info.ID == file.id {
			return i
		}
	}
	unlabelled := file.firstLabel() == ""
	for i, f := range slices.Backward(l.files) {
		if f.Label < file.wrote() {
			break
		}
		if unlabelled && l.steady && f.Name == nameOf(l.last, f.Label) {
			continue // only what moves can be both
		}
		wasOpen := f.handle != nil
		if file.Name != "processed" && kin(file, f) == same {
			return i
		}
		f.closeUnless(wasOpen)
	}
	return -1
}

// become makes f the file that was found as other, which is open.
func (f *File) become(other *File) {
	f.Close()
	f.handle, f.id, f.whole = other.handle, other.id, other.whole
}

// matchPins finds out what became of known files that had no label, and have no
// name now. Loggers remove the oldest files first, and processors take them in
// order: so the oldest of these files has the least of the new labels.
func (l *look) matchPins() {
	for i, p := range l.pins {
		if p.named || p.names() > 0 {
			continue
		}
		before := "~" // its label is less than that of the next one
		for _, next := range l.pins[i:] {
			if next.got != "" && before == "~" {
				before = next.got
			}
		}
		at := slices.IndexFunc(l.files, func(f *File) bool { return f.Label != "" })
		if at >= 0 && l.files[at].Label >= before {
			at = -1
		}
		switch {
		case len(l.lost) > 0 && l.lost[0] < before && (at < 0 || l.lost[0] < l.files[at].Label):
			l.labels[l.lost[0]] = true
			l.lost = l.lost[1:]
			p.named = true
		case !slices.Contains(l.gone, p): // its new name was not there yet
		case at >= 0 && kin(p.File, l.files[at]) == unclear:
			l.guessed = append(l.guessed, l.files[at].Label)
			l.learn(l.files[at])
			l.files = slices.Delete(l.files, at, at+1)
			p.named = true
		}
	}
	l.unsure = l.blind && !l.first && !l.continues()
	for _, p := range l.gone {
		p.named = true // or it was removed, or it would have been seen
	}
}

// continues reports whether a known file is there still. Then no newer one was
// removed.
func (l *look) continues() bool {
	if l.alive {
		return true
	}
	for _, name := range slices.Backward(l.last) {
		if !l.labels[labelOf(name)] || slices.Contains(l.guessed, labelOf(name)) {
			continue
		}
		if _, err := l.dir.Stat(name); err == nil {
			return true
		}
	}
	return false
}

// takeCurrent takes `current`, and `next` when it has been begun.
func (l *look) takeCurrent() {
	after := ""
	if len(l.old) > 0 {
		after = labelOf(l.old[len(l.old)-1])
	}
	for _, f := range []*File{l.current, l.next} {
		if f == nil {
			continue
		}
		if l.pinOf(f.id) != nil || f == l.next && f.isEmpty() {
			f.Close()
			continue
		}
		f.After = after
		l.files = append(l.files, f)
	}
	l.current, l.next = nil, nil
}

func (f *File) isEmpty() bool {
	info, err := f.handle.Stat()
	return err != nil || info.Size == 0
}

// insertGaps puts what is lost at its place among the new files.
func (l *look) insertGaps() {
	if l.unsure && len(l.files) > 0 {
		l.files = slices.Insert(l.files, 0, l.gap(Gap{Files: -1, To: l.files[0].Label}))
	}
	for at := 0; len(l.lost) > 0; at++ {
		n := len(l.lost)
		if at < len(l.files) {
			n, _ = slices.BinarySearch(l.lost, l.files[at].order())
		}
		if n > 0 {
			l.files = slices.Insert(l.files, at, l.gap(Gap{n, l.lost[0], l.lost[n-1]}))
			l.lost = l.lost[n:]
			at++
		}
	}
}

// order returns what f is sorted by among labels: what has none yet is newer than
// all that have one, but for a file that was passed to a processor.
func (f *File) order() string {
	switch {
	case f.Label != "":
		return f.Label
	case f.Gap != nil:
		return f.Gap.To
	case f.Name == "previous" || f.Name == "processed":
		return f.wrote()
	}
	return "~"
}

func (l *look) gap(g Gap) *File { return &File{Dir: l.Path, Gap: &g} }

// finish makes what was found known, and returns it.
func (l *look) finish() []*File {
	if l.first {
		l.labels, l.pending = make(map[string]bool), make(map[string]string)
	}
	for _, f := range l.files {
		switch {
		case f.Gap != nil:
			continue
		case f.Label != "":
			l.labels[f.Label] = true
			l.waits(f)
		default:
			l.pins = append(l.pins, &pin{File: f.held()})
		}
		if f.handle != nil {
			if l.newest != nil {
				l.newest.Close()
			}
			l.newest = f.held()
		}
	}
	for label := range l.pending {
		if name := nameOf(l.last, label); name != "" && !unfinished(name) || label < l.oldest() {
			delete(l.pending, label)
		}
	}
	for label, count := range l.seen {
		if count <= 0 && label != l.passed && !slices.Contains(l.later, label) || l.labels[label] {
			delete(l.seen, label)
		}
	}
	l.unpin(func(p *pin) bool { return p.named && p.names() < 2 })
	l.forgetRemoved(l.old)
	l.blind = !l.watching || l.missed
	return l.files
}

// waits notes the identity of an old file that waits to be finished: it will be
// `previous`, without its label.
func (l *look) waits(f *File) {
	if !unfinished(f.Name) {
		return
	}
	id := f.id
	if id == "" {
		if info, err := l.dir.Stat(f.Name); err == nil {
			id = info.ID
		}
	}
	l.pending[f.Label] = id
}

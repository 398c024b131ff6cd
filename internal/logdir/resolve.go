package logdir

import "slices"

// matchPins determines what happened to the known files that have no name any more:
// they were processed and became other files, or they were removed. Loggers remove the
// oldest files first, processors take them in order, and every file that is older than
// one of these is known. So the oldest of them became the oldest of the new files,
// unless it was removed.
func (l *look) matchPins() {
	older := slices.ContainsFunc(l.old, func(name string) bool {
		label := labelOf(name)
		return l.known[label] && l.pending[label] == "" // those that wait may be newer
	})
	for i, p := range l.pins {
		if p.there || p.got != "" {
			older = older || p.there
			continue
		}
		before := newest + newest // its label is less than that of the next one
		for _, next := range l.pins[i:] {
			if next.got != "" {
				before = next.got
				break
			}
		}
		var f *File
		if len(l.files) > 0 && l.files[0].Name != "previous" && l.order(l.files[0]) < before {
			f = l.files[0]
		}
		removed := len(l.lost) > 0 && l.lost[0] < before && (f == nil || l.lost[0] < l.order(f))
		switch {
		case removed && !(older && l.blind):
			p.got = l.lost[0]
			l.labels[p.got] = true
			l.lost = l.lost[1:]
		case f != nil:
			// If p was not removed, f is its result. It was not if an older file
			// exists, or if all changes are reported and no removal was.
			k := same
			if !older && l.blind {
				k = kin(p.File, f)
			}
			if k == other {
				break
			}
			l.files = l.files[1:]
			l.goOnWith(p, f)
			if k == unclear {
				l.guessed = append(l.guessed, f.Label)
			}
			older = older || k == same
		}
	}
}

// goOnWith makes f, a processor's result, the file of the pin p.
func (l *look) goOnWith(p *pin, f *File) {
	if f.Label != "" {
		p.got = f.Label
		l.learn(f)
		return
	}
	p.Close()
	p.handle, p.id, p.whole, p.Name = f.handle, f.id, f.whole, f.Name
	p.there = true
}

// placePrevious puts previous among the new files: behind those that are finished, and
// before those that wait to be processed. An old file that a kill has left does not
// wait: its label is before the lines of previous.
func (l *look) placePrevious() {
	f := l.previous
	if f == nil {
		return
	}
	oldest := false
	switch {
	case f.Label != "":
		l.at = f.Label
	case l.first || l.blind:
		l.at = f.wrote()
	case l.passed == newest:
		l.at = newest
	default:
		oldest = true // it, or its input, existed at the last look
	}
	at := slices.IndexFunc(l.files, func(old *File) bool {
		return old.Label >= l.at && (f.Label != "" || oldest || unfinished(old.Name))
	})
	if at < 0 {
		at = len(l.files)
	}
	if at > 0 {
		f.After = l.files[at-1].Label
	}
	l.files = slices.Insert(l.files, at, f)
}

// placeNewest puts `current` at the end, and behind it `next` if it has been begun.
func (l *look) placeNewest() {
	after := ""
	if len(l.old) > 0 {
		after = labelOf(l.old[len(l.old)-1])
	}
	for _, f := range []*File{l.current, l.next} {
		switch {
		case f == nil:
		case f == l.next && f.isEmpty():
			f.Close()
		default:
			f.After = after
			l.files = append(l.files, f)
		}
	}
}

func (f *File) isEmpty() bool {
	info, err := f.handle.Stat()
	return err != nil || info.Size == 0
}

// insertGaps puts the lost files at their places among the new files.
func (l *look) insertGaps() {
	if l.unsure && len(l.files) > 0 {
		l.files = slices.Insert(l.files, 0, l.gap(Gap{Files: -1, To: l.files[0].Label}))
	}
	for at := 0; len(l.lost) > 0; at++ {
		n := len(l.lost)
		if at < len(l.files) {
			n, _ = slices.BinarySearch(l.lost, l.order(l.files[at]))
		}
		if n > 0 {
			l.files = slices.Insert(l.files, at, l.gap(Gap{n, l.lost[0], l.lost[n-1]}))
			l.lost = l.lost[n:]
			at++
		}
	}
}

// order returns the text by which f is sorted among labels.
func (l *look) order(f *File) string {
	switch {
	case f.Label != "":
		return f.Label
	case f.Gap != nil:
		return f.Gap.To
	case f == l.previous:
		return l.at
	}
	return newest
}

func (l *look) gap(g Gap) *File { return &File{Dir: l.Path, Gap: &g} }

// remember makes the files that were found known.
func (l *look) remember() {
	if l.first {
		l.labels, l.pending = make(map[string]bool), make(map[string]string)
	}
	for label := range l.pending {
		if !unfinished(nameOf(l.old, label)) && label != l.worked {
			delete(l.pending, label)
		}
	}
	l.unpin(func(p *pin) bool { return p.got != "" || !p.there })
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
	}
	clear(l.seen)
	l.forgetRemoved(l.old)
	l.blind = !l.watching
}

// waits notes the identity of an old file that waits to be finished: it will become
// `previous`, without its label.
func (l *look) waits(f *File) {
	if unfinished(f.Name) || f.Name == "previous" {
		l.pending[f.Label] = f.id
	}
}

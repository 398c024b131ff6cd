package ship

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"syscall"

	"multilog/fleet/layout"
)

// item is a file to send, or a note that one is missing.
type item struct {
	label string
	name  string // the file's own
	open  string // the name to open
	kept  bool   // it is in .ship
	note  bool
}

// Keep gives every file that is finished, or soon will be, a second name, unless
// the store has it, and removes the oldest of these beyond Config.Keep. What it costs
// depends on what is new, and on how many files the logger keeps, but not on how many
// wait.
func (l *Log) Keep() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	changed, err := l.refresh()
	if err != nil {
		return err
	}
	if changed || l.unlinked {
		if err := l.link(); err != nil {
			return err
		}
	}
	if err := l.tidy(); err != nil {
		return err
	}
	l.forget()
	return nil
}

// link gives second names to the files of the directory.
func (l *Log) link() error {
	l.unlinked = false
	for _, label := range l.last.labels {
		name := l.last.names[label]
		if l.have[label] || l.noLinks || l.shelf.has(label, name) {
			continue
		}
		as := name
		if before := l.before[label]; before != "" {
			as += "~" + before
		}
		err := l.shelve(name, as)
		if err == nil {
			continue
		}
		l.unlinked = true
		if absent(err) {
			continue // it has another name: the next time
		}
		if !errors.Is(err, syscall.EMLINK) {
			l.noLinks = true
		}
		l.warnOnce(fmt.Sprintf("unable to keep %s in %s until it is sent: %v; files that the logger removes before they are sent will be lost", name, keptDir, err))
	}
	return nil
}

// look reads the directory and finds out which file current follows: if it is current
// and all others have labels, the one with the greatest.
func (l *Log) look() (scan, error) {
	current, openErr := l.dir.Open("current", false)
	s, err := l.scan()
	if openErr != nil {
		return s, err
	}
	if !l.current.is(current.Inode()) {
		if l.previous.File != nil {
			l.previous.Close()
		}
		l.previous, l.current = l.current, tracked{File: current}
	} else {
		current.Close()
	}
	if err == nil && l.current.after == "" && !s.busy && l.current.is(l.inodeOf("current")) {
		l.current.after = s.prior("~")
	}
	return s, err
}

// tidy removes second names that are not needed any more or are too many.
func (l *Log) tidy() error {
	watched := l.shelf.watched
	l.shelf.watched = nil
	slices.SortFunc(watched, compareSecond)
	for i, e := range watched {
		again, err := l.tidyName(e)
		if err != nil {
			l.shelf.watched = append(l.shelf.watched, watched[i:]...)
			return err
		}
		if again {
			l.shelf.watched = append(l.shelf.watched, e)
		}
	}
	for i := 0; l.shelf.only > l.Config.Keep && i < len(l.shelf.all); {
		if e := l.shelf.all[i]; e.note || !e.Only {
			i++
		} else if err := l.drop(e); err != nil {
			return err
		}
	}
	l.stats.KeptBytes = l.shelf.only
	return nil
}

// tidyName removes a second name that is not needed. It reports whether it is to be called
// again for it.
func (l *Log) tidyName(e *second) (again bool, err error) {
	name, here := l.last.names[e.label]
	switch {
	case l.have[e.label]:
		return false, l.unshelve(e)
	case e.note:
		return false, nil
	case here && name != e.name && unfinished(e.name): // the processor's result has taken its place
		return false, l.unshelve(e)
	case unfinished(e.name) && !here && !l.last.busy:
		l.gone[e.label]++
	case unfinished(e.name):
		delete(l.gone, e.label)
	}
	here = here && name == e.name
	if !here && (e.here || unfinished(e.name)) && !e.Only {
		k, err := l.dir.Look(e.Name)
		if absent(err) {
			l.stale = true
			return true, nil
		} else if err != nil {
			return true, err
		}
		l.shelf.update(e, k)
	}
	e.here = here
	return here || unfinished(e.name), nil
}

// drop removes a file that only .ship has, and writes a note.
func (l *Log) drop(f *second) error {
	gap := layout.Gap{Host: l.log.Host, Log: l.log.Name, File: f.name, After: l.before[f.label], Bytes: f.Bytes,
		Why: "it was removed because files that were not sent yet took more than --keep"}
	if file, err := l.dir.Open(f.Name, true); err == nil {
		if id, ok := firstID(file); ok {
			gap.ID, gap.First = string(id), id.Label()
		}
		file.Close()
	}
	note, text := notePrefix+f.label, gap.Encode()
	if err := l.dir.Note(note, text); err != nil {
		return err
	}
	l.shelf.add(Kept{Name: note, Bytes: int64(len(text)), Only: true})
	l.Warn(l.log, "unable to keep more than --keep: "+f.name+" was removed before it was sent; a gap object will say so")
	return l.unshelve(f)
}

// follow notes which file each new one follows. While a file is processed it has no label,
// and there is one such file at a time. So if that may be the one before a file, what counts
// is the label that appears later between the one before both and the file's own.
func (l *Log) follow(s scan) {
	for label, last := range l.behind {
		prior := s.prior(label)
		if _, seen := l.before[label]; !seen && prior > last {
			l.before[label] = prior
		}
		if _, seen := l.before[label]; seen || l.have[label] {
			delete(l.behind, label)
		}
	}
	for i, label := range s.labels {
		if _, seen := l.before[label]; seen {
			continue
		}
		if s.busy && unfinished(s.names[label]) && (i == 0 || !unfinished(s.names[s.labels[i-1]])) {
			l.behind[label] = s.prior(label) // a file has no label now, and may be the one before
			continue
		}
		switch {
		case i > 0:
			l.before[label] = s.labels[i-1]
		default:
			l.before[label] = ""
			inode := l.inodeOf(s.names[label])
			for _, t := range []*tracked{&l.current, &l.previous} {
				if t.is(inode) {
					l.before[label] = t.after
				}
			}
		}
	}
}

// forget forgets what is no longer needed of files that were sent.
func (l *Log) forget() {
	s := &l.last
	if len(l.before) < l.forgetAt {
		return
	}
	oldest := "" // of the files that are here or wait: the store is asked about the one before it
	if len(s.labels) > 0 {
		oldest = s.labels[0]
	}
	if len(l.shelf.all) > 0 && (oldest == "" || l.shelf.all[0].label < oldest) {
		oldest = l.shelf.all[0].label
	}
	first := l.before[oldest]
	for label := range l.before {
		if _, here := s.names[label]; !here && l.have[label] && label < first {
			delete(l.before, label)
			delete(l.have, label)
		}
	}
	l.forgetAt = 2*len(l.before) + 1000
}

// inodeOf returns the inode of a file in the directory, or 0.
func (l *Log) inodeOf(name string) uint64 {
	f, err := l.dir.Open(name, false)
	if err != nil {
		return 0
	}
	defer f.Close()
	return f.Inode()
}

// next returns the first file to send.
func (l *Log) next() (item, bool, error) {
	if err := l.Keep(); err != nil {
		return item{}, false, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &l.last
	l.stats.LagBytes = l.shelf.bytes
	finished := max(s.newestFinished(), l.newest)
	for _, e := range slices.Backward(l.shelf.all) {
		if !e.note && !unfinished(e.name) && !l.have[e.label] {
			finished = max(finished, e.label)
			break
		}
	}
	ready := func(i item) bool { return i.note || !unfinished(i.name) || i.label < finished || l.gone[i.label] > 1 }
	var first item
	for _, e := range l.shelf.all {
		i := item{label: e.label, name: e.name, open: e.Name, kept: true, note: e.note}
		if (e.note || !l.have[e.label]) && ready(i) {
			first = i
			break
		}
	}
	for _, label := range s.labels {
		if first.label != "" && first.label <= label {
			break
		}
		i := item{label: label, name: s.names[label], open: s.names[label]}
		kept := slices.ContainsFunc(l.shelf.byLabel[label], func(e *second) bool { return !e.note })
		if !l.have[label] && !kept && ready(i) {
			return i, true, nil
		}
	}
	return first, first.label != "", nil
}

// readNote returns the content of a note.
func readNote(f File) (gap layout.Gap, text []byte, err error) {
	size, err := f.Size()
	if err != nil {
		return gap, nil, err
	}
	text = make([]byte, min(size, 64<<10))
	if n, err := f.ReadAt(text, 0); n < len(text) {
		return gap, nil, err
	}
	return gap, text, json.Unmarshal(text, &gap)
}

package ship

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"

	"multilog/fleet/layout"
	"multilog/tai64n"
)

// notePrefix begins the name, in .ship, of the note that a file was dropped. The file's
// label follows.
const notePrefix = "gap."

// second is the name of a file in .ship: the file's own name, and behind a '~' the
// label of the file before it, if that is known.
type second struct {
	Kept
	label string
	name  string // the file's own
	after string
}

// parseSecond returns the parts of a name in .ship. ok is false for other names.
func parseSecond(k Kept) (s second, ok bool) {
	s = second{Kept: k}
	s.name, s.after, _ = strings.Cut(k.Name, "~")
	s.label, ok = layout.Label(s.name)
	return s, ok && !strings.HasSuffix(k.Name, newSuffix)
}

// item is a file to send, or a note that one is missing.
type item struct {
	label string
	name  string // the file's own
	open  string // the name to open
	kept  bool   // it is in .ship
	note  bool
}

// Keep gives every file that is finished, or soon will be, a second name, unless
// the store has it, and removes the oldest of these beyond Config.Keep.
func (l *Log) Keep() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, err := l.look()
	if err != nil {
		return err
	}
	kept, err := l.dir.Kept()
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for _, k := range kept {
		names[k.Name] = true
		if s, ok := parseSecond(k); ok {
			names[s.name] = true
			if l.before[s.label] == "" && s.after != "" {
				l.before[s.label] = s.after
			}
		}
	}
	l.follow(s)
	l.last = s
	for _, label := range s.labels {
		name := s.names[label]
		if l.have[label] || names[name] || l.noLinks || names[notePrefix+label] {
			continue
		}
		as := name
		if before := l.before[label]; before != "" {
			as += "~" + before
		}
		if err := l.dir.Keep(name, as); absent(err) {
			continue // it has another name: the next time
		} else if err != nil {
			if !errors.Is(err, syscall.EMLINK) {
				l.noLinks = true
			}
			l.warnOnce(fmt.Sprintf("unable to keep %s in %s until it is sent: %v; files that the logger removes before they are sent will be lost", name, keptDir, err))
			continue
		}
		kept = append(kept, Kept{Name: as})
	}
	return l.tidy(s, kept)
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
func (l *Log) tidy(s scan, kept []Kept) error {
	slices.SortFunc(kept, func(a, b Kept) int { return strings.Compare(a.Name, b.Name) })
	total := int64(0)
	var only []second
	for _, k := range kept {
		f, ok := parseSecond(k)
		if !ok {
			if note, isNote := strings.CutPrefix(k.Name, notePrefix); isNote && l.have[note] {
				if err := l.dir.Drop(k.Name); err != nil {
					return err
				}
			}
			continue
		}
		name, here := s.names[f.label]
		switch {
		case l.have[f.label], here && name != f.name && unfinished(f.name):
			// It is in the store, or the processor's result has taken its place.
			if err := l.dir.Drop(k.Name); err != nil {
				return err
			}
			continue
		case unfinished(f.name) && !here && !s.busy:
			l.gone[f.label]++
		case unfinished(f.name):
			delete(l.gone, f.label)
		}
		if k.Only {
			total += k.Bytes
			only = append(only, f)
		}
	}
	for total > l.Config.Keep && len(only) > 0 {
		k := only[0]
		only = only[1:]
		total -= k.Bytes
		if err := l.drop(k); err != nil {
			return err
		}
	}
	l.stats.KeptBytes = total
	return nil
}

// drop removes a file that only .ship has, and writes a note.
func (l *Log) drop(f second) error {
	gap := layout.Gap{Host: l.log.Host, Log: l.log.Name, File: f.name, After: l.before[f.label], Bytes: f.Bytes,
		Why: "it was removed because files that were not sent yet took more than --keep"}
	if file, err := l.dir.Open(f.Name, true); err == nil {
		if id, ok := firstID(file); ok {
			gap.ID, gap.First = string(id), id.Label()
		}
		file.Close()
	}
	if err := l.dir.Note(notePrefix+f.label, gap.Encode()); err != nil {
		return err
	}
	l.Warn(l.log, "unable to keep more than --keep: "+f.name+" was removed before it was sent; a gap object will say so")
	return l.dir.Drop(f.Name)
}

// follow notes which file each new one follows, and forgets what is no longer needed.
func (l *Log) follow(s scan) {
	for i, label := range s.labels {
		if _, seen := l.before[label]; seen {
			continue
		}
		if s.busy && unfinished(s.names[label]) && (i == 0 || !unfinished(s.names[s.labels[i-1]])) {
			continue // a file has no label now, and may be the one before
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
	if len(l.before) < 2*len(s.labels)+1000 {
		return
	}
	first := "" // what the oldest file follows, which the store is asked about
	if len(s.labels) > 0 {
		first = l.before[s.labels[0]]
	}
	for label := range l.before {
		if _, here := s.names[label]; !here && l.have[label] && label < first {
			delete(l.before, label)
			delete(l.have, label)
		}
	}
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
	kept, err := l.dir.Kept()
	if err != nil {
		return item{}, false, err
	}
	s := &l.last
	finished := max(s.newestFinished(), l.newest)
	var all []item
	l.stats.LagBytes = 0
	for _, k := range kept {
		if note, ok := strings.CutPrefix(k.Name, notePrefix); ok {
			if _, ok := layout.Label(note); ok && len(note) == tai64n.Len {
				all = append(all, item{label: note, name: k.Name, open: k.Name, kept: true, note: true})
			}
			continue
		}
		f, ok := parseSecond(k)
		if !ok || l.have[f.label] {
			continue
		}
		if !unfinished(f.name) {
			finished = max(finished, f.label)
		}
		all = append(all, item{label: f.label, name: f.name, open: k.Name, kept: true})
		l.stats.LagBytes += k.Bytes
	}
	for _, label := range s.labels {
		if !l.have[label] && !slices.ContainsFunc(all, func(i item) bool { return i.label == label }) {
			all = append(all, item{label: label, name: s.names[label], open: s.names[label]})
		}
	}
	slices.SortFunc(all, func(a, b item) int { return strings.Compare(a.label, b.label) })
	for _, i := range all {
		if i.note || !unfinished(i.name) || i.label < finished || l.gone[i.label] > 1 {
			return i, true, nil
		}
	}
	return item{}, false, nil
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

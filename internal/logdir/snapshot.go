package logdir

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
)

// ErrMoving means that the names in a directory changed faster than it could be listed,
// in all of many tries.
var ErrMoving = errors.New("its files are renamed faster than they can be listed")

// maxTries limits how often a snapshot is tried. A try fails only if something was
// renamed in the microseconds that it takes or, if the directory reports no changes, in
// the time of several listings.
const maxTries = 200

// sameListings is one more than the number of listings that can miss a file. Each can
// miss it while it is renamed: from @LABEL.u to `previous`, to `processed`, to
// @LABEL.s, and to the name that a compressor gives it.
const sameListings = 5

// snapshot is a directory at one moment: the names in it, and the files that are
// needed, open. The package's documentation says why it is right.
type snapshot struct {
	*Dir
	first  bool              // no file is known, so old files are not opened
	names  map[string]bool   // those that files of a log have
	opened map[string]*File  // the files that are needed, by name
	ids    map[string]string // of old files that are not open and wait to be finished, by name
	link   string            // the name of the old file that is the same file as previous or its result
}

// snapshot takes a snapshot of the directory. The caller closes its files.
func (d *Dir) snapshot() (*snapshot, error) {
	s := &snapshot{Dir: d, first: d.labels == nil}
	d.changes() // earlier changes do not matter
	err := s.restart()
	for try := 0; try < maxTries && err == nil; try++ {
		var same, missed bool
		if missed, err = s.open(); err != nil {
			break
		}
		if same, err = s.update(); err == nil && same && !missed {
			return s, nil
		}
	}
	s.close()
	if err == nil {
		err = fmt.Errorf("unable to read %s: %w", d.Path, ErrMoving)
	}
	return nil, err
}

func (s *snapshot) close() {
	for name := range s.opened {
		s.drop(name)
	}
}

// drop closes the file that was opened under this name.
func (s *snapshot) drop(name string) {
	if f := s.opened[name]; f != nil {
		f.Close()
	}
	delete(s.opened, name)
	delete(s.ids, name)
	if name == "previous" || name == "processed" || name == s.link {
		s.link = ""
	}
	if name == "previous" {
		s.drop("processed") // it may have become complete
	}
}

// restart lists the directory and forgets what was opened before.
func (s *snapshot) restart() (err error) {
	s.close()
	s.opened, s.ids = make(map[string]*File), make(map[string]string)
	s.names, err = s.list()
	return err
}

// list returns the names that files of a log have.
func (s *snapshot) list() (map[string]bool, error) {
	all, err := s.dir.Names()
	names := make(map[string]bool, len(all))
	for _, name := range all {
		if isLogs(name) {
			names[name] = true
		}
	}
	return names, err
}

// isLogs reports whether a file of a log may have this name.
func isLogs(name string) bool {
	switch name {
	case "next", "current", "previous", "processed":
		return true
	}
	return IsOld(name)
}

// open opens the files that are needed and not open yet: all except known old files, and
// old files beyond the first mostOpen, which it only identifies. It reports whether one of
// them no longer exists.
func (s *snapshot) open() (missed bool, err error) {
	for _, name := range s.needed() {
		if IsOld(name) && (len(s.opened) >= s.mostOpen || s.labels[labelOf(name)]) {
			var info Info
			info, err = s.dir.Stat(name)
			s.ids[name] = info.ID
		} else {
			f := s.file(name)
			err = f.openAs(name)
			s.opened[name] = f
		}
		if errors.Is(err, fs.ErrNotExist) {
			s.drop(name)
			missed = true
		} else if err != nil {
			return false, err
		}
	}
	s.findLink()
	return missed, nil
}

// needed returns the names of files that must be opened. It also returns those of old
// files that wait to be finished and are, or will all become, known; only their
// identity is needed.
func (s *snapshot) needed() []string {
	var needed []string
	for name := range s.names {
		label := ""
		if IsOld(name) {
			label = labelOf(name)
		}
		switch {
		case s.opened[name] != nil || s.ids[name] != "":
		case name == "processed" && s.names["previous"]:
		case label != "" && (s.first || s.labels[label]) && (!unfinished(name) || s.pending[label] != ""):
		default:
			needed = append(needed, name)
		}
	}
	slices.Sort(needed)
	return needed
}

// worked returns `previous` or, if that is gone, its result, or nil.
func (s *snapshot) worked() *File {
	if f := s.opened["previous"]; f != nil {
		return f
	}
	return s.opened["processed"]
}

// findLink determines which old file is the same file as `previous` or its result: some
// loggers link a file to its new name before they unlink the old one.
func (s *snapshot) findLink() {
	f := s.worked()
	if f == nil || s.link != "" {
		return
	}
	if info, err := f.handle.Stat(); err != nil || info.Names < 2 {
		return
	}
	old := slices.Sorted(maps.Keys(s.names))
	for _, name := range slices.Backward(old) {
		if IsOld(name) && (s.opened[name] != nil && s.opened[name].id == f.id || s.opened[name] == nil && s.idOf(name) == f.id) {
			s.link = name
			return
		}
	}
}

func (s *snapshot) file(name string) *File {
	f := &File{Dir: s.Path, Name: name, in: s.dir}
	if IsOld(name) {
		f.Label = labelOf(name)
	}
	return f
}

// update applies what has changed. same reports that nothing has.
func (s *snapshot) update() (same bool, err error) {
	if !s.watching {
		return s.compare()
	}
	same = true
	for _, c := range s.changes() {
		switch {
		case c.Kind == Missed || c.Kind == Moved:
			return false, s.restart()
		case c.Kind == Written:
			continue
		}
		for _, name := range []string{c.From, c.Name} {
			if !isLogs(name) {
				continue
			}
			same = false
			s.drop(name)
			if delete(s.names, name); name == c.Name && c.Kind == Came {
				s.names[name] = true
			}
		}
	}
	return same, nil
}

// compare lists the directory again. same reports that it is as it was.
func (s *snapshot) compare() (same bool, err error) {
	for range sameListings {
		names, err := s.list()
		if err != nil {
			return false, err
		}
		if !maps.Equal(names, s.names) {
			return false, s.restart()
		}
	}
	for _, name := range []string{"next", "current", "previous", "processed"} {
		if name == "processed" && s.names["previous"] {
			continue
		}
		info, err := s.dir.Stat(name)
		if f := s.opened[name]; f == nil && err == nil || f != nil && (info.ID != f.id || name == "processed" && info.Complete != f.whole) {
			return false, s.restart()
		}
	}
	return true, nil
}

// idOf returns the identity of the file that has this name now, or "".
func (s *snapshot) idOf(name string) string {
	info, err := s.dir.Stat(name)
	if err != nil {
		return ""
	}
	return info.ID
}

// hasFile reports whether the file id is there, among those that are open or identified.
func (s *snapshot) hasFile(id string) bool {
	for _, f := range s.opened {
		if f.id == id {
			return true
		}
	}
	for _, other := range s.ids {
		if other == id {
			return true
		}
	}
	return false
}

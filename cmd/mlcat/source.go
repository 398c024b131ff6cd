package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"multilog/internal/logdir"
	"multilog/tai64n"
)

// entry is a file of a source, as far as it was when the source was opened.
type entry struct {
	*logdir.File
	content *logdir.Content // nil before it is opened, and when that fails
	opened  bool
	keep    bool // stays open when it has been read: more of it will be read
}

// place is a line's start in a source: a file, and a byte of its content.
type place struct {
	file int
	off  int64
}

// source is a log, or a single file, from its first line to the last one that
// there was when it was opened.
type source struct {
	path     string
	dir      *logdir.Dir // nil for a single file
	files    []*entry
	from, to place // what of it is wanted
	warn     func(error)
}

// openSource finds the files of the log at path. With follow, a directory need
// not exist.
func openSource(path string, follow bool, warn func(error)) (*source, error) {
	s := &source{path: path, warn: warn}
	info, err := os.Stat(path)
	switch {
	case path == "":
		return nil, errors.New("no log directory given, but an empty name (--help tells more)")
	case err == nil && !info.IsDir():
		err = s.addFile(path)
		return s, err
	case follow && errors.Is(err, fs.ErrNotExist):
		warn(waiting{path})
	}
	s.dir = logdir.NewDir(filepath.Clean(path))
	files, err := s.dir.Look()
	if err != nil && !(follow && errors.Is(err, fs.ErrNotExist)) {
		s.dir.Close()
		return nil, err
	}
	if len(files) == 0 && !follow {
		warn(fmt.Errorf("unable to find a log in %s: neither current nor old files are there", path))
	}
	for _, f := range files {
		s.files = append(s.files, &entry{File: f})
	}
	s.from, s.to = place{}, place{len(s.files), 0}
	// How far the files go that may still grow is known before any is read.
	for i, e := range s.files {
		if e.Label == "" {
			s.open(i)
		}
	}
	return s, nil
}

func (s *source) addFile(path string) error {
	f, err := logdir.OpenFile(path)
	if err != nil {
		return err
	}
	s.files = []*entry{{File: f}}
	s.to = place{1, 0}
	s.open(0)
	return nil
}

// open returns the content of file i, or nil when it cannot be read, which it
// says once.
func (s *source) open(i int) *logdir.Content {
	e := s.files[i]
	if e.opened {
		return e.content
	}
	e.opened = true
	content, err := e.Content()
	if errors.Is(err, logdir.ErrRemoved) {
		err = missing{s.path, logdir.Gap{Files: 1, From: e.Label, To: e.Label}}
	}
	if err != nil {
		s.warn(err)
		e.Close()
		return nil
	}
	e.content = content
	return content
}

// openBlocks is open for who wants blocks: it makes them of a stream.
func (s *source) openBlocks(i int) *logdir.Content {
	c := s.open(i)
	if c == nil || !c.IsStream() {
		return c
	}
	if err := c.Spool(); err != nil {
		s.warn(fmt.Errorf("unable to read %s: %w", s.files[i].Path(), err))
	}
	return c
}

// close closes file i, unless more is to be read of it.
func (s *source) close(i int) {
	if e := s.files[i]; !e.keep {
		if e.content != nil {
			e.content.Close()
		}
		e.Close()
	}
}

// bound returns the place of the first line whose label is not before target. Of
// a file without labels, whose lines may be from before and after it, all are
// taken to be after, or with until all before.
func (s *source) bound(target tai64n.Label, until bool) place {
	for i, e := range s.files {
		last, okLast := e.Until()
		if okLast && last.Before(target) {
			continue
		}
		c := s.openBlocks(i)
		if c == nil {
			continue
		}
		off, labelled, err := c.LowerBound(target)
		if err != nil {
			s.warn(fmt.Errorf("unable to read %s: %w", e.Path(), err))
			return place{i, 0}
		}
		if !labelled {
			if until || !okLast && s.endsBefore(i, target) {
				continue
			}
			return place{i, 0}
		}
		if off < c.Size() {
			return place{i, off}
		}
	}
	return place{len(s.files), 0}
}

// endsBefore reports whether a file without labels was last written before target.
func (s *source) endsBefore(i int, target tai64n.Label) bool {
	modified, err := s.files[i].Modified()
	return err == nil && tai64n.Of(modified).Before(target)
}

// span returns which part of file i is wanted; to is -1 for the end of it.
func (s *source) span(i int) (from, to int64) {
	to = -1
	if i == s.from.file {
		from = s.from.off
	}
	if i == s.to.file {
		to = s.to.off
	}
	return from, to
}

// wanted returns the range of files of which something is wanted.
func (s *source) wanted() (first, end int) {
	end = s.to.file
	if s.to.off > 0 {
		end++
	}
	return s.from.file, min(end, len(s.files))
}

// narrow leaves no more wanted than is from from on.
func (s *source) narrow(from place) {
	if from.file > s.from.file || from.file == s.from.file && from.off > s.from.off {
		s.from = from
	}
}

// end leaves no more wanted than is before to.
func (s *source) end(to place) {
	if to.before(s.to) {
		s.to = to
	}
}

// before orders places.
func (p place) before(q place) bool { return p.file < q.file || p.file == q.file && p.off < q.off }

// waiting is what is said of a log at path that is not there yet.
type waiting struct{ path string }

func (w waiting) Error() string { return w.path + " does not exist yet: waiting for it" }

// missing is the error of a gap in the log at path.
type missing struct {
	path string
	gap  logdir.Gap
}

func (m missing) Error() string {
	what := fmt.Sprintf("%d old files were", m.gap.Files)
	switch m.gap.Files {
	case -1:
		what = "some old files may have been"
	case 1:
		what = "an old file was"
	}
	text := fmt.Sprintf("%s: %s removed before being read", m.path, what)
	switch {
	case m.gap.From != "" && m.gap.From != m.gap.To:
		text += fmt.Sprintf(", %s to %s", m.gap.From, m.gap.To)
	case m.gap.To != "":
		text += ": " + m.gap.To
	}
	return text
}

// newest returns the sources' last file, which a follower goes on with.
func (s *source) newest() *entry {
	if len(s.files) == 0 {
		return nil
	}
	return s.files[len(s.files)-1]
}

// reversedFiles returns the wanted files' numbers, the last one first.
func (s *source) reversedFiles() []int {
	first, end := s.wanted()
	var files []int
	for i := first; i < end; i++ {
		files = append(files, i)
	}
	slices.Reverse(files)
	return files
}

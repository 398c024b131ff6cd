package source

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"multilog/internal/logdir"
)

// A Source is a log, or a single file, from its first line to the last line that it had
// when it was opened.
type Source struct {
	Number int // by which the user of the source knows it

	Live  Live // where more lines come from, if the log is no directory here; nil for others
	isFar bool // each read costs a request

	path           string
	dir            *logdir.Dir // nil for a single file
	files          []*entry
	timed, untimed bool // lines with times, and files without any, were seen in choosing by time

	parts []Part // what is wanted: at least one part, in order; no part ends before it begins
	warn  func(error)
}

// Live is a log that another program reads, which selects the lines, too.
type Live interface {
	// Next waits for whole lines and returns them, or an error, after which the next call
	// tries again.
	Next() ([]byte, error)

	// Cursor returns the cursor behind the lines that have come.
	Cursor() string
}

// entry is a file of a source, as far as it went when the source was opened.
type entry struct {
	*logdir.File
	content *logdir.Content // nil before the file is opened, and if that fails
	opened  bool
	order   *logdir.Order // nil while it is not known
	keep    bool          // Done leaves the file open, because more will be read of it
}

// StandardInput is the path of a log that is read from standard input, up to its end.
const StandardInput = "-"

// Open returns the log at path, which is a directory or a single file. It passes what
// it cannot read to warn, now and later. If wait is set, the directory need not exist
// yet, which it reports to warn as [Waiting].
func Open(path string, wait bool, warn func(error)) (*Source, error) {
	s := &Source{path: path, warn: warn}
	if path == StandardInput {
		f, err := logdir.Spool("standard input", os.Stdin)
		s.single(f)
		return s, err
	}
	info, err := os.Stat(path)
	switch {
	case path == "":
		return nil, errors.New("no log directory given: the name is empty")
	case err == nil && !info.IsDir():
		return s, s.addFile(path, info.Mode())
	case wait && errors.Is(err, fs.ErrNotExist):
		warn(Waiting{path}) // before the first look: a logger that starts then is seen from its first file on
	}
	err = s.addDir(logdir.NewDir(filepath.Clean(path)), wait)
	if err == nil && len(s.files) == 0 && !wait {
		warn(Empty{path})
	}
	return s, err
}

// OpenDir returns the log in a directory that is not in the file system, which it closes if
// there is an error. Messages call it path. It may have no files; the rest is as for Open.
func OpenDir(path string, dir logdir.Directory, wait bool, warn func(error)) (*Source, error) {
	s := &Source{isFar: true, path: path, warn: warn}
	err := s.addDir(logdir.OpenDir(path, dir), wait)
	if err == nil && len(s.files) == 0 && wait {
		warn(Waiting{path})
	}
	return s, err
}

// OpenLive returns a log of which no line is known yet: Take gives it those that are there
// now, and live has those that come.
func OpenLive(path string, live Live, warn func(error)) *Source {
	return &Source{Live: live, path: path, parts: []Part{{}}, warn: warn}
}

// Take takes f, which may be nil, as the only file of a log that has none.
func (s *Source) Take(f *logdir.File) { s.single(f) }

// addDir takes the files of a directory.
func (s *Source) addDir(dir *logdir.Dir, wait bool) error {
	s.dir = dir
	files, err := dir.Look()
	missing := errors.Is(err, fs.ErrNotExist)
	if err != nil && !(wait && missing) {
		dir.Close()
		return err
	}
	for _, f := range files {
		s.files = append(s.files, &entry{File: f})
	}
	s.parts = []Part{{To: Place{len(s.files), 0}}}
	// Find out how far the files go that may still grow before any file is read.
	for i, e := range s.files {
		if e.Label == "" {
			s.Content(i)
		}
	}
	return nil
}

// addFile takes a single file. Of what is no regular file, such as a pipe, it takes what comes
// up to its end.
func (s *Source) addFile(path string, mode fs.FileMode) error {
	var f *logdir.File
	var err error
	if mode.IsRegular() {
		f, err = logdir.OpenFile(path)
	} else {
		f, err = spool(path)
	}
	if err == nil {
		s.single(f)
	}
	return err
}

// single takes f as the only file.
func (s *Source) single(f *logdir.File) {
	if f == nil {
		return
	}
	s.files = []*entry{{File: f}}
	s.parts = []Part{{To: Place{1, 0}}}
	s.Content(0)
}

// spool reads the file at path to its end.
func spool(path string) (*logdir.File, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return logdir.Spool(path, in)
}

// DirPath returns the path of the log directory. For a single file it is that of the directory
// in which the file is.
func (s *Source) DirPath() string {
	if s.dir != nil {
		return s.dir.Path
	}
	return filepath.Dir(s.path)
}

// Path returns the path that the source was opened with.
func (s *Source) Path() string { return s.path }

// Dir returns the log directory, or nil for a single file.
func (s *Source) Dir() *logdir.Dir { return s.dir }

// Len returns the number of files.
func (s *Source) Len() int { return len(s.files) }

// File returns file i.
func (s *Source) File(i int) *logdir.File { return s.files[i].File }

// Content returns the content of file i. It returns nil if the file cannot be read,
// which it reports once.
func (s *Source) Content(i int) *logdir.Content {
	e := s.files[i]
	if e.opened {
		return e.content
	}
	e.opened = true
	content, err := e.File.Content()
	if errors.Is(err, logdir.ErrRemoved) {
		err = Missing{s.path, logdir.Gap{Files: 1, From: e.Label, To: e.Label}}
	}
	if err != nil {
		s.warn(err)
		e.Close()
		return nil
	}
	e.content = content
	return content
}

// Blocks returns what Content returns, and makes blocks of it if it is a stream.
func (s *Source) Blocks(i int) *logdir.Content {
	c := s.Content(i)
	if c == nil || !c.IsStream() {
		return c
	}
	if err := c.Spool(); err != nil {
		s.warn(s.ReadError(i, err))
	}
	return c
}

// Done closes file i, unless Keep was called for it.
func (s *Source) Done(i int) {
	if e := s.files[i]; !e.keep {
		if e.content != nil {
			e.content.Close()
		}
		e.Close()
	}
}

// Keep keeps file i open after Done, for a reader that waits for more lines in it.
func (s *Source) Keep(i int) { s.files[i].keep = true }

// Warn reports an error of this log.
func (s *Source) Warn(err error) { s.warn(err) }

// ReadError returns err as the reason why file i could not be read.
func (s *Source) ReadError(i int, err error) error {
	return fmt.Errorf("unable to read %s: %w", s.files[i].Path(), err)
}

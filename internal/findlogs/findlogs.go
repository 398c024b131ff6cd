package findlogs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"multilog/tai64n"
)

// DefaultPath is where logs are searched if MLCAT_PATH is not set or empty.
const DefaultPath = "/service:/var/service:/etc/service:/var/log"

const (
	// Depth is how many directories deep All and Below look: /service/NAME/log/main is
	// three below /service.
	Depth = 4

	// maxDirectories is into how many directories All and Below look.
	maxDirectories = 20_000
)

// Path returns the directories in MLCAT_PATH, which colons separate, or else those of
// DefaultPath.
func Path() []string {
	path := os.Getenv("MLCAT_PATH")
	if path == "" {
		path = DefaultPath
	}
	return slices.DeleteFunc(strings.Split(path, ":"), func(dir string) bool { return dir == "" })
}

// Is reports whether dir is a log directory. It is not if it can't be listed, which err
// tells.
func Is(dir string) (is bool, err error) {
	if isFile(filepath.Join(dir, "current")) {
		return true, nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return false, err
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	for _, name := range names {
		if _, ok := tai64n.ParseString(name); ok && isFile(filepath.Join(dir, name)) {
			return true, nil
		}
	}
	return false, err
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// places are where the log of a service is, below the service's directory.
var places = []string{"", "log/main", "log", "main"}

// In returns the log directory that dir is or, as a service's directory, has: dir itself,
// dir/log/main, dir/log or dir/main. found is false if there is none. Then err tells if one of
// these may not be read.
func In(dir string) (log string, found bool, err error) {
	for _, place := range places {
		log := filepath.Join(dir, place)
		is, isErr := Is(log)
		if is {
			return log, true, nil
		}
		if err == nil && errors.Is(isErr, fs.ErrPermission) {
			err = isErr
		}
	}
	return "", false, err
}

// SeveralError is the error of a name without *, ? and [ that several logs have.
type SeveralError struct {
	Name string
	Logs []string
}

func (e *SeveralError) Error() string {
	return "unable to choose a log " + e.Name + ": more of its path is needed, for there are " + strings.Join(e.Logs, " ")
}

// Named returns the logs of the services that name names: those that In finds in DIR/name,
// of the first DIR of path in which there are any. If name has *, ? or [ in it, it stands for
// several, and the logs are those in all directories of path. If there are none, the logs are
// those of [All] whose path ends so, without log and main at its end. err tells if one may not
// be read, and none was found; or it is a [*SeveralError].
func Named(path []string, name string) (logs []string, err error) {
	several := strings.ContainsAny(name, `*?[`)
	var once onlyOnce
	for _, dir := range path {
		dirs := []string{filepath.Join(dir, name)}
		if several {
			dirs, _ = filepath.Glob(dirs[0]) // a bad pattern matches nothing
		}
		for _, d := range dirs {
			log, found, inErr := In(d)
			if found && once.isNew(log) {
				logs = append(logs, log)
			}
			if err == nil {
				err = inErr
			}
		}
		if len(logs) > 0 && !several {
			break
		}
	}
	if len(logs) > 0 {
		return logs, nil
	}
	for _, log := range All(path).Logs {
		if ends(log, name) {
			logs = append(logs, log)
		}
	}
	switch {
	case len(logs) > 1 && !several:
		return nil, &SeveralError{name, logs}
	case len(logs) > 0:
		return logs, nil
	}
	return nil, err
}

// ends reports whether the last parts of a log's path match name, in which *, ? and [ may be.
func ends(log, name string) bool {
	all := parts(log)
	skipped := len(all) - 1 - strings.Count(name, "/")
	if skipped < 0 {
		return false
	}
	match, err := filepath.Match(name, strings.Join(all[skipped:], "/"))
	return match && err == nil
}

// Found is what a search found.
type Found struct {
	Logs     []string // log directories, in the order of their paths
	Searched []string // directories of the path that were searched
	Refused  []error  // directories that may not be read, as *fs.PathError, or that there are too many
}

// All returns the logs in the directories of path. Directories that do not exist are left out.
func All(path []string) Found {
	s := search{}
	for _, dir := range path {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			s.refuse(err)
			continue
		}
		s.found.Searched = append(s.found.Searched, dir)
		s.walk(filepath.Clean(dir), 0)
	}
	return s.found
}

// Below returns the logs below dir, and dir itself if it is one.
func Below(dir string) Found { return All([]string{dir}) }

// A search is under way.
type search struct {
	found Found
	once  onlyOnce
}

// walk searches dir, which is depth directories below the one that was named.
func (s *search) walk(dir string, depth int) {
	if !s.once.isNew(dir) {
		return
	}
	if len(s.once) > maxDirectories {
		if len(s.once) == maxDirectories+1 {
			err := fmt.Errorf("unable to search %s, and what comes behind it: %d directories were searched already", dir, maxDirectories)
			s.found.Refused = append(s.found.Refused, err)
		}
		return
	}
	if is, _ := Is(dir); is {
		s.found.Logs = append(s.found.Logs, dir)
		return
	}
	entries, err := os.ReadDir(dir)
	s.refuse(err)
	if depth == Depth {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || e.Name() == "supervise" {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if e.IsDir() || e.Type() == fs.ModeSymlink && isDir(path) {
			s.walk(path, depth+1)
		}
	}
}

// refuse notes err if it is that a directory may not be read.
func (s *search) refuse(err error) {
	if errors.Is(err, fs.ErrPermission) {
		s.found.Refused = append(s.found.Refused, err)
	}
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

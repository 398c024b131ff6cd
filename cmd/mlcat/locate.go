package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"multilog/cmd/mlcat/internal/source"
	"multilog/internal/cmdline"
	"multilog/internal/findlogs"
)

// locate returns the paths of the logs that an argument names. That is a directory or a file;
// the directory of a service, which has its log below it; or the name of a service, whose
// directory is below one of [findlogs.Path]. Only a name with *, ? or [ in it is that of several logs.
//
// With --follow the log need not exist yet. Then the argument is its path.
func (p *program) locate(arg string) (paths []string, err error) {
	if arg == source.StandardInput || arg == "" {
		return []string{arg}, nil
	}
	info, err := os.Stat(arg)
	if err == nil {
		if !info.IsDir() {
			if p.follow && filepath.Base(arg) == "current" { // which ends, but its log goes on
				arg = filepath.Dir(arg)
			}
			return []string{arg}, nil
		}
		log, found, inErr := findlogs.In(arg)
		switch {
		case found:
			return []string{log}, nil
		case inErr != nil: // it may be there, but may not be read
			return nil, inErr
		}
	}
	if isName(arg) {
		named, namedErr := findlogs.Named(findlogs.Path(), arg)
		switch {
		case len(named) > 0:
			return named, nil
		case errors.As(namedErr, new(*findlogs.SeveralError)):
			return nil, namedErr
		case namedErr != nil && err != nil && !p.follow:
			return nil, namedErr
		}
	}
	if errors.Is(err, fs.ErrNotExist) && arg == p.notCount {
		return nil, cmdline.Wrong(fmt.Errorf("--lines: not a number of lines, nor a log: %q", arg))
	}
	if errors.Is(err, fs.ErrNotExist) && !p.follow && isName(arg) {
		return nil, fmt.Errorf("unable to find a log %s: there is no such file or directory here, nor a service with a log in %s (mlcat --list shows the logs that can be found)",
			arg, strings.Join(findlogs.Path(), ", "))
	}
	return []string{arg}, nil // opening it tells what is wrong
}

// isName reports whether an argument may be the name of a service, and is not only a path.
func isName(arg string) bool {
	first, _, _ := strings.Cut(arg, "/")
	return !filepath.IsAbs(arg) && first != "." && first != ".."
}

// mostNamed is how many of the logs below a directory a message names.
const mostNamed = 5

// below returns what a message about a directory that is no log says of the logs below it, and of
// what may not be read there.
func below(dir string) (text string) {
	found := findlogs.Below(dir)
	more := ""
	logs := found.Logs
	if n := len(logs) - mostNamed; n > 0 {
		logs, more = logs[:mostNamed], fmt.Sprintf(" and %d more", n)
	}
	if len(logs) > 0 {
		text = "; below it are " + strings.Join(logs, " ") + more
	}
	if len(found.Refused) > 0 {
		text += "; " + plain(found.Refused[0]).Error()
	}
	return text
}

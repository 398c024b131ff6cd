package main

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"time"

	"multilog/internal/cmdline"
	"multilog/internal/console"
	"multilog/internal/findlogs"
	"multilog/internal/mayread"
	"multilog/internal/reason"
	"multilog/rotate/lockpage"
)

// A view is what mlstat shows, and how.
type view struct {
	options
	stderr io.Writer
	names  []string // of dirs, short
	found  bool     // dirs were found, not given
}

// A look is the status of a directory, and the time at which it was read.
type look struct {
	*lockpage.Status
	name string // short
	at   time.Time
}

// find finds logs if none are given, and tells where it looked. It returns the exit status.
func (v *view) find() int {
	if len(v.dirs) == 0 {
		v.found = true
		found := findlogs.All(findlogs.Path())
		for _, err := range found.Refused {
			say(v.stderr, console.Warning, refusal(err))
		}
		where := strings.Join(found.Searched, ", ")
		if v.dirs = found.Logs; len(v.dirs) == 0 {
			if where == "" {
				where = strings.Join(findlogs.Path(), ", ") + ", none of which is there"
			}
			say(v.stderr, console.Fatal, "no log found in "+where+" (MLCAT_PATH can name other directories)")
			return cmdline.ExitNo
		}
		if !v.json && !v.openmetrics && !v.prometheus {
			say(v.stderr, console.Note, "these are the logs in "+where)
		}
	}
	v.names = findlogs.Names(v.dirs)
	return cmdline.ExitOK
}

// refusal returns the message that a directory may not be searched.
func refusal(err error) string {
	var pathErr *fs.PathError
	if errors.As(mayread.Explain(err), &pathErr) {
		return "unable to search " + pathErr.Path + ": " + pathErr.Err.Error()
	}
	return err.Error()
}

// look reads the status of each directory. It warns of directories that it can't read,
// and returns cmdline.ExitFailed then.
func (v *view) look() (looks []look, status int) {
	for i, dir := range v.dirs {
		s, err := lockpage.ReadStatus(dir)
		switch {
		case err == nil:
		case v.found && (errors.Is(err, fs.ErrNotExist) || err == lockpage.ErrNoPage): // another logger's
			if s == nil {
				s = &lockpage.Status{Dir: dir}
			}
		default:
			text := reason.Of(err)
			if errors.Is(err, fs.ErrPermission) {
				if who := mayread.Who(dir + "/lock"); who != "" {
					text += ": " + who
				}
			}
			say(v.stderr, console.Warning, "unable to look at "+dir+": "+text)
			status = cmdline.ExitFailed
		}
		if s != nil {
			looks = append(looks, look{s, v.names[i], time.Now()})
		}
	}
	return looks, status
}

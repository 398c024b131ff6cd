package main

import (
	"io"
	"os"
	"path/filepath"
	"time"

	"multilog/internal/cmdline"
	"multilog/internal/console"
	"multilog/internal/reason"
	"multilog/rotate/lockpage"
)

// A look is the status of a directory, and the time at which it was read.
type look struct {
	*lockpage.Status
	at time.Time
}

// lookAt reads the status of each directory. It warns of directories that it can't read,
// and returns cmdline.ExitFailed then.
func lookAt(dirs []string, stderr io.Writer) (looks []look, status int) {
	for _, dir := range dirs {
		s, err := lockpage.ReadStatus(dir)
		if err != nil {
			say(stderr, console.Warning, "unable to look at "+dir+": "+reason.Of(err))
			status = cmdline.ExitFailed
		}
		if s != nil {
			looks = append(looks, look{s, time.Now()})
		}
	}
	return looks, status
}

// directoriesBelow returns the log directories among dir and the directories up to three
// levels below it. The directories of supervisors have a lock, too, but no log.
func directoriesBelow(dir string) []string {
	locks, _ := filepath.Glob(filepath.Join(dir, "lock"))
	for _, pattern := range []string{"*/lock", "*/*/lock", "*/log/*/lock"} {
		more, _ := filepath.Glob(filepath.Join(dir, pattern))
		locks = append(locks, more...)
	}
	seen := map[string]bool{}
	var dirs []string
	for _, lock := range locks {
		d := filepath.Dir(lock)
		if _, err := os.Stat(filepath.Join(d, "current")); err == nil && !seen[d] {
			seen[d] = true
			dirs = append(dirs, d)
		}
	}
	return dirs
}

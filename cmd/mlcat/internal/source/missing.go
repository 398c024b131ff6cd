package source

import (
	"fmt"

	"multilog/internal/logdir"
)

// Waiting is the error of a log at Path that does not exist yet.
type Waiting struct{ Path string }

func (w Waiting) Error() string { return w.Path + " does not exist yet: waiting for it" }

// Empty is the error of a directory at Path that has no files of a log.
type Empty struct{ Path string }

func (e Empty) Error() string {
	return "unable to find a log in " + e.Path + ": neither current nor old files are there"
}

// Untimed is the error of a log at Path in which no line begins with a time.
type Untimed struct{ Path string }

func (u Untimed) Error() string {
	return u.Path + ": its lines have no times: a file is shown whole if it was written at or after the time of --since"
}

// Missing is the error of a gap in the log at Path: its logger removed old files before
// they could be read.
type Missing struct {
	Path string
	Gap  logdir.Gap
}

func (m Missing) Error() string {
	what := fmt.Sprintf("%d old files were", m.Gap.Files)
	switch m.Gap.Files {
	case -1:
		what = "some old files may have been"
	case 1:
		what = "an old file was"
	}
	text := fmt.Sprintf("%s: %s removed before being read", m.Path, what)
	switch {
	case m.Gap.From != "" && m.Gap.From != m.Gap.To:
		text += fmt.Sprintf(", %s to %s", m.Gap.From, m.Gap.To)
	case m.Gap.To != "":
		text += ": " + m.Gap.To
	}
	return text
}

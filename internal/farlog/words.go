package farlog

import (
	"fmt"
	"io/fs"
	"net/url"
	"strings"
)

// greeting is the helper's first line.
const greeting = "mlcat-helper 1"

// MaxReadBytes is the most that one request reads.
const MaxReadBytes = 16 << 20

// A Log is a log that a helper can read.
type Log struct{ URL, Host, Name string }

// A File is a file of a log, as the package's documentation has it.
type File struct {
	Name, ID string
	Size     int64 // bytes
}

// A Gap is a missing part of a log, between two labels. If they are the same, it is the
// file of that label.
type Gap struct{ From, To string }

// A View is what a look returns.
type View struct {
	Files []File
	Gaps  []Gap
}

// Missing is the text of an error that wraps [fs.ErrNotExist].
type Missing string

func (m Missing) Error() string { return string(m) }

// Unwrap returns [fs.ErrNotExist].
func (Missing) Unwrap() error { return fs.ErrNotExist }

// Failure is the text of an error that the helper tells, of something that may succeed later.
type Failure string

func (f Failure) Error() string { return string(f) }

// Temporary tells package logdir to try again.
func (Failure) Temporary() bool { return true }

// line returns words as a line.
func line(words ...string) string {
	escaped := make([]string, len(words))
	for i, w := range words {
		escaped[i] = url.PathEscape(w)
	}
	return strings.Join(escaped, " ") + "\n"
}

// words returns the words of a line, which may have a newline.
func words(text string) ([]string, error) {
	all := strings.Split(strings.TrimSuffix(text, "\n"), " ")
	for i, w := range all {
		var err error
		if all[i], err = url.PathUnescape(w); err != nil {
			return nil, fmt.Errorf("not a line of the protocol: %q", text)
		}
	}
	return all, nil
}

package render

import (
	"fmt"
	"strings"

	"multilog/tai64n"
)

// A Format is one way to print a line: a value of -o.
type Format struct {
	Name string // as -o takes it
	Help string // one line for --help
	UTC  bool   // times are UTC, whatever TZ says

	Raw bool // lines are shown as they were logged, so without the name of their log unless that is asked for

	escapes bool // the format itself escapes control characters
	make    func(s *Style) formatter
	origin  func(s *Style, log int) []byte // what tells in each line which log it is from
}

// A formatter appends lines in a format. It is for one goroutine.
type formatter interface {
	// appendLine appends line, which has no newline, and whose label is given if it has
	// one. origin is what the format's function of that name has returned.
	appendLine(dst, line []byte, label tai64n.Label, labelled bool, origin []byte) []byte
}

// Divided reports whether a line of dashes may stand between groups of lines.
func (f *Format) Divided() bool { return !f.escapes }

// Default returns the format of mlcat without -o.
func Default() *Format { return formats[0] }

// All returns all formats, in the order in which --help lists them.
func All() []*Format { return formats }

// Named returns the format with that name. The error lists all names.
func Named(name string) (*Format, error) {
	var names []string
	for _, f := range formats {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return nil, fmt.Errorf("no such output: %q (there are %s)", name, strings.Join(names, ", "))
}

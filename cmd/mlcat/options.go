package main

import (
	"errors"
	"fmt"
	"strconv"

	"multilog/cmd/mlcat/internal/engine"
	"multilog/cmd/mlcat/internal/render"
	"multilog/internal/cmdline"
)

// options are the options and log directories on the command line.
type options struct {
	selection
	cursors
	look
	lines         int // the last ones, or engine.AllLines
	linesSet      bool
	reverse       bool
	follow        bool
	noTail        bool
	quiet         bool
	help, version bool
	dirs          []string
}

// selection are the options that select lines by what is in them.
type selection struct {
	since, until string
	patterns     []string
	fixed        bool
	ignoreCase   bool
	invert       bool
}

// cursors are the options about cursors.
type cursors struct {
	cursor      string
	afterCursor string
	cursorFile  string
	showCursor  bool
}

// look are the options that say how lines look.
type look struct {
	format  *render.Format
	tai     bool
	color   string // always, never or auto
	names   string // always, never or auto, which means if there are several logs
	noPager bool
	list    bool // show the logs, not their lines
}

// set returns the options of the command line, which set those in o.
func (o *options) set() cmdline.Set {
	return cmdline.Set{Options: []cmdline.Option{
		{Letter: 'S', Word: "since", Value: cmdline.Required, Set: cmdline.Text(&o.since)},
		{Letter: 'U', Word: "until", Value: cmdline.Required, Set: cmdline.Text(&o.until)},
		{Letter: 'g', Word: "grep", Value: cmdline.Required, Set: o.addPattern},
		{Letter: 'F', Word: "fixed", Set: cmdline.Flag(&o.fixed)},
		{Letter: 'i', Word: "ignore-case", Set: cmdline.Flag(&o.ignoreCase)},
		{Letter: 'v', Word: "invert-match", Set: cmdline.Flag(&o.invert)},
		{Letter: 'n', Word: "lines", Value: cmdline.Optional, Set: o.setLines, Takes: isCount},
		{Letter: 'r', Word: "reverse", Set: cmdline.Flag(&o.reverse)},
		{Letter: 'f', Word: "follow", Set: cmdline.Flag(&o.follow)},
		{Word: "no-tail", Set: cmdline.Flag(&o.noTail)},
		{Letter: 'o', Word: "output", Value: cmdline.Required, Set: o.setFormat},
		{Word: "cursor", Value: cmdline.Required, Set: cmdline.Text(&o.cursor)},
		{Word: "after-cursor", Value: cmdline.Required, Set: cmdline.Text(&o.afterCursor)},
		{Word: "cursor-file", Value: cmdline.Required, Set: cmdline.Text(&o.cursorFile)},
		{Word: "show-cursor", Set: cmdline.Flag(&o.showCursor)},
		{Word: "tai", Set: cmdline.Flag(&o.tai)},
		{Word: "utc", Set: func(string) error { return o.setFormat("utc") }},
		{Word: "color", Value: cmdline.Optional, Set: o.setColor},
		{Word: "name", Set: func(string) error { o.names = "always"; return nil }},
		{Word: "no-name", Set: func(string) error { o.names = "never"; return nil }},
		{Word: "no-pager", Set: cmdline.Flag(&o.noPager)},
		{Word: "list", Set: cmdline.Flag(&o.list)},
		{Letter: 'q', Word: "quiet", Set: cmdline.Flag(&o.quiet)},
		{Letter: 'h', Word: "help", Set: cmdline.Flag(&o.help)},
		{Letter: 'V', Word: "version", Set: cmdline.Flag(&o.version)},
	}}
}

// parseOptions parses the arguments after the program's name.
func parseOptions(args []string) (o options, err error) {
	o = options{lines: engine.AllLines, look: look{format: render.Default(), color: "auto", names: "auto"}}
	if o.dirs, err = o.set().Parse(args); err != nil || o.help || o.version {
		return o, err
	}
	return o, cmdline.Wrong(o.check())
}

const defaultLines = 10 // of -n without a number, and of -f

func (o *options) addPattern(v string) error {
	o.patterns = append(o.patterns, v)
	return nil
}

func (o *options) setLines(v string) error {
	o.linesSet, o.lines = true, defaultLines
	switch v {
	case "":
		return nil
	case "all":
		o.lines = engine.AllLines
		return nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return fmt.Errorf("not a number of lines, nor all: %q", v)
	}
	o.lines = n
	return nil
}

// isCount reports whether the argument behind -n is its number.
func isCount(arg string) bool {
	_, err := strconv.ParseUint(arg, 10, 63)
	return err == nil || arg == "all"
}

func (o *options) setFormat(v string) (err error) {
	o.format, err = render.Named(v)
	return err
}

func (o *options) setColor(v string) error {
	switch v {
	case "":
		v = "always"
	case "auto", "always", "never":
	default:
		return fmt.Errorf("not always, never or auto: %q", v)
	}
	o.color = v
	return nil
}

// check returns an error if options do not fit together, and fills in defaults that depend
// on other options.
func (o *options) check() error {
	start := 0
	for _, given := range []string{o.cursor, o.afterCursor, o.cursorFile} {
		if given != "" {
			start++
		}
	}
	switch {
	case len(o.dirs) == 0 && !o.list:
		return errors.New("no log directory given; mlcat --list shows those that can be found")
	case o.list && (o.follow || o.since != "" || o.until != "" || len(o.patterns) > 0 || o.linesSet || start > 0):
		return errors.New("--list shows logs, and takes no options that select lines")
	case start > 1:
		return errors.New("--cursor, --after-cursor and --cursor-file exclude each other")
	case o.follow && o.reverse:
		return errors.New("--follow and --reverse exclude each other")
	case o.follow && o.until != "":
		return errors.New("--follow and --until exclude each other")
	case len(o.patterns) == 0 && (o.fixed || o.ignoreCase || o.invert):
		return errors.New("--fixed, --ignore-case and --invert-match want --grep")
	case o.noTail && !o.follow:
		return errors.New("--no-tail wants --follow")
	}
	if o.noTail {
		o.lines = engine.AllLines
	} else if o.follow && !o.linesSet && o.since == "" && o.cursor == "" && o.afterCursor == "" {
		o.lines = defaultLines
	}
	return nil
}

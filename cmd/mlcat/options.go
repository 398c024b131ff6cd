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
	lines    int // the last ones, or engine.AllLines
	linesSet bool
	reverse  bool
	follow   bool
	noTail   bool
	quiet    bool
	dirs     []string
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

// command returns the command line, whose options set those in o.
func (o *options) command() *cmdline.Command {
	const required, optional = cmdline.Required, cmdline.Optional
	return &cmdline.Command{
		Name: "mlcat", Forms: []string{"[OPTION]... LOG..."}, About: about, Notes: notes,
		Arguments: cmdline.Values{Files: true},
		Options: []cmdline.Option{
			{Head: "Options that select lines:",
				Letter: 'S', Word: "since", Value: required, Name: "TIME", Help: "lines that are not before TIME", Set: cmdline.Text(&o.since)},
			{Letter: 'U', Word: "until", Value: required, Name: "TIME", Help: "lines that are not after TIME", Set: cmdline.Text(&o.until)},
			{Letter: 'g', Word: "grep", Value: required, Name: "PATTERN",
				Help: "lines that match PATTERN, a regular expression (RE2); without looking at the label; with several -g, lines that match any of them", Set: o.addPattern},
			{Letter: 'F', Word: "fixed", Help: "PATTERN is plain text", Set: cmdline.Flag(&o.fixed)},
			{Letter: 'i', Word: "ignore-case", Help: "ignore case in PATTERN", Set: cmdline.Flag(&o.ignoreCase)},
			{Letter: 'v', Word: "invert-match", Help: "lines that do not match", Set: cmdline.Flag(&o.invert)},
			{Letter: 'n', Word: "lines", Value: optional, Name: "N", Help: "the last N of the selected lines (default 10), or all",
				Values: cmdline.Values{Words: []string{"all"}}, Set: o.setLines, Takes: isCount},
			{Word: "cursor", Value: required, Name: "CURSOR", Help: "lines from CURSOR on", Set: cmdline.Text(&o.cursor)},
			{Word: "after-cursor", Value: required, Name: "CURSOR", Help: "lines after CURSOR", Set: cmdline.Text(&o.afterCursor)},
			{Word: "cursor-file", Value: required, Name: "FILE", Help: "lines after the cursor in FILE, or all if there is no FILE; at the end, write the new cursor to FILE",
				Values: cmdline.Values{Files: true}, Set: cmdline.Text(&o.cursorFile)},

			{Head: "Options that change how lines are shown:",
				Letter: 'r', Word: "reverse", Help: "newest lines first", Set: cmdline.Flag(&o.reverse)},
			{Letter: 'f', Word: "follow", Help: "show the last 10 lines, then new lines as they come", Set: cmdline.Flag(&o.follow)},
			{Word: "no-tail", Help: "with -f: show all lines first", Set: cmdline.Flag(&o.noTail)},
			{Letter: 'o', Word: "output", Value: required, Name: "FORMAT", Help: "show lines in this format (default local):" + formatHelp(),
				Values: cmdline.Values{Words: formatNames()}, Set: o.setFormat},
			{Word: "utc", Help: "the same as -o utc", Set: func(string) error { return o.setFormat("utc") }},
			{Word: "tai", Help: "labels count leap seconds, as those of s6-log do", Set: cmdline.Flag(&o.tai)},
			{Word: "name", Help: "show which log each line is from (shown if there are several, but not with tai64n, cat)",
				Set: func(string) error { o.names = "always"; return nil }},
			{Word: "no-name", Help: "do not show it", Set: func(string) error { o.names = "never"; return nil }},
			{Word: "show-cursor", Help: "at the end, show the cursor", Set: cmdline.Flag(&o.showCursor)},
			{Word: "color", Value: optional, Name: "WHEN", Help: "use colors: always, never or auto (on a terminal)",
				Values: cmdline.Values{Words: []string{"always", "never", "auto"}}, Set: o.setColor},
			{Word: "no-pager", Help: "do not run a pager, even on a terminal", Set: cmdline.Flag(&o.noPager)},
			{Word: "list", Help: "show the LOGs, or all that can be found, with the times of their lines, number of files and size", Set: cmdline.Flag(&o.list)},
			{Letter: 'q', Word: "quiet", Help: "do not warn about missing files", Set: cmdline.Flag(&o.quiet)},
		},
	}
}

// parseOptions parses the arguments after the program's name. If they ask for help or the
// like, it returns that text as answer.
func parseOptions(args []string) (o options, answer string, err error) {
	o = options{lines: engine.AllLines, look: look{format: render.Default(), color: "auto", names: "auto"}}
	if o.dirs, answer, err = o.command().Parse(args); err != nil || answer != "" {
		return o, answer, err
	}
	return o, "", cmdline.Wrong(o.check())
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

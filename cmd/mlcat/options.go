package main

import (
	"multilog/cmd/mlcat/internal/engine"
	"multilog/cmd/mlcat/internal/pattern"
	"multilog/cmd/mlcat/internal/render"
	"multilog/internal/cmdline"
)

// options are the options and log directories on the command line.
type options struct {
	selection
	cursors
	look
	lines    int // the last ones, or engine.AllLines
	first    int // the first ones, or 0 for all
	linesSet bool
	notCount string // what stands behind -n and is no number
	reverse  bool
	follow   bool
	noTail   bool
	quiet    bool
	dirs     []string
}

// selection are the options that select lines by what is in them.
type selection struct {
	since, until *string // nil if not given
	patterns     []string
	exclude      []string
	all          bool // lines that match all patterns
	fixed        bool
	matchCase    pattern.Case
	invert       bool
	before       int // lines of context, or notGiven
	after        int
	around       int
	most         int // selected lines; 0 for all
}

const notGiven = -1

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
	end     bool // begin at the end in the pager

	// What is shown instead of lines.
	list      bool // the logs
	count     bool
	histogram bool
	unit      string // of the histogram: minute, hour, day or, for one that fits, ""
}

// command returns the command line, whose options set those in o.
func (o *options) command() *cmdline.Command {
	const required, optional = cmdline.Required, cmdline.Optional
	return &cmdline.Command{
		Name: "mlcat", Forms: []string{"[OPTION]... LOG..."}, About: about, Notes: notes,
		Arguments: cmdline.Values{Files: true},
		Options: []cmdline.Option{
			{Head: "Options that select lines:",
				Letter: 'S', Word: "since", Value: required, Name: "TIME", Help: "lines that are not before TIME", Set: given(&o.since)},
			{Letter: 'U', Word: "until", Value: required, Name: "TIME", Help: "lines that are not after TIME", Set: given(&o.until)},
			{Letter: 'g', Word: "grep", Value: required, Name: "PATTERN",
				Help: "lines that match PATTERN, a regular expression (RE2); without looking at the label; with several -g, lines that match any of them", Set: texts(&o.patterns)},
			{Word: "all", Help: "lines that match all PATTERNs of -g", Set: cmdline.Flag(&o.all)},
			{Word: "exclude", Value: required, Name: "PATTERN", Help: "leave out lines that match PATTERN", Set: texts(&o.exclude)},
			{Letter: 'v', Word: "invert-match", Help: "lines that -g would not show", Set: cmdline.Flag(&o.invert)},
			{Letter: 'F', Word: "fixed", Help: "PATTERNs are plain text", Set: cmdline.Flag(&o.fixed)},
			{Letter: 'i', Word: "ignore-case", Help: "ignore case in PATTERNs; without -i, that is done if a PATTERN has no capitals",
				Set: func(string) error { return o.setCase("no") }},
			{Word: "case-sensitive", Value: optional, Name: "BOOL", Help: "do not ignore case, or do: yes or no",
				Values: cmdline.Values{Words: []string{"yes", "no"}}, Set: o.setCase},
			{Letter: 'A', Word: "after-context", Value: required, Name: "NUM", Help: "also NUM lines behind each of these", Set: number(&o.after, 0)},
			{Letter: 'B', Word: "before-context", Value: required, Name: "NUM", Help: "also NUM lines before each of these", Set: number(&o.before, 0)},
			{Letter: 'C', Word: "context", Value: required, Name: "NUM", Help: "also NUM lines before and behind", Set: number(&o.around, 0)},
			{Letter: 'm', Word: "max-count", Value: required, Name: "NUM", Help: "stop after NUM selected lines; with -f, after NUM new ones", Set: number(&o.most, 1)},
			{Letter: 'n', Word: "lines", Value: optional, Name: "N", Help: "the last N of the selected lines (default 10), all, or with +N the first N",
				Values: cmdline.Values{Words: []string{"all"}}, Set: o.setLines, Takes: o.isCount},
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
			{Word: "name", Help: "show which log each line is from (shown if there are several, except with -o tai64n and cat)",
				Set: func(string) error { o.names = "always"; return nil }},
			{Word: "no-name", Help: "do not show it", Set: func(string) error { o.names = "never"; return nil }},
			{Word: "show-cursor", Help: "at the end, show the cursor", Set: cmdline.Flag(&o.showCursor)},
			{Word: "color", Value: optional, Name: "WHEN", Help: "use colors: always, never or auto (on a terminal)",
				Values: cmdline.Values{Words: []string{"always", "never", "auto"}}, Set: o.setColor},
			{Word: "no-pager", Help: "do not run a pager, even on a terminal", Set: cmdline.Flag(&o.noPager)},
			{Letter: 'e', Word: "pager-end", Help: "begin at the end in the pager; implies -n 1000", Set: cmdline.Flag(&o.end)},
			{Word: "count", Help: "show how many lines there are, instead of the lines", Set: cmdline.Flag(&o.count)},
			{Word: "histogram", Value: optional, Name: "UNIT", Help: "show how many lines there are in each minute, hour or day, with bars on a terminal",
				Values: cmdline.Values{Words: []string{"minute", "hour", "day"}}, Set: o.setHistogram},
			{Word: "list", Help: "show the LOGs, or all that can be found, with the times of their lines, number of files and size", Set: cmdline.Flag(&o.list)},
			{Letter: 'q', Word: "quiet", Help: "do not warn about missing files", Set: cmdline.Flag(&o.quiet)},
		},
	}
}

// parseOptions parses the arguments after the program's name. If they ask for help or the
// like, it returns that text as answer.
func parseOptions(args []string) (o options, answer string, err error) {
	o = options{lines: engine.AllLines, selection: selection{before: notGiven, after: notGiven, around: notGiven}, look: look{format: render.Default(), color: "auto", names: "auto"}}
	if o.dirs, answer, err = o.command().Parse(args); err != nil || answer != "" {
		return o, answer, err
	}
	return o, "", cmdline.Wrong(o.check())
}

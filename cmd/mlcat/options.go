package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"multilog/cmd/mlcat/internal/engine"
	"multilog/cmd/mlcat/internal/render"
)

// options is what the command line says.
type options struct {
	since, until string
	patterns     []string
	fixed        bool
	ignoreCase   bool
	invert       bool
	lines        int
	linesSet     bool
	reverse      bool
	follow       bool
	noTail       bool
	format       *render.Format
	cursor       string
	afterCursor  string
	cursorFile   string
	showCursor   bool
	tai          bool
	color        string
	noPager      bool
	quiet        bool
	help         bool
	version      bool
	dirs         []string
}

// option is one option: its letter, 0 without one, its word, and what it does. An
// option that takes a value gets it.
type option struct {
	letter   byte
	word     string
	value    bool
	optional bool // the value may be missing
	set      func(o *options, value string) error
}

func text(p func(o *options) *string) func(*options, string) error {
	return func(o *options, value string) error { *p(o) = value; return nil }
}

func boolean(p func(o *options) *bool) func(*options, string) error {
	return func(o *options, _ string) error { *p(o) = true; return nil }
}

var optionTable = []option{
	{letter: 'S', word: "since", value: true, set: text(func(o *options) *string { return &o.since })},
	{letter: 'U', word: "until", value: true, set: text(func(o *options) *string { return &o.until })},
	{letter: 'g', word: "grep", value: true, set: func(o *options, v string) error {
		o.patterns = append(o.patterns, v)
		return nil
	}},
	{letter: 'F', word: "fixed", set: boolean(func(o *options) *bool { return &o.fixed })},
	{letter: 'i', word: "ignore-case", set: boolean(func(o *options) *bool { return &o.ignoreCase })},
	{letter: 'v', word: "invert-match", set: boolean(func(o *options) *bool { return &o.invert })},
	{letter: 'n', word: "lines", value: true, optional: true, set: setLines},
	{letter: 'r', word: "reverse", set: boolean(func(o *options) *bool { return &o.reverse })},
	{letter: 'f', word: "follow", set: boolean(func(o *options) *bool { return &o.follow })},
	{word: "no-tail", set: boolean(func(o *options) *bool { return &o.noTail })},
	{letter: 'o', word: "output", value: true, set: setFormat},
	{word: "cursor", value: true, set: text(func(o *options) *string { return &o.cursor })},
	{word: "after-cursor", value: true, set: text(func(o *options) *string { return &o.afterCursor })},
	{word: "cursor-file", value: true, set: text(func(o *options) *string { return &o.cursorFile })},
	{word: "show-cursor", set: boolean(func(o *options) *bool { return &o.showCursor })},
	{word: "tai", set: boolean(func(o *options) *bool { return &o.tai })},
	{word: "utc", set: func(o *options, _ string) error { return setFormat(o, "utc") }},
	{word: "color", value: true, optional: true, set: setColor},
	{word: "no-pager", set: boolean(func(o *options) *bool { return &o.noPager })},
	{letter: 'q', word: "quiet", set: boolean(func(o *options) *bool { return &o.quiet })},
	{letter: 'h', word: "help", set: boolean(func(o *options) *bool { return &o.help })},
	{letter: 'V', word: "version", set: boolean(func(o *options) *bool { return &o.version })},
}

const defaultLines = 10 // of -n without a number, and of -f

func setLines(o *options, v string) error {
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

func setFormat(o *options, v string) (err error) {
	o.format, err = render.Named(v)
	return err
}

func setColor(o *options, v string) error {
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

// parseOptions reads a command line as getopt_long does: letters may be joined, a
// value may be joined or follow, options and directories may be mixed, -- ends
// the options.
func parseOptions(args []string) (options, error) {
	o := options{lines: engine.AllLines, format: render.Default(), color: "auto"}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		var err error
		switch {
		case arg == "--":
			o.dirs = append(o.dirs, args...)
			args = nil
		case strings.HasPrefix(arg, "--"):
			args, err = o.word(arg[2:], args)
		case len(arg) > 1 && arg[0] == '-':
			args, err = o.letters(arg[1:], args)
		default:
			o.dirs = append(o.dirs, arg)
		}
		if err != nil {
			return o, err
		}
	}
	if o.help || o.version {
		return o, nil
	}
	return o, o.check()
}

// word takes the option --arg and its value, which may be the next of args.
func (o *options) word(arg string, args []string) ([]string, error) {
	word, value, joined := strings.Cut(arg, "=")
	var found []option
	for _, opt := range optionTable {
		if opt.word == word {
			found = []option{opt}
			break
		}
		if strings.HasPrefix(opt.word, word) {
			found = append(found, opt)
		}
	}
	if len(found) != 1 {
		return nil, fmt.Errorf("no such option: --%s (--help tells more)", word)
	}
	opt := found[0]
	if joined && !opt.value {
		return nil, fmt.Errorf("--%s takes no value", opt.word)
	}
	if opt.value && !joined && !opt.optional {
		if len(args) == 0 {
			return nil, fmt.Errorf("--%s needs a value", opt.word)
		}
		value, args = args[0], args[1:]
	}
	if opt.letter == 'n' && !joined && len(args) > 0 && isCount(args[0]) {
		value, args = args[0], args[1:]
	}
	return args, opt.apply(o, value)
}

// letters takes the options of one argument, of which the last may have a value.
func (o *options) letters(arg string, args []string) ([]string, error) {
	for arg != "" {
		letter := arg[0]
		arg = arg[1:]
		var opt option
		for _, candidate := range optionTable {
			if candidate.letter == letter {
				opt = candidate
			}
		}
		if opt.set == nil {
			return nil, fmt.Errorf("no such option: -%c (--help tells more)", letter)
		}
		value := ""
		switch {
		case !opt.value:
		case arg != "":
			value, arg = arg, ""
		case opt.optional:
			if len(args) > 0 && isCount(args[0]) {
				value, args = args[0], args[1:]
			}
		case len(args) == 0:
			return nil, fmt.Errorf("-%c needs a value", letter)
		default:
			value, args = args[0], args[1:]
		}
		if err := opt.apply(o, value); err != nil {
			return nil, err
		}
	}
	return args, nil
}

func (opt option) apply(o *options, value string) error {
	if err := opt.set(o, value); err != nil {
		return fmt.Errorf("--%s: %w", opt.word, err)
	}
	return nil
}

// isCount reports whether an argument behind -n is its number.
func isCount(arg string) bool {
	_, err := strconv.ParseUint(arg, 10, 63)
	return err == nil || arg == "all"
}

// check finds what does not go together, and fills in what depends.
func (o *options) check() error {
	start := 0
	for _, given := range []string{o.cursor, o.afterCursor, o.cursorFile} {
		if given != "" {
			start++
		}
	}
	switch {
	case len(o.dirs) == 0:
		return errors.New("no log directory given (--help tells more)")
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

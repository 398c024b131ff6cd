package main

import (
	"errors"

	"multilog/cmd/mlcat/internal/engine"
	"multilog/cmd/mlcat/internal/pattern"
)

// check returns an error if options do not fit together, and sets defaults.
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
	case o.list && (o.follow || o.since != nil || o.until != nil || o.selects() || o.linesSet || o.most > 0 || start > 0):
		return errors.New("--list shows logs, and takes no options that select lines")
	case start > 1:
		return errors.New("--cursor, --after-cursor and --cursor-file exclude each other")
	case o.follow && o.reverse:
		return errors.New("--follow and --reverse exclude each other")
	case o.follow && o.until != nil:
		return errors.New("--follow and --until exclude each other")
	case len(o.patterns) == 0 && (o.all || o.invert):
		return errors.New("--all and --invert-match require --grep")
	case !o.selects() && (o.fixed || o.matchCase != pattern.SmartCase):
		return errors.New("--fixed, --ignore-case and --case-sensitive require --grep or --exclude")
	case !o.selects() && (o.before > 0 || o.after > 0 || o.around > 0):
		return errors.New("--context, --before-context and --after-context require --grep or --exclude")
	case o.most > 0 && o.linesSet:
		return errors.New("--max-count and --lines exclude each other")
	case (o.count || o.histogram) && (o.follow || o.linesSet || o.most > 0 || o.wantsCursor()):
		return errors.New("--count and --histogram count all lines: they exclude --follow, --lines, --max-count, --show-cursor and --cursor-file")
	case o.count && o.histogram:
		return errors.New("--count and --histogram exclude each other")
	case o.first > 0 && (o.follow || o.wantsCursor()):
		return errors.New("--lines=+N excludes --follow, --show-cursor and --cursor-file")
	case o.most > 0 && o.wantsCursor():
		return errors.New("--max-count excludes --show-cursor and --cursor-file")
	case o.end && o.follow:
		return errors.New("--pager-end and --follow exclude each other")
	case o.noTail && !o.follow:
		return errors.New("--no-tail requires --follow")
	}
	o.setDefaults(start > 0)
	return nil
}

// setDefaults sets what depends on other options. atCursor reports whether a cursor says where to
// begin.
func (o *options) setDefaults(atCursor bool) {
	around := max(o.around, 0)
	if o.before == notGiven {
		o.before = around
	}
	if o.after == notGiven {
		o.after = around
	}
	if o.end && !o.linesSet && o.most == 0 {
		o.lines = linesAtEnd
	}
	if o.noTail {
		o.lines = engine.AllLines
	} else if o.follow && o.most > 0 && o.since == nil && !atCursor {
		o.lines = 0 // only new lines count
	} else if o.follow && !o.linesSet && o.most == 0 && o.since == nil && o.cursor == "" && o.afterCursor == "" {
		o.lines = defaultLines
	}
}

// selects reports whether options select lines by their text.
func (o *options) selects() bool { return len(o.patterns)+len(o.exclude) > 0 }

// wantsCursor reports whether the cursor at the end is wanted.
func (o *options) wantsCursor() bool { return o.showCursor || o.cursorFile != "" }

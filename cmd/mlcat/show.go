package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"multilog/cmd/mlcat/internal/cursor"
	"multilog/cmd/mlcat/internal/engine"
	"multilog/cmd/mlcat/internal/follow"
	"multilog/cmd/mlcat/internal/leap"
	"multilog/cmd/mlcat/internal/pattern"
	"multilog/cmd/mlcat/internal/remote"
	"multilog/cmd/mlcat/internal/render"
	"multilog/cmd/mlcat/internal/timespec"
	"multilog/internal/cmdline"
	"multilog/tai64n"
	"multilog/tai64n/localtime"
)

// A program is one run of mlcat.
type program struct {
	options
	style  *render.Style
	out    output
	pager  *pager // nil if there is none
	shown  int    // lines
	limit  *engine.Limit
	began  string // the cursor that was in the cursor file
	remote remote.Helpers

	named []os.FileInfo   // directories and files that are open
	urls  map[string]bool // of logs that are open

	warning sync.Mutex // of what follows
	failed  bool       // something could not be read
	later   bool       // it may be possible to read that later
	warned  string     // the last warning
}

// prepare compiles the pattern and decides how lines look.
func (p *program) prepare() error {
	terminal := isTerminal(1)
	p.style = &render.Style{
		Format: p.format,
		Zone:   localtime.FromEnv(),
		TAI:    p.tai,
		Color:  p.color == "always" || p.color == "auto" && terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb",
		Escape: terminal,
		Invert: p.invert,
	}
	if !p.count && !p.histogram {
		p.style.Before, p.style.After = p.before, p.after
	}
	var err error
	opt := pattern.Options{Fixed: p.fixed, Case: p.matchCase}
	if len(p.exclude) > 0 {
		if p.style.Exclude, err = pattern.Compile(p.exclude, opt); err != nil {
			return cmdline.Wrong(err)
		}
	}
	if opt.All = p.all; len(p.patterns) > 0 {
		p.style.Pattern, err = pattern.Compile(p.patterns, opt)
	}
	if most := max(p.first, p.most); most > 0 {
		p.limit = engine.NewLimit(most, p.first > 0, p.style, p.reverse)
	}
	return cmdline.Wrong(err)
}

func (p *program) order() engine.Options {
	return engine.Options{Reverse: p.reverse, Lines: p.lines, Limit: p.limit}
}

// show opens the logs, selects what is wanted of them, prints it, and keeps where that
// ended.
func (p *program) show() error {
	since, until, err := p.times()
	if err != nil {
		return cmdline.Wrong(err)
	}
	if p.isLive(since, until) {
		return p.showLive()
	}
	logs, err := p.open(since, until)
	if err != nil {
		return err
	}
	start, again, err := p.startCursor(len(logs))
	if err != nil {
		return err
	}
	p.style.Marks = p.order().NeedsMarks(len(logs)) || p.style.HasContext() || p.histogram
	if err := p.readFar(logs, start, again); err != nil {
		return err
	}
	var live *follow.Logs
	if p.follow {
		if live, err = follow.Start(logs); err != nil {
			return err
		}
	}
	sideBySide(len(logs), func(i int) {
		s := logs[i]
		if s.Live != nil { // what it has is selected
			return
		}
		if start != nil {
			s.StartAt(start[i].Place(s, again))
		}
		s.Between(since, until)
	})
	switch {
	case p.count:
		return p.showCount(logs)
	case p.histogram:
		return p.showHistogram(logs)
	}
	var end cursor.Cursor
	if p.wantsCursor() && !p.follow { // follow does this itself
		for _, s := range logs {
			if s.Live == nil {
				s.EndAtWholeLine()
			}
			end = append(end, cursor.At(s, s.End())) // now, while its files are open
		}
	}
	p.shown, err = engine.Show(p.out, logs, p.style, p.order())
	if err != nil {
		return err
	}
	if p.follow {
		err = p.showNew(live)
		if end = live.Cursor(); err != nil && !errors.Is(err, syscall.EPIPE) {
			return err
		}
	}
	kept := p.keep(end)
	if err == nil || kept != nil && !errors.Is(kept, syscall.EPIPE) {
		err = kept
	}
	return err
}

// times returns the labels of --since and --until, or nil where an option is not given.
func (p *program) times() (since, until *tai64n.Label, err error) {
	zone := localtime.FromEnv()
	if p.format.UTC {
		zone = localtime.New("UTC0", "")
	}
	clock := timespec.Clock{
		Now:           time.Now(),
		Offset:        func(unix int64) int64 { return int64(zone.Offset(unix)) },
		Abbreviations: zone.Abbreviations(),
	}
	read := func(option string, text *string) (*tai64n.Label, error) {
		if text == nil {
			return nil, nil
		}
		l, literal, err := clock.Parse(*text)
		if err != nil {
			return nil, fmt.Errorf("--%s: %w", option, err)
		}
		if p.tai && !literal {
			l = leap.ToTAI(l)
		}
		return &l, nil
	}
	if since, err = read("since", p.since); err != nil {
		return nil, nil, err
	}
	if until, err = read("until", p.until); err != nil {
		return nil, nil, err
	}
	if since != nil && until != nil && until.Before(*since) {
		return nil, nil, errors.New("--until is before --since")
	}
	return since, until, nil
}

// startCursor returns the cursor at which to start, nil if none is given, and whether its
// line is to be shown again.
func (p *program) startCursor(logs int) (c cursor.Cursor, again bool, err error) {
	text := p.afterCursor
	switch {
	case p.cursor != "":
		text, again = p.cursor, true
	case p.cursorFile != "":
		if text, err = cursor.ReadFile(p.cursorFile); err != nil {
			return nil, false, err
		}
		p.began = text
	}
	if text == "" {
		return nil, false, nil
	}
	c, err = cursor.Parse(text, logs)
	switch {
	case err != nil && p.cursorFile != "":
		return nil, false, fmt.Errorf("%w (read from %s)", err, p.cursorFile)
	case err != nil:
		return nil, false, err
	}
	if p.cursorFile != "" && p.follow && !p.linesSet {
		p.lines = engine.AllLines // continue where the last run ended
	}
	return c, again, nil
}

// showNew prints lines as they come, until the output has no reader or, if the cursor is
// wanted, a signal asks mlcat to end.
func (p *program) showNew(live *follow.Logs) error {
	stop := make(chan os.Signal, 1)
	if p.wantsCursor() {
		signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
		signal.Ignore(syscall.SIGPIPE) // so that the cursor can be kept
	}
	n, err := live.Print(p.out, p.style, p.limit, stop)
	p.shown += n
	return err
}

// keep stores and prints the cursor at the end, where that is wanted, unless lines are in front
// of it that could not be read and may be read later.
func (p *program) keep(end cursor.Cursor) (err error) {
	if p.wantsCursor() && p.later && !p.follow {
		return fmt.Errorf("unable to move the cursor %s behind lines that could not be read: the next run shows them, and again what follows them", cmp.Or(p.cursorFile, "of --show-cursor"))
	}
	if p.cursorFile != "" {
		err = end.WriteFile(p.cursorFile)
	}
	if p.showCursor {
		_, printErr := fmt.Fprintf(p.out, "-- cursor: %v\n", end)
		err = errors.Join(err, printErr)
	}
	return err
}

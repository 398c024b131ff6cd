package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"multilog/cmd/mlcat/internal/cursor"
	"multilog/cmd/mlcat/internal/engine"
	"multilog/cmd/mlcat/internal/far"
	"multilog/cmd/mlcat/internal/pattern"
	"multilog/cmd/mlcat/internal/render"
	"multilog/cmd/mlcat/internal/source"
	"multilog/internal/findlogs"
	"multilog/internal/logdir"
	"multilog/tai64n"
)

// isFar reports whether an argument is HOST:DIR, and no file that is here.
func isFar(arg string) bool {
	if _, _, ok := far.Split(arg); !ok {
		return false
	}
	_, err := os.Lstat(arg)
	return err != nil
}

// openFar returns the log HOST:DIR, unless that is open. Nothing is read yet.
func (p *program) openFar(arg string, since, until *tai64n.Label) ([]openedLog, error) {
	if p.urls[arg] {
		return nil, nil
	}
	p.urls[arg] = true
	if p.list {
		return nil, errors.New("unable to list " + arg + ": run mlcat --list on that machine")
	}
	l, err := far.New(arg, p.farOptions(since, until), p.selects(), p.warn)
	if err != nil {
		return nil, err
	}
	_, host, ok := strings.Cut(l.Host, "@")
	if !ok {
		host = l.Host
	}
	service := findlogs.Service(l.Dir())
	from := render.Log{Dir: arg, Host: host, Log: service}
	return []openedLog{{source.OpenLive(arg, l, p.warn), from}}, nil
}

// farOptions returns the options with which another machine's mlcat selects lines, whether
// it shows those that are there or those that come. Where lines around these are wanted, too,
// it selects by time only.
func (p *program) farOptions(since, until *tai64n.Label) (args []string) {
	if since != nil {
		args = append(args, "--since="+since.String())
	}
	if until != nil {
		args = append(args, "--until="+until.String())
	}
	if p.quiet {
		args = append(args, "--quiet")
	}
	if p.style.HasContext() {
		return args
	}
	for _, text := range p.patterns {
		args = append(args, "--grep="+text)
	}
	for _, text := range p.exclude {
		args = append(args, "--exclude="+text)
	}
	for _, o := range []struct {
		set  bool
		word string
	}{
		{p.fixed, "--fixed"}, {p.all, "--all"}, {p.invert, "--invert-match"},
		{p.matchCase == pattern.IgnoreCase, "--ignore-case"}, {p.matchCase == pattern.CaseSensitive, "--case-sensitive"},
	} {
		if o.set {
			args = append(args, o.word)
		}
	}
	return args
}

// readFar reads what other machines have, logsAtOnce of them at a time. It returns an error if
// there is no other log, or if a cursor covers one that can't be read.
func (p *program) readFar(logs []*source.Source, start cursor.Cursor, again bool) error {
	errs := make([]error, len(logs))
	files := make([]*logdir.File, len(logs))
	sideBySide(len(logs), func(i int) {
		l, ok := logs[i].Live.(*far.Log)
		if !ok {
			return
		}
		var more []string
		if p.lines != engine.AllLines && !p.style.HasContext() {
			more = append(more, fmt.Sprintf("--lines=%d", p.lines))
		}
		if start != nil && start[i] != (cursor.Mark{}) {
			option := "--after-cursor="
			if again {
				option = "--cursor="
			}
			more = append(more, option+start[i].String())
		}
		files[i], errs[i] = l.Read(more, p.follow || p.wantsCursor())
	})
	for i, s := range logs {
		if s.Live == nil {
			continue
		}
		if errs[i] != nil && p.follow { // what follows has all of it
			files[i] = nil
		}
		s.Take(files[i])
		switch err := errs[i]; {
		case err == nil:
		case p.wantsCursor() && !p.follow, len(logs) == 1 && files[i] == nil:
			return err
		default:
			p.warn(err)
		}
	}
	return nil
}

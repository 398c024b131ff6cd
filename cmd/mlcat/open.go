package main

import (
	"multilog/cmd/mlcat/internal/remote"
	"multilog/cmd/mlcat/internal/source"
	"multilog/internal/farlog"
	"multilog/internal/logdir"
	"multilog/tai64n"
)

// openArgument opens the logs that an argument names. It returns those that it could
// open, also if there is an error.
func (p *program) openArgument(arg string, since, until *tai64n.Label) (logs []*source.Source, err error) {
	if !remote.IsURL(arg) {
		s, err := source.Open(arg, p.follow, p.warn)
		if err != nil {
			return nil, err
		}
		return []*source.Source{s}, nil
	}
	found, err := p.remote.Find(arg)
	if err != nil {
		return nil, err
	}
	for _, l := range found {
		s, openErr := p.openRemote(l, since, until)
		if openErr == nil {
			logs = append(logs, s)
		} else if err == nil {
			err = openErr
		}
	}
	return logs, err
}

// openRemote opens a log that a helper reads. Without a cursor it leaves out old files
// that are too old, which saves the helper from listing them.
func (p *program) openRemote(l remote.Log, since, until *tai64n.Label) (*source.Source, error) {
	after := ""
	if since != nil && !p.wantsCursor() && p.cursor == "" && p.afterCursor == "" {
		after = before(*since).String()
	}
	gap := func(g farlog.Gap) {
		if until == nil || g.From <= until.String() {
			files := -1
			if g.From == g.To {
				files = 1
			}
			p.warn(source.Missing{Path: l.URL, Gap: logdir.Gap{Files: files, From: g.From, To: g.To}})
		}
	}
	return source.OpenDir(l.URL, l.Directory(after, gap, p.warn), p.follow, p.warn)
}

// before returns a label before l, and not before the nanosecond before it.
func before(l tai64n.Label) tai64n.Label {
	if l.Nano > 0 {
		return tai64n.Label{Sec: l.Sec, Nano: l.Nano - 1}
	}
	return tai64n.Label{Sec: l.Sec - 1, Nano: 1<<32 - 1}
}

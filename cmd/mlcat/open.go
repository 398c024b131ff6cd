package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"multilog/cmd/mlcat/internal/remote"
	"multilog/cmd/mlcat/internal/render"
	"multilog/cmd/mlcat/internal/source"
	"multilog/internal/cmdline"
	"multilog/internal/farlog"
	"multilog/internal/findlogs"
	"multilog/internal/logdir"
	"multilog/tai64n"
)

// An openedLog is a log that was found and opened.
type openedLog struct {
	*source.Source
	from render.Log
}

// open opens the logs, each only once, and tells the style which they are. It leaves out, with a
// warning, a log that can't be opened. It returns an error if no log can be opened, or if one
// can't and a cursor covers it.
func (p *program) open(since, until *tai64n.Label) ([]*source.Source, error) {
	var opened []openedLog
	var first error
	for _, arg := range p.dirs {
		more, err := p.openArgument(arg, since, until)
		opened = append(opened, more...)
		switch {
		case err == nil:
		case errors.As(err, new(*cmdline.Error)):
			return nil, err
		case p.wantsCursor() || p.cursor != "" || p.afterCursor != "":
			return nil, err
		case first != nil:
			p.warn(err)
		default:
			first = err
		}
	}
	if first != nil && len(opened) > 0 {
		p.warn(first)
		first = nil
	}
	return p.number(opened), first
}

// number gives the logs their numbers, and tells the style of them.
func (p *program) number(opened []openedLog) []*source.Source {
	var logs []*source.Source
	var paths []string
	inDir := make(map[string]int) // of single files there may be several
	p.style.Logs = nil
	for i, l := range opened {
		l.Number = i
		logs = append(logs, l.Source)
		p.style.Logs = append(p.style.Logs, l.from)
		inDir[l.from.Dir]++
	}
	for _, l := range opened {
		path := l.from.Dir
		if inDir[path] > 1 || path == "" {
			path = l.Path()
		}
		if isFar(path) {
			path = "ssh://" + l.from.Host + "/" + l.from.Log
		}
		paths = append(paths, path)
	}
	for i, name := range findlogs.Names(paths) {
		p.style.Logs[i].Name = name
	}
	p.style.Names = p.names == "always" || p.names == "auto" && len(logs) > 1 && !p.format.Raw
	return logs
}

// openArgument opens the logs that an argument names, but for those that are open. It returns
// those that it could open, also if there is an error.
func (p *program) openArgument(arg string, since, until *tai64n.Label) (logs []openedLog, err error) {
	if remote.IsURL(arg) {
		return p.openURL(arg, since, until)
	}
	if isFar(arg) {
		return p.openFar(arg, since, until)
	}
	paths, err := p.locate(arg)
	for _, path := range paths {
		if p.isOpen(path) {
			continue
		}
		s, openErr := source.Open(path, p.follow, p.warn)
		if openErr == nil {
			logs = append(logs, openedLog{s, origin(s)})
		} else if err == nil {
			err = openErr
		}
	}
	return logs, err
}

// origin returns what is known of a directory, or of the one in which a single file is.
func origin(s *source.Source) render.Log {
	if s.Path() == source.StandardInput {
		return render.Log{}
	}
	dir := s.DirPath()
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return render.Log{Dir: dir, Log: findlogs.Service(dir)}
}

// isOpen reports whether the directory or file at path was named before, and notes that it is
// named now.
func (p *program) isOpen(path string) bool {
	info, err := os.Stat(path)
	if err != nil {
		return false
	}
	for _, other := range p.named {
		if os.SameFile(info, other) {
			return true
		}
	}
	p.named = append(p.named, info)
	return false
}

// openURL opens the logs that a URL names, but for those that are open.
func (p *program) openURL(url string, since, until *tai64n.Label) (logs []openedLog, err error) {
	found, err := p.remote.Find(url)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(l remote.Log) bool {
		known := p.urls[l.URL]
		p.urls[l.URL] = true
		return known
	})
	opened, errs := make([]*source.Source, len(found)), make([]error, len(found))
	sideBySide(len(found), func(i int) { opened[i], errs[i] = p.openRemote(found[i], since, until) })
	for i, l := range found {
		if errs[i] == nil {
			logs = append(logs, openedLog{opened[i], render.Log{Dir: l.URL, Host: l.Host, Log: l.Name}})
		} else if err == nil {
			err = errs[i]
		}
	}
	return logs, err
}

// logsAtOnce is how many logs are opened or searched at a time. Each waits for its store,
// and a store answers many requests at once; or for an ssh of its own.
const logsAtOnce = 16

// sideBySide calls do for 0 to n-1, logsAtOnce of them at a time, and waits.
func sideBySide(n int, do func(i int)) {
	slots := make(chan struct{}, logsAtOnce)
	var working sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		working.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	working.Wait()
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

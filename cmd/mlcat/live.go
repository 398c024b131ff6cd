package main

import (
	"bytes"
	"io"
	"os"

	"multilog/cmd/mlcat/internal/engine"
	"multilog/cmd/mlcat/internal/render"
	"multilog/cmd/mlcat/internal/source"
	"multilog/internal/logdir"
	"multilog/tai64n"
)

// isLive reports whether lines can be shown as they come from standard input: if it is all there is,
// and no option needs its end first, nor a look at several lines.
func (p *program) isLive(since, until *tai64n.Label) bool {
	if len(p.dirs) != 1 || p.dirs[0] != source.StandardInput || p.follow || p.reverse || p.lines != engine.AllLines ||
		since != nil || until != nil || p.count || p.histogram || p.list || p.wantsCursor() || p.cursor != "" || p.afterCursor != "" {
		return false
	}
	info, err := os.Stdin.Stat()
	return err == nil && !info.Mode().IsRegular()
}

// liveStream is lines that came together, as an engine's stream.
type liveStream struct{ lines *render.Lines }

// Next implements engine.Stream.
func (l *liveStream) Next() *render.Lines {
	lines := l.lines
	if l.lines = nil; lines != nil && lines.Count == 0 {
		return nil
	}
	return lines
}

// showLive shows the lines of standard input as they come, up to its end.
func (p *program) showLive() error {
	p.style.Logs = []render.Log{{Name: source.StandardInput}}
	p.style.Names = p.names == "always"
	p.style.Marks = p.order().NeedsMarks(1) || p.style.HasContext()
	in, err := logdir.Unpack(os.Stdin)
	if err != nil {
		return err
	}
	renderer := render.New(p.style).From(0)
	var context *engine.Context
	if p.style.HasContext() {
		context = engine.NewContext(p.style)
	}
	var lines render.Lines
	show := func(text []byte) error {
		lines.Reset()
		renderer.Render(&lines, text)
		shown := &lines
		if context != nil {
			shown = context.Filter(&lines)
		}
		if p.limit == nil {
			p.shown += shown.Count
			_, err := p.out.Write(shown.Text)
			return err
		}
		order := p.limit.Order([]engine.Stream{&liveStream{shown}}, false)
		for {
			run, err := order.Next()
			if err != nil || run.Lines == 0 {
				return err
			}
			p.shown += run.Lines
			if _, err := p.out.Write(run.Text); err != nil {
				return err
			}
		}
	}
	buf := make([]byte, 0, logdir.BlockBytes)
	for !p.limit.Over() {
		if len(buf) == cap(buf) {
			buf = append(make([]byte, 0, 2*cap(buf)), buf...)
		}
		n, err := in.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		end := bytes.LastIndexByte(buf, '\n') + 1
		if len(buf) > 0 && end < len(buf) && (err != nil || len(buf) > logdir.MaxLineBytes) {
			buf = append(buf, '\n') // the last line has none, or is cut
			end = len(buf)
		}
		if end > 0 {
			if err := show(buf[:end]); err != nil {
				return err
			}
			buf = buf[:copy(buf, buf[end:])]
		}
		if err != nil && err != io.EOF {
			p.warn(err)
		}
		if err != nil {
			return nil
		}
	}
	return nil
}

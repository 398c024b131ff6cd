package follow

import (
	"io"
	"time"

	"multilog/cmd/mlcat/internal/engine"
	"multilog/cmd/mlcat/internal/render"
	"multilog/cmd/mlcat/internal/source"
)

const (
	// mergeFor is how long lines of one log wait for earlier lines of another.
	mergeFor = 20 * time.Millisecond

	maxGathered = 64 // batches
)

// A gather holds what came from several logs at nearly the same time.
type gather struct {
	feeds  []*feed
	render *render.Renderer
	parts  []*part // one for each feed
	count  int     // batches
	limit  *engine.Limit
	errors []report
}

// A report is an error of a log, which is reported after the lines before it.
type report struct {
	log *source.Source
	err error
}

// A part is what came from one log. It is the engine's stream of these lines.
type part struct {
	lines render.Lines
	last  render.Mark // the label to which the next lines without one belong
	taken bool

	context *engine.Context // nil shows all lines
}

// Next implements engine.Stream.
func (p *part) Next() *render.Lines {
	if p.taken || p.lines.Count == 0 {
		return nil
	}
	p.taken = true
	if p.context == nil {
		return &p.lines
	}
	if shown := p.context.Filter(&p.lines); shown.Count > 0 {
		return shown
	}
	return nil
}

func newGather(style *render.Style, limit *engine.Limit, feeds []*feed) *gather {
	g := &gather{limit: limit, feeds: feeds, render: render.New(style)}
	for range feeds {
		p := new(part)
		if style.HasContext() {
			p.context = engine.NewContext(style)
		}
		g.parts = append(g.parts, p)
	}
	return g
}

// take adds what came from one log.
func (g *gather) take(b batch) {
	g.count++
	f := g.feeds[b.feed]
	if b.gap != nil {
		g.errors = append(g.errors, report{f.source, source.Missing{Path: f.source.Path(), Gap: *b.gap}})
	}
	if b.err != nil {
		g.errors = append(g.errors, report{f.source, b.err})
	}
	g.render.From(f.source.Number).Render(&g.parts[b.feed].lines, b.lines)
	f.shown = b.mark
}

// wait takes more for a moment, so that lines which come together are put in order.
func (g *gather) wait(in <-chan batch) {
	timer := time.NewTimer(mergeFor)
	defer timer.Stop()
	for g.count < maxGathered {
		select {
		case b := <-in:
			g.take(b)
		case <-timer.C:
			return
		}
	}
}

// write writes what was gathered with one call, in the order of the labels, and returns
// the number of lines.
func (g *gather) write(out io.Writer) (lines int, err error) {
	defer g.reset()
	if len(g.parts) == 1 && g.limit == nil && g.parts[0].context == nil {
		l := &g.parts[0].lines
		_, err := out.Write(l.Text)
		return l.Count, err
	}
	streams := make([]engine.Stream, len(g.parts))
	for i, p := range g.parts {
		p.lines.Inherit(&p.last)
		streams[i] = p
	}
	var m engine.Order = engine.NewMerge(streams, false)
	if g.limit != nil {
		m = g.limit.Order(streams, false)
	}
	var all []byte
	for {
		run, err := m.Next()
		if err != nil {
			return lines, err
		}
		if run.Lines == 0 {
			break
		}
		all = append(all, run.Text...)
		lines += run.Lines
	}
	_, err = out.Write(all)
	return lines, err
}

func (g *gather) reset() {
	for _, p := range g.parts {
		p.lines.Reset()
		p.taken = false
	}
	g.count = 0
}

// report reports what went wrong.
func (g *gather) report() {
	for _, r := range g.errors {
		r.log.Warn(r.err)
	}
	g.errors = nil
}

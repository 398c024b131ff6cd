package follow

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"time"

	"multilog/cmd/mlcat/internal/cursor"
	"multilog/cmd/mlcat/internal/engine"
	"multilog/cmd/mlcat/internal/render"
	"multilog/cmd/mlcat/internal/source"
	"multilog/internal/logdir"
)

const (
	// mergeFor is how long lines of one log wait for earlier lines of another.
	mergeFor = 100 * time.Millisecond

	// maxGathered is how much may wait, in bytes. It is printed before more is taken.
	maxGathered = 16 << 20
)

// A gather holds what was read and not printed yet, and puts the lines of several logs
// in order.
type gather struct {
	feeds     []*feed
	style     *render.Style
	limit     *engine.Limit // nil if there is none
	render    *render.Renderer
	parts     []*part // one for each feed
	bytes     int     // of all chunks
	unwatched bool    // it was reported that changes are not reported
}

// A part is what waits of one log.
type part struct {
	chunks  []*chunk
	last    render.Mark     // the label to which the next lines without one belong
	context *engine.Context // nil shows all lines that are rendered
}

// A chunk is what one read of a log has returned.
type chunk struct {
	batch
	came  time.Time
	lines render.Lines
	given int // lines that were printed
}

func newGather(style *render.Style, limit *engine.Limit, feeds []*feed) *gather {
	g := &gather{feeds: feeds, style: style, limit: limit, render: render.New(style)}
	for range feeds {
		p := new(part)
		if style.HasContext() {
			p.context = engine.NewContext(style)
		}
		g.parts = append(g.parts, p)
	}
	return g
}

// full reports whether what waits must be printed before more is taken.
func (g *gather) full() bool { return g.bytes > maxGathered }

// take adds what came from one log.
func (g *gather) take(b batch, now time.Time) {
	p := g.parts[b.feed]
	c := &chunk{batch: b, came: now}
	g.render.From(g.feeds[b.feed].source.Number).Render(&c.lines, b.lines)
	c.lines.Inherit(&p.last)
	if p.context != nil {
		shown := p.context.Filter(&c.lines)
		c.lines = render.Lines{Text: bytes.Clone(shown.Text), Marks: slices.Clone(shown.Marks), Count: shown.Count}
	}
	p.chunks = append(p.chunks, c)
	g.bytes += len(b.lines)
}

// next returns how long the oldest lines have to wait still. ok is false if there are
// none.
func (g *gather) next(now time.Time) (wait time.Duration, ok bool) {
	for _, p := range g.parts {
		if len(p.chunks) == 0 {
			continue
		}
		if w := max(0, p.chunks[0].came.Add(mergeFor).Sub(now)); !ok || w < wait {
			wait, ok = w, true
		}
	}
	return wait, ok
}

// write prints with one call what came before then, and what comes before that in the
// order of the labels. It returns the number of lines. After an error of out, it has
// noted how much was written.
func (g *gather) write(out io.Writer, then time.Time) (lines int, err error) {
	o := order{limit: g.limit}
	for i, p := range g.parts {
		h := &head{part: p, rank: i}
		for h.due < len(p.chunks) && !p.chunks[h.due].came.After(then) {
			h.due++
		}
		if len(p.chunks) > 0 {
			h.given = p.chunks[0].given
		}
		o.heads = append(o.heads, h)
	}
	o.collect()
	n := len(o.text)
	if n > 0 {
		n, err = out.Write(o.text)
	}
	for _, r := range o.runs {
		written := r.lines
		if len(r.text) > n {
			written = r.within(n)
		}
		lines += written
		r.chunk.given += written
		if written < r.lines {
			break
		}
		n -= len(r.text)
		if r.chunk.given == r.chunk.lines.Count {
			g.end(r.chunk)
		}
	}
	return lines, err
}

// end takes a chunk, the first of its part, whose lines were all printed.
func (g *gather) end(c *chunk) {
	p, f := g.parts[c.feed], g.feeds[c.feed]
	p.chunks = p.chunks[1:]
	g.bytes -= len(c.batch.lines)
	f.shown = c.mark
	if c.gap != nil {
		f.source.Warn(source.Missing{Path: f.source.Path(), Gap: *c.gap})
	}
	if errors.As(c.err, new(logdir.NotWatched)) {
		if g.unwatched { // the others mostly have the same reason
			return
		}
		g.unwatched = true
	}
	if c.err != nil {
		f.source.Warn(c.err)
	}
}

// cursor returns the cursor behind the lines that were printed.
func (g *gather) cursor() cursor.Cursor {
	var c cursor.Cursor
	for i, f := range g.feeds {
		mark := f.shown
		if chunks := g.parts[i].chunks; len(chunks) > 0 && chunks[0].given > 0 {
			mark = g.within(mark, chunks[0])
		}
		c = append(c, mark)
	}
	return c
}

// within returns the mark behind those lines of c that were printed. before is the mark
// in front of c. With context it returns before, because lines may be of earlier chunks.
func (g *gather) within(before cursor.Mark, c *chunk) cursor.Mark {
	if g.parts[c.feed].context != nil {
		return before
	}
	r := render.New(g.style).From(g.feeds[c.feed].source.Number)
	var shown render.Lines
	end := 0
	for line := range bytes.Lines(c.batch.lines) {
		if shown.Count == c.given {
			break
		}
		r.Render(&shown, line)
		end += len(line)
	}
	return before.Part(c.batch.lines[:end], c.mark, len(c.batch.lines)-end)
}

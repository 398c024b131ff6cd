package follow

import (
	"io"
	"os"
	"time"

	"multilog/cmd/mlcat/internal/cursor"
	"multilog/cmd/mlcat/internal/engine"
	"multilog/cmd/mlcat/internal/render"
	"multilog/cmd/mlcat/internal/source"
)

// checkOutputEvery is how often Print, when there is nothing to print, checks whether
// anybody still reads the output.
const checkOutputEvery = time.Second

// Logs are logs that are followed.
type Logs struct{ feeds []*feed }

// Start begins to follow sources, which must be directories. It ends what is wanted of
// each at its last whole line.
func Start(sources []*source.Source) (*Logs, error) {
	l := &Logs{}
	for _, s := range sources {
		f, err := newFeed(s)
		if err != nil {
			return nil, err
		}
		l.feeds = append(l.feeds, f)
	}
	return l, nil
}

// Cursor returns the cursor behind the lines that were printed.
func (l *Logs) Cursor() cursor.Cursor {
	var c cursor.Cursor
	for _, f := range l.feeds {
		c = append(c, f.shown)
	}
	return c
}

// Output is where Print prints.
type Output interface {
	io.Writer

	// Gone reports whether nobody reads the output any more.
	Gone() bool
}

// Print prints new lines until a signal comes from stop, the output is gone or the limit, which may
// be nil, is reached. It returns the number of lines. The style must have Marks if there are several
// logs, a limit or context.
func (l *Logs) Print(out Output, style *render.Style, limit *engine.Limit, stop <-chan os.Signal) (lines int, err error) {
	if limit.Over() {
		return 0, nil
	}
	done := make(chan struct{})
	defer close(done)
	in := make(chan batch, len(l.feeds))
	for i, f := range l.feeds {
		go f.run(i, in, done)
	}
	g := newGather(style, limit, l.feeds)
	tick := time.NewTicker(checkOutputEvery)
	defer tick.Stop()
	for {
		select {
		case b := <-in:
			g.take(b)
			if len(l.feeds) > 1 {
				g.wait(in)
			}
			n, err := g.write(out)
			lines += n
			if err != nil {
				return lines, err
			}
			g.report()
			if limit.Over() {
				return lines, nil
			}
		case <-stop:
			return lines, nil
		case <-tick.C:
			if out.Gone() {
				return lines, nil
			}
		}
	}
}

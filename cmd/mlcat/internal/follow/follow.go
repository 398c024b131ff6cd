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
type Logs struct {
	feeds  []*feed
	gather *gather // of Print, nil before
}

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
	if l.gather != nil {
		return l.gather.cursor()
	}
	var c cursor.Cursor
	for _, f := range l.feeds {
		c = append(c, f.shown)
	}
	return c
}

// Output is where Print prints.
type Output interface {
	io.Writer

	// Gone reports whether the output has no reader any more.
	Gone() bool
}

// Print prints new lines until a signal comes from stop, the output is gone, or the limit,
// which may be nil, is reached. It returns the number of lines. The style must have Marks
// if there are several logs, a limit or context. The error is one of out.
func (l *Logs) Print(out Output, style *render.Style, limit *engine.Limit, stop <-chan os.Signal) (lines int, err error) {
	done := make(chan struct{})
	defer close(done)
	in := make(chan batch, len(l.feeds))
	for i, f := range l.feeds {
		go f.run(i, in, done)
	}
	g := newGather(style, limit, l.feeds)
	l.gather = g
	write := func(then time.Time) error {
		n, err := g.write(out, then)
		lines += n
		return err
	}
	tick := time.NewTicker(checkOutputEvery)
	defer tick.Stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for err == nil && !limit.Over() {
		var due <-chan time.Time
		if wait, ok := g.next(time.Now()); ok {
			timer.Reset(wait)
			due = timer.C
		}
		from := in
		if g.full() {
			from = nil
		}
		select {
		case b := <-from:
			g.take(b, time.Now())
			if len(l.feeds) == 1 {
				err = write(time.Now())
			}
		case <-due:
			err = write(time.Now().Add(-mergeFor))
		case <-stop:
			err = write(time.Now())
			return lines, err
		case <-tick.C:
			if out.Gone() {
				return lines, nil
			}
		}
	}
	return lines, err
}

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"multilog/internal/logdir"
)

const (
	// mergeFor is how long lines of one log wait for earlier ones of another.
	mergeFor = 20 * time.Millisecond

	// checkOutputEvery is how often a follower with nothing to say looks whether
	// somebody listens.
	checkOutputEvery = time.Second
)

// A feed is one log that is being followed.
type feed struct {
	source   *source
	follower *logdir.Follower
	tail     *logdir.Tail
	mark     cursorMark // behind what was read
	shown    cursorMark // behind what was shown
}

// batch is lines of a feed, or what went wrong there.
type batch struct {
	lines []byte
	gap   *logdir.Gap
	err   error
	mark  cursorMark
}

// startFollowing begins to look for new files of s, before its old ones are read.
// What of s is wanted is made to end where its last file has its last whole line:
// the follower goes on there.
func startFollowing(s *source) (*feed, error) {
	f := &feed{source: s}
	if s.dir == nil {
		return nil, errors.New("unable to follow " + s.path + ": not a directory")
	}
	f.follower = logdir.Follow(s.dir)
	var last *logdir.File
	var off int64
	if e := s.newest(); e != nil {
		e.keep = true
		last = e.File
		i := len(s.files) - 1
		if c := s.openBlocks(i); c != nil {
			var err error
			if off, err = c.LineStart(c.Size()); err != nil {
				return nil, err
			}
			s.to = place{i, off}
		}
	}
	f.tail = logdir.NewTail(f.follower, last, off)
	f.mark = s.markAt(s.to)
	f.shown = f.mark
	return f, nil
}

// run hands out what comes, until done is closed.
func (f *feed) run(number int, out chan<- news, done <-chan struct{}) {
	for {
		lines, gap, err := f.tail.Read()
		if len(lines) == 0 && gap == nil && err == nil {
			select {
			case <-f.follower.Changed():
				continue
			case <-done:
				return
			}
		}
		f.advance(lines)
		select {
		case out <- news{number, batch{bytes.Clone(lines), gap, err, f.mark}}:
		case <-done:
			return
		}
	}
}

// advance moves the feed's mark behind lines.
func (f *feed) advance(lines []byte) {
	label, count, extra := logdir.LastLabels(lines)
	switch {
	case len(lines) == 0:
	case count > 0:
		if label == f.mark.label && count == bytes.Count(lines, []byte("\n"))-extra {
			count += f.mark.count
		}
		f.mark = cursorMark{label: label, count: count, extra: extra}
	case f.mark.label.IsZero():
		if file, off := f.tail.Position(); file != nil {
			f.mark = cursorMark{byPlace: true, after: file.After, id: file.ID(), off: off}
		}
	default:
		f.mark.extra += bytes.Count(lines, []byte("\n"))
	}
}

// news is a batch and the number of the feed that it comes from.
type news struct {
	feed int
	batch
}

// follow shows what is new in the feeds, until nobody wants it.
func (p *program) follow(feeds []*feed) error {
	signals := make(chan os.Signal, 1)
	if p.wantsCursor() {
		signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	}
	done := make(chan struct{})
	defer close(done)
	in := make(chan news, len(feeds))
	for i, f := range feeds {
		go f.run(i, in, done)
	}
	g := newGather(p.style, feeds)
	tick := time.NewTicker(checkOutputEvery)
	defer tick.Stop()
	for {
		select {
		case n := <-in:
			g.take(n)
			if len(feeds) > 1 {
				g.wait(in)
			}
			if err := p.flushNews(g); err != nil {
				return err
			}
		case <-signals:
			return nil
		case <-tick.C:
			if p.outputGone() {
				return nil
			}
		}
	}
}

// flushNews shows what was gathered, and says what went wrong there.
func (p *program) flushNews(g *gather) error {
	n, err := g.write(p.out)
	p.shown += n
	if err != nil {
		return err
	}
	for _, trouble := range g.troubles {
		p.warn(trouble)
	}
	g.troubles = nil
	return nil
}

// gather holds what came of several logs at nearly the same time.
type gather struct {
	feeds    []*feed
	r        *renderer
	parts    []*shown // one for each feed
	last     []mark
	count    int // batches
	troubles []error
}

const maxGathered = 64 // batches

func newGather(s *style, feeds []*feed) *gather {
	g := &gather{feeds: feeds, r: newRenderer(s), last: make([]mark, len(feeds))}
	for range feeds {
		g.parts = append(g.parts, new(shown))
	}
	return g
}

// take adds what came of one log.
func (g *gather) take(n news) {
	g.count++
	f := g.feeds[n.feed]
	if n.gap != nil {
		g.troubles = append(g.troubles, missing{f.source.path, *n.gap})
	}
	if n.err != nil {
		g.troubles = append(g.troubles, n.err)
	}
	part := g.parts[n.feed]
	g.r.lines(part, n.lines)
	f.shown = n.mark
}

// wait takes more for a moment, so that lines which come together are put in order.
func (g *gather) wait(in <-chan news) {
	timer := time.NewTimer(mergeFor)
	defer timer.Stop()
	for g.count < maxGathered {
		select {
		case n := <-in:
			g.take(n)
		case <-timer.C:
			return
		}
	}
}

// write writes what was gathered, in the order of the labels.
func (g *gather) write(out io.Writer) (lines int, err error) {
	defer func() {
		for _, part := range g.parts {
			part.reset()
		}
		g.count = 0
	}()
	if len(g.parts) == 1 {
		_, err := out.Write(g.parts[0].text)
		return g.parts[0].count, err
	}
	m := &merge{}
	for i, part := range g.parts {
		part.inherit(&g.last[i])
		m.heads = append(m.heads, &head{shown: part, rank: i})
	}
	var all []byte
	for text, n := m.run(); n > 0; text, n = m.run() {
		all = append(all, text...)
		lines += n
	}
	_, err = out.Write(all)
	return lines, err
}

package pipeline

import (
	"errors"

	"multilog/internal/reason"
	"multilog/pipeline/input"
	"multilog/rotate"
)

// committer is the loop as rotate.Commit sees it: the current batch and its input.
type committer struct {
	l     *loop
	batch rotate.Batch
	rest  []byte // the known input behind the batch
}

// commit writes the batch to the directories and consumes its input. After Refill the
// caller fills the same input again. rest is the known input behind the batch. If it is the beginning of a line,
// the operation that consumes the batch also moves it to the lock page.
func (l *loop) commit(in []byte, consume int, rest []byte) rotate.Outcome {
	b, c := &l.batch, &l.committer
	l.number++
	waits := in[min(consume, l.source.held):consume] // in the input
	c.l, c.rest = l, rest
	c.batch.Batch, c.batch.Dev, c.batch.Ino = l.number, l.source.traits.Dev, l.source.traits.Ino
	c.batch.Length, c.batch.Last, c.batch.Sum = len(waits), 0, rotate.Fingerprint(waits)
	if len(waits) > 0 {
		c.batch.Last = waits[len(waits)-1]
	}
	c.batch.Bytes, c.batch.Lines, c.batch.Within = consume, b.lines, b.midline
	if c.batch.Parts == nil {
		c.batch.Parts = make([]rotate.Part, len(b.outputs))
	}
	for i := range b.outputs {
		o, p := &b.outputs[i], &c.batch.Parts[i]
		p.Dir, p.Bytes, p.Lines, p.Here, p.Keeps = o.dir, o.queued, o.lines, o.selected, o.dir == l.tail.keeper
	}
	out := rotate.Commit(&c.batch, c)
	switch out {
	case rotate.Refill:
		b.skips += b.shows
		b.undo()
	case rotate.TakenBack:
		b.skips = 0
		b.undo()
	}
	b.reset()
	return out
}

// Pieces returns the pieces for a directory.
func (c *committer) Pieces(part int) [][]byte { return c.l.piecesOf(&c.l.batch.outputs[part]) }

// Pause waits before another try to write. After SIGTERM it gives up the batch, whose
// input stays where it is.
func (c *committer) Pause() bool {
	if c.l.givesUp() {
		c.l.abandoned = true
		return false
	}
	c.l.wait(c.l.sys.Host.Mono()+troublePause, false)
	return true
}

// Written writes the status files.
func (c *committer) Written() { c.l.writeStatuses() }

// Consume takes the batch, and with it the beginning of the next line, from the input.
func (c *committer) Consume(mark *byte) rotate.Outcome {
	l := c.l
	since := int64(0)
	var room []byte // for the tail
	if l.begins(c.rest) {
		since = l.batch.next()
		if l.source.traits.Movable && c.batch.Bytes > 0 {
			room = l.tail.room(c.rest, max(0, l.source.held-c.batch.Bytes), &l.source.traits, since)
		}
	}
	if err := l.source.consume(c.batch.Bytes, mark, room); err != nil {
		if l.failed(err); l.abandoned {
			return rotate.Left
		}
		return rotate.TakenBack
	}
	l.tail.since = since
	return rotate.Consumed
}

// failed handles an error of Consume: the loop peeks at the input again, or abandons
// it.
func (l *loop) failed(err error) {
	if errors.Is(err, input.ErrTaken) {
		// The process that has taken the batch logs it. Peek shows next what was taken
		// instead.
		l.sys.Host.Warn(err.Error())
		return
	}
	// Reading on would log the batch twice, so stop. Its record says that it is
	// written, and the next logger skips it.
	l.sys.Host.Warn("unable to take logged lines from standard input, exiting: " + reason.Of(err) + " (the next logger skips them)")
	l.abandoned = true
}

// piecesOf turns an output's runs into pieces to write. If there are several short ones,
// it copies them together, because a piece costs the kernel more than copying it does.
func (l *loop) piecesOf(o *output) [][]byte {
	text := l.batch.text
	l.pieces = l.pieces[:0]
	if len(o.runs) == 1 || o.queued >= int64(len(o.runs)*gatherBytes) {
		for _, r := range o.runs {
			l.pieces = append(l.pieces, text[r.from:r.to])
		}
		return l.pieces
	}
	l.gather = l.gather[:0]
	for _, r := range o.runs {
		l.gather = append(l.gather, text[r.from:r.to]...)
	}
	l.pieces = append(l.pieces, l.gather)
	return l.pieces
}

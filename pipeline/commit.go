package pipeline

import (
	"errors"

	"multilog/internal/reason"
	"multilog/pipeline/input"
	"multilog/rotate"
)

// The order of a batch: records, writes, records, consume, records.

// commit writes a batch, consumes its input, and reports whether it did; if not,
// the input stands where it did, and nothing of it is left in any directory,
// or the in-flight records say that it is. rest is what is known of the input
// behind the batch: if it is the beginning of a line, it is moved to the lock
// page by the same operation that consumes the batch.
func (l *loop) commit(in []byte, consume int, rest []byte) bool {
	start := l.sys.Host.Mono()
	b := &l.batch
	l.number++
	waits := in[min(consume, l.source.held):consume] // in the input
	source := rotate.Input{Batch: l.number, Dev: l.source.traits.Dev, Ino: l.source.traits.Ino, Length: len(waits), Sum: rotate.Fingerprint(waits)}
	if len(waits) > 0 {
		source.Last = waits[len(waits)-1]
	}
	for i := range b.outputs {
		o := &b.outputs[i]
		o.begun = o.queued > 0 || o.dir == l.tail.keeper || o.dir.Involves(b.midline, o.selected)
		if o.begun {
			o.dir.Begin(source, o.queued, b.midline, o.selected)
		}
	}
	for i := range b.outputs {
		if o := &b.outputs[i]; o.queued > 0 && !l.append(o) {
			l.abandoned = true
			l.takeBack()
			return false
		}
	}
	l.writeStatuses()
	for i := range b.outputs {
		if o := &b.outputs[i]; o.begun {
			o.dir.Done()
		}
	}
	since := int64(0)
	var room []byte // for the tail
	if l.begins(rest) {
		since = b.next()
		if l.source.traits.Movable && consume > 0 {
			room = l.tail.room(rest, max(0, l.source.held-consume), &l.source.traits, since)
		}
	}
	if err := l.source.consume(consume, l.mark(), room); err != nil {
		if l.failed(err); !l.abandoned {
			l.takeBack()
		}
		return false
	}
	l.tail.since = since
	for i := range b.outputs {
		o := &b.outputs[i]
		if o.begun {
			o.dir.Clear()
		}
		o.dir.CountBatch(consume, b.lines, o.lines, l.sys.Host.Mono()-start, l.sys.Host.Now())
	}
	b.reset()
	return true
}

// failed deals with a Consume that has failed: the loop looks at the input again, or
// abandons it.
func (l *loop) failed(err error) {
	if errors.Is(err, input.ErrTaken) {
		// The process that has taken the batch has to log it. What was taken
		// instead is shown next.
		l.sys.Host.Warn(err.Error())
		return
	}
	// Reading on would log the batch twice, so stop. The records say that it is
	// written, for the next logger.
	l.sys.Host.Warn("unable to take logged lines from standard input, exiting: " + reason.Of(err) + " (the next logger skips them)")
	l.abandoned = true
	l.batch.reset()
}

// mark is where a directory that gets a part of the batch wants to see that
// its input is consumed: the one whose page has the unfinished line, or else
// the first.
func (l *loop) mark() *byte {
	var mark *byte
	for i := range l.batch.outputs {
		if o := &l.batch.outputs[i]; o.begun && (mark == nil || o.dir == l.tail.keeper) {
			mark = o.dir.Mark()
		}
	}
	return mark
}

// append writes an output, pausing and trying again when there is trouble, and
// reports whether it could before SIGTERM.
func (l *loop) append(o *output) bool {
	err := o.dir.Append(l.piecesOf(o))
	for err != nil {
		if l.givesUp() {
			return false
		}
		l.wait(l.sys.Host.Mono()+troublePause, false)
		err = o.dir.Append(nil)
	}
	return true
}

// takeBack takes back what has been written of the batch.
func (l *loop) takeBack() {
	for i := range l.batch.outputs {
		o := &l.batch.outputs[i]
		if !o.begun {
			continue
		}
		if err := o.dir.Rollback(); err != nil {
			l.sys.Host.Warn(err.Error())
		}
	}
	l.batch.reset()
}

// piecesOf turns an output's runs into pieces to write. Short ones are copied
// together: a piece costs the kernel more than copying it does.
func (l *loop) piecesOf(o *output) [][]byte {
	text := l.batch.text
	l.pieces = l.pieces[:0]
	if o.queued >= int64(len(o.runs)*gatherBytes) {
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

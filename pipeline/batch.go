package pipeline

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"multilog/pipeline/input"
	"multilog/pipeline/script"
	"multilog/rotate"
)

// Sizes of lines and batches, in bytes.
const (
	lineBytes   = script.LineBytes
	stderrBytes = 200 // what e shows

	textBytes   = 1 << 20 // most labelled text of one batch
	gatherBytes = 512     // pieces shorter than this, on average, are copied together
)

// run is a stretch of a batch's text: selected lines that lie next to each
// other.
type run struct{ from, to int }

// output is what a batch has for one directory.
type output struct {
	dir      *rotate.Dir
	room     int64 // of the directory's file, in bytes, before the batch
	lineRoom int64 // and before a newline fills it
	full     bool  // it is to be rotated before anything else is written
	runs     []run
	queued   int64 // bytes in runs
	lines    int   // that begin in runs
	selected bool  // the line that is being read goes here
	begun    bool  // Begin was called for the batch
}

// add queues text[from:to].
func (o *output) add(from, to int) {
	if last := len(o.runs) - 1; last >= 0 && o.runs[last].to == from {
		o.runs[last].to = to
	} else {
		o.runs = append(o.runs, run{from, to})
	}
	o.queued += int64(to - from)
}

// status is what a batch has for one =file.
type status struct {
	fd      int
	path    string // as messages call it
	dev     uint64
	ino     uint64
	from    int // of its line in the text
	to      int
	fresh   bool
	useless bool // it can't be written at its beginning
	trouble rotate.Trouble
}

// batch is the lines that are written in one go: a stretch of the input, the
// text that it becomes, and who gets which runs of that.
type batch struct {
	script  *script.Script
	host    rotate.Kernel
	console Console

	text    []byte           // the labelled lines; without labels, the input itself
	labels  *[textBytes]byte // memory for text; nil without labels
	stamper stamper
	now     int64 // when the batch was filled, nanoseconds since 1970

	outputs  []output
	statuses []status // the files
	statusOf []int    // by = action, in statuses
	chosen   []bool   // by sink, for the line at hand
	midline  bool     // the input stands within a line that has begun
	lines    int      // that begin in the batch

	clockWarned int64 // Mono of the last warning about the clock; 0 for none

	shown [stderrBytes + len("...\n")]byte
}

// texts is the memory for labelled text. In multilog there is one loop; tests
// simulate hundreds of thousands, one after another.
var texts = sync.Pool{New: func() any { return new([textBytes]byte) }}

// release gives back memory when the loop has ended.
func (b *batch) release() {
	if b.labels != nil {
		texts.Put(b.labels)
		b.labels, b.text = nil, nil
	}
}

// reset makes room for the next batch.
func (b *batch) reset() {
	for i := range b.outputs {
		o := &b.outputs[i]
		o.runs, o.queued, o.lines = o.runs[:0], 0, 0
	}
	for i := range b.statuses {
		b.statuses[i].fresh = false
	}
	b.lines = 0
}

// fill looks at the lines of in, one after another, until a line is not
// complete, the text is full, or a directory's file is full; it returns how
// many bytes of in it has dealt with. Invariant: on entry, no output has
// anything queued. The first line began at since, in nanoseconds since 1970, if
// that is not 0.
func (b *batch) fill(in []byte, since int64) (used int) {
	for i := range b.outputs {
		o := &b.outputs[i]
		o.room, o.lineRoom, o.full = o.dir.Room(), o.dir.LineRoom(), o.dir.Full()
	}
	uniform := b.script.Uniform()
	if b.script.Stamp != script.StampNone {
		b.text = b.labels[:0]
		b.now = b.host.Now()
		at := b.now
		if since != 0 {
			at = min(at, since) // the label is the time of a line's first byte
		}
		if back := b.stamper.advance(at); back > 0 {
			b.warnClock(back)
		}
		if since != 0 {
			n, more := b.line(in, 0)
			if used = n; !more {
				return used
			}
			b.stamper.advance(b.now)
		}
	} else {
		b.text = in
		if uniform {
			return b.fillPlain(in)
		}
	}
	for used < len(in) {
		if uniform && !b.midline {
			used += b.fillUniform(in[used:])
		}
		n, more := b.line(in[used:], used)
		used += n
		if !more {
			break
		}
	}
	return used
}

// clockGap is the time between two warnings about the clock: one that two programs
// set in turn goes back again and again.
const clockGap = int64(time.Minute)

func (b *batch) warnClock(back time.Duration) {
	now := b.host.Mono()
	if b.clockWarned != 0 && now-b.clockWarned < clockGap {
		return
	}
	b.clockWarned = max(now, 1)
	b.host.Warn(fmt.Sprintf("the clock was set back by %v, and so are stamps: lines logged before may have later ones", back.Round(time.Millisecond)))
}

// next is the time for the label of a line that begins behind what was looked
// at: that of the last look, or later if that much was handed out already. It
// is 0 without labels.
func (b *batch) next() int64 {
	if b.script.Stamp == script.StampNone {
		return 0
	}
	return max(b.now, b.stamper.tai.Peek().UnixNano())
}

// line deals with the line that rest begins with, or is within; at is where
// rest stands in the input. It returns how much of rest it has used, and
// whether the batch goes on.
func (b *batch) line(rest []byte, at int) (used int, more bool) {
	n := bytes.IndexByte(rest, '\n') + 1
	newline := n > 0
	if !newline {
		n = len(rest)
		if !b.midline && n+b.script.Stamp.Len() < lineBytes {
			return 0, false // its end will come
		}
	}
	from, to := at, at+n
	if b.script.Stamp != script.StampNone {
		if from = len(b.text); from+maxStampBytes+n > cap(b.text) {
			return 0, false
		}
		b.copy(rest[:n])
		to = len(b.text)
	}
	begins := !b.midline
	if begins {
		b.choose(b.text[from:to])
	}
	room := b.room()
	if room == 0 {
		return 0, false
	}
	if over := to - from - room; over > 0 {
		// Somebody's file ends here, for want of a newline earlier.
		to, n, newline = to-over, n-over, false
	}
	if begins {
		b.act(b.text[from:to], from)
		b.lines++
	}
	b.midline = !newline
	return n, b.queue(from, to, newline)
}

// choose finds out which sinks get the line.
func (b *batch) choose(line []byte) {
	b.script.Choose(line, b.chosen)
	for i, sink := range b.script.Sinks {
		if sink.Kind == script.ToDir {
			b.outputs[sink.Index].selected = b.chosen[i]
		}
	}
}

// copy appends a line, or some of it, to the text, behind its label.
func (b *batch) copy(line []byte) {
	if !b.midline {
		b.text = b.stamper.append(b.text)
	}
	b.text = append(b.text, line...)
}

// act does what e and = do with a line, which stands at from in the text.
func (b *batch) act(line []byte, from int) {
	for i, sink := range b.script.Sinks {
		if !b.chosen[i] {
			continue
		}
		switch sink.Kind {
		case script.ToStderr:
			b.show(line)
		case script.ToStatus:
			s := &b.statuses[b.statusOf[sink.Index]]
			s.from, s.to, s.fresh = from, from+min(len(line), lineBytes), true
		case script.ToDir:
			b.outputs[sink.Index].lines++
		}
	}
}

// show writes a line to standard error, as much as e shows of it.
func (b *batch) show(line []byte) {
	if last := len(line) - 1; line[last] == '\n' {
		line = line[:last]
	}
	out := append(b.shown[:0], line[:min(len(line), stderrBytes)]...)
	if len(line) > stderrBytes {
		out = append(out, "..."...)
	}
	b.console.WriteStderr(append(out, '\n'))
}

// room is how many bytes fit into every file that gets the line at hand.
func (b *batch) room() int {
	room := int64(textBytes)
	for i := range b.outputs {
		o := &b.outputs[i]
		if !o.selected {
			continue
		}
		if o.queued == 0 && o.full {
			return 0
		}
		room = min(room, o.room-o.queued)
	}
	return int(room)
}

// queue gives text[from:to] to those who get the line at hand, and says
// whether nobody's file is full now.
func (b *batch) queue(from, to int, newline bool) bool {
	more := true
	for i := range b.outputs {
		o := &b.outputs[i]
		if !o.selected {
			continue
		}
		o.add(from, to)
		if o.queued == o.room || newline && o.queued >= o.lineRoom {
			more = false
		}
	}
	return more
}

// fillUniform deals with lines that all go to every directory, stamped: with
// those that are complete and fill nobody's file. What comes then is for line.
// Invariant: in begins with the beginning of a line.
func (b *batch) fillUniform(in []byte) (used int) {
	text, lines, from := b.text, 0, len(b.text)
	limit := cap(text) - maxStampBytes
	for i := range b.outputs {
		o := &b.outputs[i]
		limit = min(limit, int(min(o.lineRoom-o.queued, textBytes))+from-maxStampBytes)
	}
	for {
		n := bytes.IndexByte(in[used:], '\n') + 1
		if n == 0 || len(text)+n >= limit {
			break
		}
		text = append(b.stamper.append(text), in[used:used+n]...)
		used += n
		lines++
	}
	b.text = text
	b.lines += lines
	for i := range b.outputs {
		if o := &b.outputs[i]; lines > 0 {
			o.selected = true
			o.lines += lines
			o.add(from, len(text))
		}
	}
	return used
}

// fillPlain is fill for a script that does not look at lines: all that
// matters is where they end.
func (b *batch) fillPlain(in []byte) (used int) {
	take := bytes.LastIndexByte(in, '\n') + 1
	if len(in)-take >= lineBytes || take == 0 && b.midline {
		take = len(in)
	}
	room, lineRoom := int64(input.PeekBytes+1), int64(input.PeekBytes+1)
	for i := range b.outputs {
		o := &b.outputs[i]
		o.selected = true
		if o.full {
			return 0
		}
		room, lineRoom = min(room, o.room), min(lineRoom, max(1, o.lineRoom))
	}
	if int64(take) >= lineRoom {
		end := lineRoom + int64(bytes.IndexByte(in[lineRoom-1:take], '\n'))
		if end < lineRoom || end > room {
			end = room
		}
		take = int(min(int64(take), end))
	}
	if take == 0 {
		return 0
	}
	ends := bytes.Count(in[:take], newlineText)
	if b.midline {
		ends--
	}
	b.midline = in[take-1] != '\n'
	if b.midline {
		ends++
	}
	b.lines = ends
	for i := range b.outputs {
		o := &b.outputs[i]
		o.lines = ends
		o.add(0, take)
	}
	return take
}

var newlineText = []byte{'\n'}

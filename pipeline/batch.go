package pipeline

import (
	"bytes"
	"fmt"
	"sync"
	"time"

	"multilog/pipeline/input"
	"multilog/pipeline/script"
	"multilog/rotate"
	"multilog/tai64n"
)

// Sizes of lines and batches, in bytes.
const (
	lineBytes   = script.LineBytes
	stderrBytes = 200 // how much of a line e prints

	textBytes   = 1 << 20 // maximum of labelled text in a batch
	gatherBytes = 512     // if pieces are shorter than this on average, they are copied together
)

// run is a part of a batch's text: selected lines that are adjacent.
type run struct{ from, to int }

// output is what one directory gets of a batch.
type output struct {
	dir      *rotate.Dir
	room     int64 // Dir.Room before the batch
	lineRoom int64 // Dir.LineRoom before the batch
	full     bool  // Dir.Full before the batch
	runs     []run
	queued   int64 // bytes in runs
	lines    int   // that begin in runs
	selected bool  // the directory gets the current line
	before   bool  // selected before the batch
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

// batch is the lines that are written together: a part of the input, the text that it
// becomes, and for each directory the runs of that text that it gets.
type batch struct {
	script  *script.Script
	host    rotate.Host
	console Console

	text    []byte           // the labelled lines; without labels, the input itself
	labels  *[textBytes]byte // memory for text; nil without labels
	stamper stamper
	now     int64 // when the batch was filled, in nanoseconds since 1970

	outputs []output
	chosen  []bool         // by sink, for the current line
	midline bool           // the input stands within a line that has begun
	before  bool           // midline before the batch
	stamped tai64n.Stamper // that of stamper before the batch
	lines   int            // that begin in the batch

	clockWarned int64 // Mono of the last warning about the clock; 0 for none

	shows    int // lines of the batch that were shown
	skips    int // how many of the next ones were shown already
	statuses statuses
	shown    [stderrBytes + len("...\n")]byte
}

// texts is memory for labelled text. multilog has one loop, but tests simulate hundreds
// of thousands, one after another.
var texts = sync.Pool{New: func() any { return new([textBytes]byte) }}

// release returns memory to texts at the end of the loop.
func (b *batch) release() {
	if b.labels != nil {
		texts.Put(b.labels)
		b.labels, b.text = nil, nil
	}
}

// reset empties the batch.
func (b *batch) reset() {
	for i := range b.outputs {
		o := &b.outputs[i]
		o.runs, o.queued, o.lines = o.runs[:0], 0, 0
	}
	b.statuses.reset()
	b.lines = 0
}

// undo has stamps and lines go on as they would without the batch.
func (b *batch) undo() {
	b.midline, b.stamper.tai = b.before, b.stamped
	for i := range b.outputs {
		b.outputs[i].selected = b.outputs[i].before
	}
}

// fill stamps the lines of in and queues each for the directories that select it. It
// stops at an incomplete line, when the text is full, and when the file of a directory
// is full. It returns how many bytes of in it has handled. If since is not 0, it is the
// time, in nanoseconds since 1970, at which the first byte of the first line was seen.
// Invariant: on entry, no output has anything queued.
func (b *batch) fill(in []byte, since int64) (used int) {
	stamps := b.script.Stamp != script.StampNone
	b.before, b.stamped, b.shows = b.midline, b.stamper.tai, 0
	if stamps {
		b.text = b.labels[:0]
		b.now = b.host.Now()
		at := b.now
		if since != 0 {
			at = min(at, since) // the label is the time of a line's first byte
		}
		if back := b.stamper.advance(at); back > 0 {
			b.clockWasSetBack(back, at+int64(back))
		}
	}
	for i := range b.outputs {
		o := &b.outputs[i]
		o.before = o.selected
		o.room, o.lineRoom, o.full = o.dir.Room(), o.dir.LineRoom(), o.dir.Full()
	}
	uniform := b.script.Uniform()
	if stamps {
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
			if used += b.fillUniform(in[used:]); used == len(in) {
				break
			}
		}
		n, more := b.line(in[used:], used)
		used += n
		if !more {
			break
		}
	}
	return used
}

// clockGap is the minimum time between two warnings about the clock. If two programs
// set the clock in turn, it goes back again and again.
const clockGap = int64(time.Minute)

// clockWasSetBack deals with stamps that go back by so much, and were all before a time,
// in nanoseconds since 1970: they go on in a new file of
// each directory, as soon as it gets a line. So the stamps of a file never descend, and
// a reader may bisect it.
func (b *batch) clockWasSetBack(back time.Duration, before int64) {
	for i := range b.outputs {
		b.outputs[i].dir.EndFile(before)
	}
	now := b.host.Mono()
	if b.clockWarned != 0 && now-b.clockWarned < clockGap {
		return
	}
	b.clockWarned = max(now, 1)
	b.host.Warn(fmt.Sprintf("the clock was set back by %v, and so are stamps, in new files: lines in older files may have later ones", back.Round(time.Millisecond)))
}

// next returns the time for the label of a line that begins behind the batch, in
// nanoseconds since 1970: when the batch was filled, or the next label if that is
// later. Without labels it returns 0.
func (b *batch) next() int64 {
	if b.script.Stamp == script.StampNone {
		return 0
	}
	return max(b.now, b.stamper.next())
}

// line handles the line at the beginning of rest, or the part of it that rest has; at
// is the offset of rest in the input. It returns how many bytes of rest it has used,
// and whether the batch continues.
func (b *batch) line(rest []byte, at int) (used int, more bool) {
	n := bytes.IndexByte(rest, '\n') + 1
	newline := n > 0
	if !newline {
		n = len(rest)
		if !b.midline && n+b.script.Stamp.Len() < lineBytes {
			return 0, false // wait for its end
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
		// The file of a directory ends here, within the line.
		to, n, newline = to-over, n-over, false
	}
	if begins {
		b.act(b.text[from:to], from)
		b.lines++
	}
	b.midline = !newline
	return n, b.queue(from, to, newline)
}

// choose determines which sinks select the line.
func (b *batch) choose(line []byte) {
	b.script.Choose(line, b.chosen)
	for i, sink := range b.script.Sinks {
		if sink.Kind == script.ToDir {
			b.outputs[sink.Index].selected = b.chosen[i]
		}
	}
}

// copy appends a line, or a part of one, to the text, and before a line its stamp.
func (b *batch) copy(line []byte) {
	if !b.midline {
		b.text = b.stamper.append(b.text)
	}
	b.text = append(b.text, line...)
}

// act prints a line for e, notes it for =, and counts it for each directory that
// selects it. The line is at offset from in the text.
func (b *batch) act(line []byte, from int) {
	for i, sink := range b.script.Sinks {
		if !b.chosen[i] {
			continue
		}
		switch sink.Kind {
		case script.ToStderr:
			b.show(line)
		case script.ToStatus:
			b.statuses.note(sink.Index, run{from, from + min(len(line), lineBytes)})
		case script.ToDir:
			b.outputs[sink.Index].lines++
		}
	}
}

// show writes the first stderrBytes of a line to standard error.
func (b *batch) show(line []byte) {
	if b.shows++; b.skips > 0 {
		b.skips--
		return
	}
	if last := len(line) - 1; line[last] == '\n' {
		line = line[:last]
	}
	out := append(b.shown[:0], line[:min(len(line), stderrBytes)]...)
	if len(line) > stderrBytes {
		out = append(out, "..."...)
	}
	b.console.WriteStderr(append(out, '\n'))
}

// room returns how many bytes fit into the files of all directories that get the
// current line. It returns 0 if one of these files must be rotated first.
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

// queue queues text[from:to] for each directory that gets the current line, and reports
// whether all their files can take more. newline reports whether the text ends with
// one.
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

// fillUniform is the fast path for a script that stamps lines and sends all of them to
// every directory. It stops before a line that is incomplete or may fill a file, which
// line handles. It returns how many bytes of in it has handled. Invariant: in begins
// with the beginning of a line.
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

// fillPlain is fill for a script that neither stamps nor selects lines. Only the ends
// of lines matter there.
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

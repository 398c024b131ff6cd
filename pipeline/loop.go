package pipeline

import (
	"bytes"
	"math/rand/v2"

	"multilog/pipeline/script"
	"multilog/rotate"
)

// troublePause is the time between two tries of a write that failed.
const troublePause = 1e9 // nanoseconds

// loop is a logger and owns all of its state. For each batch it peeks at the input,
// finds the lines, writes them and consumes them. To rotate it swaps two files. All
// other operations run in the background; their Done is called while the loop waits.
type loop struct {
	sys    System
	source source
	dirs   []*rotate.Dir
	number uint64 // of the last batch

	terms     int  // SIGTERMs so far
	abandoned bool // the input stays where it is, because a batch could not be written or consumed

	committer committer
	pieces    [][]byte // of the batch, for one directory
	gather    []byte   // memory for pieces that are copied together

	// These two have large arrays. They come last, so that what each batch uses lies
	// close together.
	batch batch
	tail  tail
}

// Run opens everything that the script names, and logs until the end of input or
// SIGTERM. It returns an error, of type *rotate.Error, if it can't start; then it has
// taken no input. About later failures it warns and tries again.
func Run(sys System, s *script.Script) error {
	l := newLoop(sys)
	defer l.batch.release()
	if err := l.open(s); err != nil {
		return err
	}
	l.copyInput()
	l.end()
	return nil
}

func newLoop(sys System) *loop {
	return &loop{sys: sys, source: newSource(sys.Input), number: rand.Uint64()}
}

// open opens the status files and then the directories, in the order of the script, and
// continues where the previous logger has stopped.
func (l *loop) open(s *script.Script) error {
	b := &l.batch
	b.script, b.host, b.console = s, l.sys.Host, l.sys.Console
	b.chosen = make([]bool, len(s.Sinks))
	if b.stamper.kind = s.Stamp; s.Stamp != script.StampNone {
		b.labels = texts.Get().(*[textBytes]byte)
	}
	for _, path := range s.Status {
		if err := b.statuses.open(l.sys.Host, path); err != nil {
			return err
		}
	}
	for _, conf := range s.Dirs {
		d, err := rotate.Lock(l.sys.Host, atCwd, conf)
		if err != nil {
			return err
		}
		d.SetBackend(l.sys.Backend)
		l.dirs = append(l.dirs, d)
	}
	if err := rotate.Settle(l.dirs, &l.source); err != nil {
		return err
	}
	for _, d := range l.dirs {
		if err := d.Recover(); err != nil {
			return err
		}
		b.stamper.advance(max(d.LabelsBefore(), b.stamper.next()))
		within, here := d.Midline()
		b.outputs = append(b.outputs, output{dir: d, selected: here})
		b.midline = b.midline || within
	}
	l.resume()
	return nil
}

const atCwd = -100 // AT_FDCWD: paths are relative to the working directory

// copyInput writes the input to the directories until the input ends, SIGTERM comes, or
// the input is abandoned.
func (l *loop) copyInput() {
	seen := l.source.held > 0 // the beginning of an incomplete line
	for !l.abandoned {
		if l.terms > 0 {
			l.lastLine(seen)
			return
		}
		in, eof := l.source.peek()
		used, ok := l.write(in, eof)
		seen = used < len(in)
		switch {
		case !ok: // the input is abandoned, or must be peeked at again
		case eof && !seen:
			return
		default:
			l.await(in[used:])
			l.rotate()
		}
	}
}

// lastLine finishes the line that is being read, if there is one: a part of it is
// written, or, if seen is true, was seen. What follows it stays in the input.
func (l *loop) lastLine(seen bool) {
	l.source.in.LastLine()
	for (seen || l.batch.midline) && l.terms < 2 {
		in, eof := l.source.peek()
		used, ok := l.write(firstLine(in), eof)
		switch {
		case l.abandoned || eof && used >= len(in) || used > 0 && !l.batch.midline:
			return
		case ok && used == 0:
			l.await(in)
		}
	}
}

// write writes the complete lines of in, in batches that end where a file does. It
// returns how many bytes of in it has written and consumed. ok is false if the input is
// abandoned or must be peeked at again.
func (l *loop) write(in []byte, eof bool) (used int, ok bool) {
	size := len(in)
	if eof && (size > 0 && in[size-1] != '\n' || size == 0 && l.batch.midline) {
		in = append(in, '\n') // an unfinished last line gets a newline
	}
	return l.writeFrom(in, size)
}

// writeFrom is write if only the first size bytes of in are in the input.
func (l *loop) writeFrom(in []byte, size int) (used int, ok bool) {
	for used < len(in) {
		n := l.batch.fill(in[used:], l.tail.since)
		end := min(used+n, size)
		if n > 0 {
			switch l.commit(in[used:used+n], end-min(used, size), in[end:size]) {
			case rotate.Consumed:
			case rotate.Refill:
				continue
			default:
				return min(used, size), false
			}
		}
		used += n
		if !l.rotate() && n == 0 || l.abandoned {
			break
		}
	}
	used = min(used, size)
	if l.tail.since == 0 && l.begins(in[used:size]) {
		l.tail.since = l.batch.next()
	}
	return used, !l.abandoned
}

// firstLine returns in up to its first newline, or all of it if there is none.
func firstLine(in []byte) []byte {
	if n := bytes.IndexByte(in, '\n'); n >= 0 {
		return in[:n+1]
	}
	return in
}

// rotate rotates the directories whose files are full, and waits until that is
// possible. It also rotates those with a requested rotation, if they are ready. It
// reports whether a full file was rotated.
func (l *loop) rotate() bool {
	any := false
	for i := range l.batch.outputs {
		o := &l.batch.outputs[i]
		d := o.dir
		if o.selected && d.Full() {
			any = true
			if !l.awaitRoom(d) {
				return false
			}
			d.Rotate()
		} else if d.RotationRequested() && d.Ready() {
			d.Rotate()
		}
	}
	return any
}

// awaitRoom waits until the directory can be rotated, and reports whether it can. It
// gives up on SIGTERM. Within a line, of which a part was written or has left the
// input, it gives up only if the directory is failing, or on a second SIGTERM.
func (l *loop) awaitRoom(d *rotate.Dir) bool {
	if d.Ready() {
		return true
	}
	start := l.sys.Host.Mono()
	d.BeginRoomWait()
	for !d.Ready() {
		if l.terms > 1 || l.givesUp() && (!l.batch.midline && l.source.held == 0 || d.Failing()) {
			l.abandoned = true
			return false
		}
		l.wait(0, false)
	}
	d.CountRoomWait(l.sys.Host.Mono() - start)
	return true
}

// givesUp reports whether to leave a batch that can't be written in the input: after
// SIGTERM. An input that can't be peeked would lose the batch, so there it takes a
// second SIGTERM.
func (l *loop) givesUp() bool {
	return l.terms > 1 || l.terms > 0 && l.source.traits.Stays
}

// wait sleeps until something happens or Mono reaches until, unless that is 0, and then
// does what is due in the directories. input is that of Waiter.Wait.
func (l *loop) wait(until int64, input bool) {
	for _, d := range l.dirs {
		if at := d.Deadline(); at != 0 && (until == 0 || at < until) {
			until = at
		}
	}
	terms, alarms := l.sys.Waiter.Wait(until, input)
	l.terms += terms
	if alarms > 0 {
		for _, d := range l.dirs {
			d.RequestRotation()
		}
	}
	if until == 0 {
		return // nothing had a deadline
	}
	now := l.sys.Host.Mono()
	for _, d := range l.dirs {
		d.Tick(now)
	}
}

// end waits for pending files and closes the directories. After SIGTERM it leaves
// operations that keep failing to the next logger's recovery, after a second one it
// leaves everything.
func (l *loop) end() {
	for _, d := range l.dirs {
		d.NoteLabels(l.batch.stamper.next())
	}
	for l.terms < 2 {
		done := true
		for _, d := range l.dirs {
			if l.terms > 0 && d.GiveUp() {
				continue
			}
			// If input was left within a batch, its record is about current.
			wanted := d.RotationRequested() && !l.abandoned
			if wanted && d.Ready() {
				d.Rotate()
				wanted = false
			}
			if !wanted {
				d.End()
			}
			done = done && d.Ended()
		}
		if done {
			return
		}
		l.wait(0, false)
	}
}

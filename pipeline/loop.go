package pipeline

import (
	"bytes"
	"math/rand/v2"
	"syscall"

	"multilog/ioring"
	"multilog/pipeline/script"
	"multilog/rotate"
)

// The loop. Per batch: peek, find the lines, write, consume. Per rotation: a
// swap of two descriptors. Everything else happens behind it, and tells it
// when it waits.

// troublePause is the time between two tries to write what could not be
// written.
const troublePause = 1e9 // nanoseconds

// loop owns all state of the logger.
type loop struct {
	sys    System
	source source
	batch  batch
	dirs   []*rotate.Dir
	tail   tail
	number uint64 // of the last batch

	terms     int  // SIGTERMs so far
	abandoned bool // input is left where it is: a batch could not be written

	pieces [][]byte // of the batch, for one directory
	gather []byte   // memory for pieces that are copied together
	line   [lineBytes + 1]byte
}

// Run opens everything that the script names, and logs until the end of input
// or SIGTERM. Its errors are of the start, before any input was taken; they
// are of type *rotate.Error.
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

// open opens, in the script's order, the status files, then the directories.
func (l *loop) open(s *script.Script) error {
	b := &l.batch
	b.script, b.host, b.console = s, l.sys.Host, l.sys.Console
	b.chosen = make([]bool, len(s.Sinks))
	if b.stamper.kind = s.Stamp; s.Stamp != script.StampNone {
		b.labels = texts.Get().(*[textBytes]byte)
	}
	for _, path := range s.Status {
		if err := l.openStatus(path); err != nil {
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
		within, here := d.Midline()
		b.outputs = append(b.outputs, output{dir: d, selected: here})
		b.midline = b.midline || within
	}
	l.resume()
	return nil
}

// openStatus opens a =file. One that is open already, by this or another name, is
// written once, with the last line that any of its actions selects.
func (l *loop) openStatus(path string) error {
	b := &l.batch
	op := ioring.Op{Code: ioring.OpenAt, Dir: atCwd, Path: path, Flags: syscall.O_WRONLY | syscall.O_CREAT | syscall.O_NONBLOCK, Mode: 0o600}
	if l.sys.Host.Do(&op); op.Err != nil {
		return &rotate.Error{What: "create " + path, Err: op.Err}
	}
	fresh := status{fd: int(op.Res), path: path}
	op = ioring.Op{Code: ioring.Stat, FD: fresh.fd}
	if l.sys.Host.Do(&op); op.Err != nil {
		return &rotate.Error{What: "stat " + path, Err: op.Err}
	}
	fresh.dev, fresh.ino = op.Stat.Dev, op.Stat.Ino
	for i, s := range b.statuses {
		if s.dev == fresh.dev && s.ino == fresh.ino {
			b.statusOf = append(b.statusOf, i)
			op = ioring.Op{Code: ioring.Close, FD: fresh.fd}
			l.sys.Host.Do(&op) // nothing was written to it: nothing can be lost
			return nil
		}
	}
	b.statusOf = append(b.statusOf, len(b.statuses))
	b.statuses = append(b.statuses, fresh)
	return nil
}

const atCwd = -100 // AT_FDCWD

// copyInput writes the input to the directories until it ends, or is to be
// left.
func (l *loop) copyInput() {
	seen := l.source.held > 0 // the beginning of a line that is not complete
	for !l.abandoned {
		if l.terms > 0 {
			l.lastLine(seen)
			return
		}
		in, eof := l.source.peek()
		used, ok := l.write(in, eof)
		seen = used < len(in)
		switch {
		case !ok: // the input is abandoned, or looked at again
		case eof && !seen:
			return
		default:
			l.await(in[used:])
			l.rotate()
		}
	}
}

// lastLine ends the line that is being read, if there is one: either it has
// begun to stream, or some of it has been seen. What is behind it stays.
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

// write writes the lines of in that are complete, in batches that end where a file
// does, and returns how many bytes of in that was. If ok is false, in is not what
// stands in the input any more, or the input is abandoned.
func (l *loop) write(in []byte, eof bool) (used int, ok bool) {
	size := len(in)
	if eof && (size > 0 && in[size-1] != '\n' || size == 0 && l.batch.midline) {
		in = append(in, '\n') // the unfinished last line gets its newline
	}
	return l.writeFrom(in, size)
}

// writeFrom is write for in of which the first size bytes are of the input.
func (l *loop) writeFrom(in []byte, size int) (used int, ok bool) {
	for used < len(in) {
		n := l.batch.fill(in[used:], l.tail.since)
		end := min(used+n, size)
		if n > 0 && !l.commit(in[used:used+n], end-min(used, size), in[end:size]) {
			return min(used, size), false
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

// firstLine is in up to its first newline, if it holds one.
func firstLine(in []byte) []byte {
	if n := bytes.IndexByte(in, '\n'); n >= 0 {
		return in[:n+1]
	}
	return in
}

// rotate swaps the files that are full, waiting until that is possible, and
// those that a signal wants swapped if they are ready. It says whether any
// file was full.
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
		} else if d.Wanted() && d.Ready() {
			d.Rotate()
		}
	}
	return any
}

// awaitRoom waits until the directory can take another file, and reports whether
// it can; it gives up on SIGTERM, but within a line, of which some is written or
// was taken, only when there is trouble, or on a second one.
func (l *loop) awaitRoom(d *rotate.Dir) bool {
	if d.Ready() {
		return true
	}
	start := l.sys.Host.Mono()
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

// givesUp says whether what can't be written is to be left in the input: when
// SIGTERM has come; a second one, if the input can't be peeked, since what was
// read of such a one is lost then.
func (l *loop) givesUp() bool {
	return l.terms > 1 || l.terms > 0 && l.source.traits.Stays
}

// wait sleeps until something happens, or until Mono is at until, unless that
// is 0. What it does for the directories is part of waiting.
func (l *loop) wait(until int64, input bool) {
	for _, d := range l.dirs {
		if at := d.Deadline(); at != 0 && (until == 0 || at < until) {
			until = at
		}
	}
	terms, alarms := l.sys.Wait.Wait(until, input)
	l.terms += terms
	now := l.sys.Host.Mono()
	for _, d := range l.dirs {
		if alarms > 0 {
			d.Want()
		}
		d.Tick(now)
	}
}

// end finishes what is pending, marks the directories as whole, and closes
// them. SIGTERM leaves what fails to the next logger's recovery, a second one
// everything.
func (l *loop) end() {
	for l.terms < 2 {
		done := true
		for _, d := range l.dirs {
			if l.terms > 0 && d.GiveUp() {
				continue
			}
			// Input that was left has a record, which is about current.
			wanted := d.Wanted() && !l.abandoned
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

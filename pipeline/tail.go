package pipeline

import (
	"bytes"

	"multilog/pipeline/input"
	"multilog/rotate"
)

// tail is the beginning of a line that is not complete yet, and where it is stored.
//
// The loop never sleeps with bytes left in a pipe: the writer may be waiting for room,
// and Linux wakes a reader for that only if the pipe was empty. So before the loop
// sleeps, the tail moves into the lock page of a directory, by the same system call
// that takes it from the input. After a kill it is in one of the two. It is shorter
// than lineBytes; a longer line is written as it comes.
//
// Without a page the tail stays in the input for a while, and the loop repeatedly
// checks whether more has come. If nothing comes for long, or if the tail may fill the
// input, it moves into memory, where a kill loses it.
type tail struct {
	keeper *rotate.Dir // the directory with the lock page; nil if no page outlives the process
	since  int64       // when its first byte was seen, in nanoseconds since 1970; 0 if there is none, or without stamps
	left   int         // how many bytes of it are left in the input for a while
	pause  int64       // how long, in nanoseconds, until the next check of the input
	memory [lineBytes]byte
}

// Times between two checks of an input in which a tail is left, in nanoseconds.
const (
	firstPause   = 2e6
	longestPause = 250e6
)

// room returns the memory for the bytes of rest that are in the input, behind those
// that are held already. It returns nil if there is no page. The line began at since.
func (t *tail) room(rest []byte, held int, traits *input.Traits, since int64) []byte {
	if t.keeper == nil {
		return nil
	}
	room := t.keeper.TailRoom(traits.Dev, traits.Ino, since, rest[:held])
	if len(room) < len(rest) {
		return nil
	}
	return room[held:len(rest)]
}

// stays reports whether a tail of n bytes that has no page stays in the input for
// t.pause.
func (t *tail) stays(n int) bool {
	if t.left != n {
		t.left, t.pause = n, firstPause
		return true
	}
	t.pause *= 2
	return t.pause <= longestPause
}

// begins reports whether rest, which follows what was written, is a tail.
func (l *loop) begins(rest []byte) bool {
	return len(rest) > 0 && !l.batch.midline && len(rest)+l.batch.script.Stamp.Len() < lineBytes &&
		bytes.IndexByte(rest, '\n') < 0
}

// await waits for more input. rest is what was shown and not written: a tail, or the
// beginning of a line for which there is no room.
func (l *loop) await(rest []byte) {
	if held := l.source.held; l.source.traits.Movable && len(rest) > held {
		room := l.tail.room(rest, held, &l.source.traits, l.tail.since)
		if room == nil {
			if !l.source.in.Traits().Cramped && l.tail.stays(len(rest)) {
				l.wait(l.sys.Host.Mono()+l.tail.pause, false)
				return
			}
			room = l.tail.memory[:len(rest)-held]
		}
		if err := l.source.consume(0, nil, room); err != nil {
			l.failed(err)
			return
		}
	}
	l.tail.left = 0
	l.wait(0, true)
}

// resume continues the tail that the previous logger has left. If its end will not
// come, because standard input is another one or another logger has taken it, the tail
// becomes a line.
func (l *loop) resume() {
	for _, d := range l.dirs {
		if t, goesOn := d.Tail(); t.Text != "" && !goesOn {
			l.sys.Host.Warn("unable to continue the line that begins in " + d.Name() + "/lock: the rest of it is not in standard input; it is logged as a line of its own")
			l.tail.keeper, l.tail.since = d, t.Since
			l.writeFrom(append([]byte(t.Text), '\n'), 0)
		}
	}
	l.tail.keeper, l.tail.since = nil, 0
	for _, d := range l.dirs {
		if t, goesOn := d.Tail(); goesOn {
			l.tail.keeper, l.tail.since = d, t.Since
			l.source.hold([]byte(t.Text))
		}
	}
	for _, d := range l.dirs {
		if l.tail.keeper == nil && d.Mapped() {
			l.tail.keeper = d
		}
	}
}

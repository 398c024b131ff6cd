package pipeline

import "bytes"

// The tail: the beginning of a line that is not complete yet.
//
// The loop never sleeps with bytes left in a pipe: its writer may be waiting for
// room, and Linux wakes a reader for that only if the pipe was empty. So before
// it sleeps, the tail moves into the lock page of a directory, by the one system
// call that takes it from the input: killed, it stands in one of the two. It is
// shorter than lineBytes; a longer line is not kept but written as it comes.
//
// Without a page the tail stays in the input for a while, and the loop looks
// again and again whether something has come. If nothing comes for long, or if
// the tail may fill the input, it is taken into memory, where a kill loses it.

// Times between two looks at an input in which something is left, in
// nanoseconds.
const (
	firstPause   = 2e6
	longestPause = 250e6
)

// begins reports whether rest, which stands behind what was written, is the
// beginning of a line that is to be kept until it is complete.
func (l *loop) begins(rest []byte) bool {
	return len(rest) > 0 && !l.batch.midline && len(rest)+l.batch.script.Stamp.Len() < lineBytes &&
		bytes.IndexByte(rest, '\n') < 0
}

// tail returns the bytes from from to to of the room for a tail in the lock
// page, or nil if there is none. since is when the line began.
func (l *loop) tail(from, to int, since int64) []byte {
	if l.owner == nil {
		return nil
	}
	room := l.owner.TailRoom(l.source.traits.Dev, l.source.traits.Ino, since)
	if len(room) < to {
		return nil
	}
	return room[from:to]
}

// await waits for more input; rest is what was shown and not written.
func (l *loop) await(rest []byte) {
	switch {
	case l.again || l.abandoned:
	case l.source.traits.Movable && len(rest) > l.source.held && !l.move(rest):
		if !l.again && !l.abandoned {
			l.wait(l.sys.Host.Mono()+l.pause, false)
		}
	default:
		l.left, l.pause = 0, 0
		l.wait(0, true)
	}
}

// move takes what is in the input of a tail out of it, and reports whether it
// did; otherwise it is to stay for a pause.
func (l *loop) move(rest []byte) bool {
	held := l.source.held
	room := l.tail(0, len(rest), l.since)
	if room == nil {
		if l.kept = 0; l.stays(len(rest)) {
			return false
		}
		room = l.line[:len(rest)]
	} else {
		copy(room[l.kept:held], rest[l.kept:held]) // what was taken while there was no page
	}
	if err := l.source.consume(0, nil, room[held:]); err != nil {
		l.failed(err)
		return false
	}
	l.kept = len(rest)
	return true
}

// stays reports whether a tail of n bytes is to stay in the input, for how long
// is in pause.
func (l *loop) stays(n int) bool {
	switch {
	case l.source.in.Traits().Cramped:
		return false
	case l.left != n:
		l.left, l.pause = n, firstPause
		return true
	default:
		l.pause *= 2
		return l.pause <= longestPause
	}
}

// resume goes on with the tail that the logger before has left. Of one whose end
// will not come a line is made: standard input is another one now, or another
// logger has taken that end.
func (l *loop) resume() {
	for _, d := range l.dirs {
		if t, goesOn := d.Tail(); t.Text != "" && !goesOn {
			l.sys.Host.Warn("unable to go on with the line whose beginning is in " + d.Name() + "/lock: its end went elsewhere; it is logged as a line of its own")
			l.owner, l.since = d, t.Since
			l.writeFrom(append([]byte(t.Text), '\n'), 0)
		}
	}
	l.owner, l.since = nil, 0
	for _, d := range l.dirs {
		if t, goesOn := d.Tail(); goesOn {
			l.owner, l.since, l.kept = d, t.Since, len(t.Text)
			l.source.hold([]byte(t.Text))
		}
	}
	for _, d := range l.dirs {
		if l.owner == nil && d.Mapped() {
			l.owner = d
		}
	}
}

package rotate

import "slices"

// Turns bounds how many directories have a file made safe by way of a processor at a
// time. A process with many directories and few descriptors needs that: a processor
// has eight while it runs. A directory gives its turn back after each file, and when
// a step fails, until that is tried again; the next turn is for the one that
// has waited longest. So a processor that keeps failing, or a disk that hangs, holds up
// others only if there are as many of them as there are turns.
//
// The directories that share it belong to one goroutine.
type Turns struct {
	free    int
	waiting []*turn
}

// NewTurns returns n turns, at least 1.
func NewTurns(n int) *Turns { return &Turns{free: max(n, 1)} }

// turn is what one directory has of the turns.
type turn struct {
	of      *Turns // nil where there is no bound
	has     bool
	waits   bool
	granted func() // called when it has been waited for, and is there
}

// isBounded reports whether turns are fewer than the directories that share them.
func (t *turn) isBounded() bool { return t.of != nil }

// isWaiting reports whether the turn will be granted.
func (t *turn) isWaiting() bool { return t.waits }

// take reports whether it is the directory's turn. If not, granted will be called.
func (t *turn) take() bool {
	switch {
	case t.of == nil || t.has:
		return true
	case t.waits:
		return false
	case t.of.free > 0:
		t.of.free--
		t.has = true
		return true
	}
	t.waits = true
	t.of.waiting = append(t.of.waiting, t)
	return false
}

// giveBack passes the turn on, if the directory has it.
func (t *turn) giveBack() {
	if !t.has {
		return
	}
	t.has = false
	if len(t.of.waiting) == 0 {
		t.of.free++
		return
	}
	next := t.of.waiting[0]
	t.of.waiting = slices.Delete(t.of.waiting, 0, 1)
	next.waits, next.has = false, true
	next.granted()
}

package rotate

import "slices"

// Turns limits how many directories make a file safe with a processor at the same time.
// A process with many directories and few descriptors needs that, because a processor
// takes eight while it runs. A directory gives its turn back after each file. It also
// does so when a step fails, until that step is tried again. The next turn goes to the
// directory that has waited longest. So processors that keep failing, or a disk that
// hangs, delay others only if as many directories are affected as there are turns.
//
// The directories that share a Turns belong to one goroutine.
type Turns struct {
	free    int
	waiting []*turn
}

// NewTurns returns a Turns that lets n directories, at least 1, run a processor at a
// time.
func NewTurns(n int) *Turns { return &Turns{free: max(n, 1)} }

// turn is one directory's share of the turns.
type turn struct {
	of      *Turns // nil if there is no limit
	has     bool
	waits   bool
	granted func() // called when a turn has come that take did not grant
}

// isBounded reports whether there is a limit.
func (t *turn) isBounded() bool { return t.of != nil }

// isWaiting reports whether the directory waits for its turn.
func (t *turn) isWaiting() bool { return t.waits }

// take reports whether the directory has its turn. If it does not, granted will be
// called.
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

// giveBack gives the turn, if the directory has it, to the one that has waited longest.
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

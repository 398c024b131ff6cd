package simkernel

import (
	"slices"

	"multilog/ioring"
)

// flying is an operation that was submitted and not handed back.
type flying struct {
	op       *ioring.Op
	fd       *open // that FD was
	startAt  int64
	doneAt   int64
	happened bool
	run      *process
}

// Submit carries out op later.
func (k *Kernel) Submit(op *ioring.Op) {
	end := k.call()
	f := &flying{op: op}
	if usesFD(op) {
		f.fd = k.fd(op.FD)
	}
	before, after := k.plan.Delay(op.Code)
	f.startAt = k.w.mono + before
	f.doneAt = f.startAt + after
	k.flying = append(k.flying, f)
	k.returns(end)
}

// pump does what is due.
func (k *Kernel) pump() {
	k.w.pump()
	for {
		var first *flying
		for _, f := range k.flying {
			if !f.happened && f.startAt <= k.w.mono && (first == nil || f.startAt < first.startAt) {
				first = f
			}
		}
		if first == nil {
			return
		}
		k.happen(first)
	}
}

// happen lets a submitted operation take effect.
func (k *Kernel) happen(f *flying) {
	f.happened = true
	if f.op.Code == ioring.Run {
		k.run(f)
		return
	}
	if f.fd != nil && k.fd(f.op.FD) != f.fd {
		k.w.Fail("%v of descriptor %d, which is not what it was any more", f.op.Code, f.op.FD)
	}
	k.do(f.op)
}

// next is when the next thing happens.
func (k *Kernel) next() int64 {
	at := k.w.next()
	for _, f := range k.flying {
		switch {
		case f.run != nil:
			// Its steps are the world's.
		case !f.happened:
			at = min(at, f.startAt)
		default:
			at = min(at, f.doneAt)
		}
	}
	return at
}

// deliver calls Done of the operations that have finished.
func (k *Kernel) deliver() bool {
	var done []*flying
	rest := k.flying[:0]
	for _, f := range k.flying {
		if f.run != nil && f.run.over {
			f.op.Res = f.run.exit
			f.run = nil
			f.doneAt = k.w.mono
		}
		if f.happened && f.run == nil && f.doneAt <= k.w.mono {
			done = append(done, f)
		} else {
			rest = append(rest, f)
		}
	}
	k.flying = rest
	slices.SortStableFunc(done, func(a, b *flying) int { return int(a.doneAt - b.doneAt) })
	for _, f := range done {
		if k.w.Trace != nil {
			k.w.tracef("done: %s", k.describe(f.op))
		}
		if f.op.Done != nil {
			f.op.Done(f.op)
		}
	}
	return len(done) > 0
}

// leave is the end of a process with operations in flight: each of them
// happens, or does not.
func (k *Kernel) leave() {
	for _, i := range k.w.Rand.Perm(len(k.flying)) {
		f := k.flying[i]
		switch {
		case f.run != nil:
			// It goes on: see World.running.
		case !f.happened && f.op.Code != ioring.Run && k.w.Rand.IntN(2) == 0:
			k.happen(f)
		}
	}
	k.flying = nil
}

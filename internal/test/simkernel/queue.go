package simkernel

import (
	"slices"

	"multilog/ioring"
)

// flying is an operation that was submitted and not handed back yet.
type flying struct {
	op       *ioring.Op
	fd       *open // what FD was when it was submitted
	startAt  int64
	doneAt   int64
	happened bool
	run      *process
}

// Submit carries out op later, after Plan.Delay.
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

// pump runs all events that are due.
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
		k.w.Fail("%v of descriptor %d, which now is another file", f.op.Code, f.op.FD)
	}
	k.do(f.op)
}

// next returns the time of the next event, or never.
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

// deliver hands back the operations that have finished, by calling Done, and reports
// whether there were any.
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

// leave ends the process. Each operation in flight takes effect or not, at random.
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

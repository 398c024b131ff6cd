package ioring

// laneOps limits the operations of one lane that are under way at a time. Few
// are enough for a disk.
const laneOps = 4

// A lane is the operations that may have to wait for each other, because the
// same disk does them (see Op.Lane). Each lane has workers for all that it may
// have under way, so a disk that hangs does not hold up what others do.
type lane struct {
	busy    int  // under way; at most laneOps
	waiting fifo // for one of these to finish
}

// laneOf returns the lane of op. For a new one there are more workers.
func (q *Queue) laneOf(op *Op) *lane {
	l := q.lanes[op.Lane]
	if l == nil {
		l = &lane{}
		q.lanes[op.Lane] = l
		q.files.widen(laneOps * len(q.lanes))
		if q.ring != nil {
			q.ring.widen(laneOps * len(q.lanes))
		}
	}
	return l
}

// admit begins op, or has it wait for its turn in its lane.
func (q *Queue) admit(op *Op) {
	l := q.laneOf(op)
	if l.busy == laneOps {
		l.waiting.push(op)
		return
	}
	l.busy++
	q.begin(op)
}

// leave notes that op has finished, and begins the next of its lane.
func (q *Queue) leave(op *Op) {
	l := q.laneOf(op)
	if next := l.waiting.pop(); next != nil {
		q.begin(next)
	} else {
		l.busy--
	}
}

// begin has op carried out.
func (q *Queue) begin(op *Op) {
	if q.ring != nil && q.ring.takes(op) {
		q.ring.submit(op)
	} else {
		q.files.submit(op)
	}
}

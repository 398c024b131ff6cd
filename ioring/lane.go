package ioring

// laneOps limits how many operations of one lane run at a time. A disk needs only a
// few.
const laneOps = 4

// lane is a group of operations that may have to wait for each other, because the same
// disk does them (see Op.Lane). Each lane has workers for all operations that it may
// run at a time, so a disk that hangs does not delay other lanes.
type lane struct {
	busy    int  // running; at most laneOps
	waiting fifo // until one of these finishes
}

// laneOf returns the lane of op. A new lane adds workers.
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

// admit starts op, or makes it wait for its turn in its lane.
func (q *Queue) admit(op *Op) {
	l := q.laneOf(op)
	if l.busy == laneOps {
		l.waiting.push(op)
		return
	}
	l.busy++
	q.begin(op)
}

// leave notes that op has finished and starts the next one of its lane.
func (q *Queue) leave(op *Op) {
	l := q.laneOf(op)
	if next := l.waiting.pop(); next != nil {
		q.begin(next)
	} else {
		l.busy--
	}
}

// begin starts op.
func (q *Queue) begin(op *Op) {
	if q.ring != nil && q.ring.takes(op) {
		q.ring.submit(op)
	} else {
		q.files.submit(op)
	}
}

package engine

import "runtime"

// A queue holds the jobs of one log that are under way, in their order. Each job takes a
// ticket, which done gives back.
type queue struct {
	jobs    chan *job
	tickets chan struct{}
}

// newQueue returns a queue that has that many tickets at first.
func newQueue(tickets int) *queue {
	most := jobsPerWorker * runtime.GOMAXPROCS(0)
	q := &queue{make(chan *job, most), make(chan struct{}, most)}
	for range min(tickets, most) {
		q.tickets <- struct{}{}
	}
	return q
}

// done gives back the ticket of a job that was taken from the queue, and adds a ticket
// until there are as many as there may be. So a reader of a few lines reads a block or
// two, and a reader that continues is read ahead of.
func (q *queue) done() {
	for range 2 {
		select {
		case q.tickets <- struct{}{}:
		default:
		}
	}
}

// put queues j and starts it. It returns false if no more is needed.
func (sc *scanner) put(q *queue, j *job) bool {
	select {
	case <-q.tickets:
	case <-sc.stopped:
		return false
	}
	q.jobs <- j
	if j.content.IsStream() {
		go sc.stream(j)
		return true
	}
	select {
	case sc.jobs <- j:
		return true
	case <-sc.stopped:
		return false
	}
}

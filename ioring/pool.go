package ioring

import "sync"

const (
	// filePoolWorkers bounds the goroutines that wait in file operations. Few
	// are enough: the directories of one logger mostly share a disk.
	filePoolWorkers = 4
	// runPoolWorkers is one, so that programs run one after another. They have
	// a worker of their own because they may take hours.
	runPoolWorkers = 1
)

// pool carries operations out on at most so many goroutines. They are started
// when there is work and end when there is none, so an idle pool is nothing
// but memory.
type pool struct {
	finish func(*Op) // called by the worker
	limit  int

	mu      sync.Mutex
	waiting fifo
	workers int
}

// submit never blocks: mu is held for moments only.
func (p *pool) submit(op *Op) {
	p.mu.Lock()
	p.waiting.push(op)
	begin := p.workers < p.limit
	if begin {
		p.workers++
	}
	p.mu.Unlock()
	if begin {
		go p.work()
	}
}

func (p *pool) work() {
	for {
		p.mu.Lock()
		op := p.waiting.pop()
		if op == nil {
			p.workers--
			p.mu.Unlock()
			return
		}
		p.mu.Unlock()
		Do(op)
		p.finish(op)
	}
}

// fifo is a queue of operations. Its array is used again once it is empty.
type fifo struct {
	ops  []*Op
	head int
}

func (f *fifo) push(op *Op) { f.ops = append(f.ops, op) }

// pop returns nil when there is nothing.
func (f *fifo) pop() *Op {
	if f.head == len(f.ops) {
		return nil
	}
	op := f.ops[f.head]
	f.ops[f.head] = nil // the queue must not keep a finished operation alive
	f.head++
	if f.head == len(f.ops) {
		f.ops, f.head = f.ops[:0], 0
	}
	return op
}

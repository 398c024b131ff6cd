package ioring

import (
	"sync"

	"multilog/internal/slack"
)

// pool carries operations out on at most limit goroutines. They are started
// when there is work and end when there is none, so an idle pool is nothing
// but memory.
type pool struct {
	do func(*Op) // carries out an operation and reports that it has finished

	mu      sync.Mutex
	limit   int
	waiting fifo
	workers int
}

// submit never blocks, because mu is locked only for moments.
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

// widen raises the limit.
func (p *pool) widen(limit int) {
	p.mu.Lock()
	p.limit = limit
	p.mu.Unlock()
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
		slack.Restore() // after a system call the goroutine may have another thread
		p.do(op)
	}
}

// fifo is a queue of operations. It reuses its array when it is empty.
type fifo struct {
	ops  []*Op
	head int
}

func (f *fifo) push(op *Op) { f.ops = append(f.ops, op) }

// pop returns the oldest operation, or nil.
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

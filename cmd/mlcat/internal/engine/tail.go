package engine

import (
	"fmt"
	"io"
	"os"
)

// tail gives the first lines of a reversed order, turned around: the last lines of the
// logs, in their order.
type tail struct {
	from   Order
	most   int // lines, at least one
	pile   pile
	filled bool
}

func (t *tail) Next() (Run, error) {
	if !t.filled {
		t.filled = true
		if err := t.fill(); err != nil {
			return Run{}, err
		}
	}
	return t.pile.next()
}

func (t *tail) fill() error {
	for lines := 0; lines < t.most; {
		run, err := t.from.Next()
		if err != nil || run.Lines == 0 {
			return err
		}
		if err := t.pile.add(run); err != nil {
			return err
		}
		lines += run.Lines
	}
	return nil
}

func (t *tail) close() { t.pile.close() }

const (
	chunkBytes = 1 << 20

	// maxPileBytes is how much of a pile stays in memory. The rest goes to a temporary
	// file.
	maxPileBytes = 64 << 20
)

// A pile holds lines. What was added last is returned first.
type pile struct {
	top    *chunk // is filled from its end; nil if empty
	chunks []*chunk
	size   int // bytes of chunks
	file   *os.File
	filed  []*chunk // in the file, before chunks
	end    int64    // bytes of filed
}

// A chunk is a part of a pile.
type chunk struct {
	text  []byte
	free  int // bytes of text before the lines
	lines int
	size  int64 // bytes in the file, once it is there
}

// add puts lines on the pile.
func (p *pile) add(run Run) error {
	if p.top == nil || len(run.Text) > p.top.free {
		if err := p.push(); err != nil {
			return err
		}
		n := max(chunkBytes, len(run.Text))
		p.top = &chunk{text: make([]byte, n), free: n}
	}
	p.top.free -= len(run.Text)
	copy(p.top.text[p.top.free:], run.Text)
	p.top.lines += run.Lines
	return nil
}

// push puts top among the chunks. If these are too large, it writes them to the file.
func (p *pile) push() error {
	if p.top == nil {
		return nil
	}
	p.chunks = append(p.chunks, p.top)
	if p.size += len(p.top.text) - p.top.free; p.size <= maxPileBytes {
		return nil
	}
	if p.file == nil {
		f, err := os.CreateTemp("", "mlcat")
		if err != nil {
			return err
		}
		p.file = f
		if err := os.Remove(f.Name()); err != nil {
			return err
		}
	}
	for _, c := range p.chunks {
		n, err := p.file.Write(c.text[c.free:])
		if err != nil {
			return err
		}
		p.filed = append(p.filed, &chunk{lines: c.lines, size: int64(n)})
		p.end += int64(n)
	}
	p.chunks, p.size = nil, 0
	return nil
}

// next takes the top chunk off the pile.
func (p *pile) next() (Run, error) {
	c := p.top
	p.top = nil
	if n := len(p.chunks); c == nil && n > 0 {
		c, p.chunks = p.chunks[n-1], p.chunks[:n-1]
	}
	if n := len(p.filed); c == nil && n > 0 {
		c, p.filed = p.filed[n-1], p.filed[:n-1]
		c.text = make([]byte, c.size)
		p.end -= c.size
		if _, err := p.file.ReadAt(c.text, p.end); err != nil && err != io.EOF {
			return Run{}, fmt.Errorf("unable to read %s: %w", p.file.Name(), err)
		}
	}
	if c == nil {
		return Run{}, nil
	}
	return Run{c.text[c.free:], c.lines}, nil
}

func (p *pile) close() {
	if p.file != nil {
		p.file.Close()
	}
}

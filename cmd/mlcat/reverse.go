package main

import (
	"fmt"
	"io"
	"os"
	"slices"
)

// copyReverse writes the last lines of walks that go in reverse, the newest first.
func copyReverse(out io.Writer, walks []*walk, most int) (lines int, err error) {
	m := newMerge(walks, true)
	for most == allLines || lines < most {
		text, n := m.run()
		if n == 0 {
			break
		}
		if _, err := out.Write(text); err != nil {
			return lines, err
		}
		lines++
	}
	return lines, nil
}

// copyTail writes the last lines of walks that go in reverse, in order.
func copyTail(out io.Writer, walks []*walk, most int) (lines int, err error) {
	var p pile
	defer p.close()
	m := newMerge(walks, true)
	for lines < most {
		text, n := m.run()
		if n == 0 {
			break
		}
		if err := p.add(text); err != nil {
			return 0, err
		}
		lines++
	}
	return lines, p.writeTo(out)
}

const (
	chunkBytes = 1 << 20

	// maxPileBytes is how much of a pile is kept in memory; the rest goes to a
	// temporary file.
	maxPileBytes = 64 << 20
)

// A pile holds lines that are added last to first and written first to last.
type pile struct {
	chunks [][]byte // full ones
	top    []byte   // filled from its end
	free   int      // bytes left in top
	size   int
	file   *os.File
	sizes  []int64 // of the chunks in the file
}

func (p *pile) add(line []byte) error {
	if len(line) > p.free {
		if err := p.push(); err != nil {
			return err
		}
		p.free = max(chunkBytes, len(line))
		p.top = make([]byte, p.free)
	}
	p.free -= len(line)
	copy(p.top[p.free:], line)
	return nil
}

// push puts top on the pile.
func (p *pile) push() error {
	if p.top == nil {
		return nil
	}
	full := p.top[p.free:]
	p.chunks = append(p.chunks, full)
	if p.size += len(full); p.size <= maxPileBytes {
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
	for _, chunk := range p.chunks {
		if _, err := p.file.Write(chunk); err != nil {
			return err
		}
		p.sizes = append(p.sizes, int64(len(chunk)))
	}
	p.chunks, p.size = nil, 0
	return nil
}

func (p *pile) writeTo(out io.Writer) error {
	if p.top != nil {
		if _, err := out.Write(p.top[p.free:]); err != nil {
			return err
		}
	}
	for _, chunk := range slices.Backward(p.chunks) {
		if _, err := out.Write(chunk); err != nil {
			return err
		}
	}
	end := int64(0)
	for _, size := range p.sizes {
		end += size
	}
	for _, size := range slices.Backward(p.sizes) {
		end -= size
		if _, err := io.Copy(out, io.NewSectionReader(p.file, end, size)); err != nil {
			return fmt.Errorf("unable to read %s: %w", p.file.Name(), err)
		}
	}
	return nil
}

func (p *pile) close() {
	if p.file != nil {
		p.file.Close()
	}
}

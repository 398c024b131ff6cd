package pattern

import "bytes"

// sampleBytes of a block are counted to learn which bytes are rare in this log.
const sampleBytes = 16 << 10

// A histogram says how often each byte value occurs in a sample.
type histogram [256]uint32

func (h *histogram) count(block []byte) {
	for _, b := range block[:min(len(block), sampleBytes)] {
		h[b]++
	}
}

// A finder looks for one literal by looking for its rarest byte, which is the
// one search that runs many bytes at a time.
type finder struct {
	literal
	rare   byte
	upper  byte // the other case of rare, or rare itself
	at     int  // rare's place in the literal, without fold
	next   int  // where the last search ended: nothing lies between its start and here
	nextUp int  // the same for upper
}

func newFinder(l literal, h *histogram) *finder {
	f := &finder{literal: l}
	candidates := l.text
	if l.fold {
		candidates = l.anchors()
	}
	f.rare = candidates[0]
	for i := range len(candidates) {
		if b := candidates[i]; h.weight(b, l.fold) < h.weight(f.rare, l.fold) {
			f.rare, f.at = b, i
		}
	}
	f.upper = f.rare
	if l.fold && 'a' <= f.rare && f.rare <= 'z' {
		f.upper = f.rare - 'a' + 'A'
	}
	return f
}

func (h *histogram) weight(b byte, fold bool) uint32 {
	if fold && 'a' <= b && b <= 'z' {
		return h[b] + h[b-'a'+'A']
	}
	return h[b]
}

// restart makes ready for another block.
func (f *finder) restart() { f.next, f.nextUp = -1, -1 }

// find returns the first place at or after from where the literal is, or with
// fold where it may be near; len(block) when there is none.
func (f *finder) find(block []byte, from int) int {
	if f.next >= from {
		return f.next
	}
	if f.fold {
		f.next = f.findFold(block, from)
	} else {
		f.next = f.findExact(block, from)
	}
	return f.next
}

func (f *finder) findExact(block []byte, from int) int {
	for i := from + f.at; i < len(block); i++ {
		j := bytes.IndexByte(block[i:], f.rare)
		if j < 0 {
			break
		}
		i += j
		start := i - f.at
		if end := start + len(f.text); end <= len(block) && string(block[start:end]) == f.text {
			return start
		}
	}
	return len(block)
}

func (f *finder) findFold(block []byte, from int) int {
	lower := indexFrom(block, from, f.rare)
	if f.upper == f.rare {
		return lower
	}
	if f.nextUp < from {
		f.nextUp = indexFrom(block, from, f.upper)
	}
	return min(lower, f.nextUp)
}

func indexFrom(block []byte, from int, b byte) int {
	if from >= len(block) {
		return len(block)
	}
	if i := bytes.IndexByte(block[from:], b); i >= 0 {
		return from + i
	}
	return len(block)
}

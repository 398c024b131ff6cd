package pattern

import "bytes"

// sampleBytes is the number of bytes of a block that are counted, to learn which bytes
// are rare in this log.
const sampleBytes = 16 << 10

// A histogram holds the number of occurrences of each byte value in a sample.
type histogram [256]uint32

// count adds the first sampleBytes of block to h.
func (h *histogram) count(block []byte) {
	for _, b := range block[:min(len(block), sampleBytes)] {
		h[b]++
	}
}

// A finder searches for a literal. It searches for the rarest byte of the literal with
// bytes.IndexByte, which compares many bytes at a time.
type finder struct {
	literal
	rare   byte
	upper  byte // the upper case of rare, or rare itself
	at     int  // offset of rare in the literal; 0 with fold
	next   int  // the result of the last search
	nextUp int  // the result of the last search for upper
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

// weight returns the number of occurrences of b; with fold, in both cases.
func (h *histogram) weight(b byte, fold bool) uint32 {
	if fold && 'a' <= b && b <= 'z' {
		return h[b] + h[b-'a'+'A']
	}
	return h[b]
}

// restart prepares f for another block.
func (f *finder) restart() { f.next, f.nextUp = -1, -1 }

// find returns the offset of the first literal in block at or after from, or
// len(block) if there is none. With fold, it returns the offset of the first byte that
// may be part of the literal. From one call to the next in a block, from must not
// decrease.
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

// findFold returns the offset of the first rare or upper byte.
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

// indexFrom returns the offset of the first b in block at or after from, or len(block)
// if there is none.
func indexFrom(block []byte, from int, b byte) int {
	if from >= len(block) {
		return len(block)
	}
	if i := bytes.IndexByte(block[from:], b); i >= 0 {
		return from + i
	}
	return len(block)
}

package pattern

import (
	"bytes"
	"unicode/utf8"
)

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
	rare  byte
	upper byte // the upper case of rare, or rare itself
	at    int  // offset of rare in the literal

	next    int  // the result of the last search
	certain bool // the literal is at next
	low, up int  // the results of the last searches for rare and upper
}

func newFinder(l literal, h *histogram) *finder {
	f := &finder{literal: l}
	f.at = -1
	for i := range len(l.text) {
		b := l.text[i]
		if l.fold && !isAnchor(b) {
			continue
		}
		if f.at < 0 || h.weight(b, l.fold) < h.weight(f.rare, l.fold) {
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
func (f *finder) restart() { f.next, f.low, f.up = -1, -1, -1 }

// find returns the offset of the first literal in block at or after from, or
// len(block) if there is none. With fold, and if there are letters outside ASCII, it returns the
// offset of the first byte that may be part of the literal; then certain is not set. From one
// call to the next in a block, from must not decrease.
func (f *finder) find(block []byte, from int) int {
	if f.next >= from {
		return f.next
	}
	if f.fold {
		f.next = f.findFold(block, from)
	} else {
		f.next, f.certain = f.findExact(block, from), true
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

// findFold returns the offset of the first literal, or of its first rare or upper byte where
// letters outside ASCII stand beside that.
func (f *finder) findFold(block []byte, from int) int {
	for i := from; i < len(block); i++ {
		if i = f.nextAnchor(block, i); i == len(block) {
			break
		}
		start, fits, certain := f.around(block, i)
		if f.certain = certain; fits && certain && start >= from {
			return start
		}
		if fits && !certain {
			return i
		}
	}
	return len(block)
}

// nextAnchor returns the offset of the first rare or upper byte at or after from, or
// len(block).
func (f *finder) nextAnchor(block []byte, from int) int {
	if f.low < from {
		f.low = indexFrom(block, from, f.rare)
	}
	if f.upper == f.rare {
		return f.low
	}
	if f.up < from {
		f.up = indexFrom(block, from, f.upper)
	}
	return min(f.low, f.up)
}

// around compares the literal with what is around its rare byte at i. It returns where the literal
// starts, and whether it fits. If it meets letters outside ASCII, which may fold to others and
// differ in length, the answer is not certain.
func (f *finder) around(block []byte, i int) (start int, fits, certain bool) {
	for n := 1; n <= f.at; n++ {
		if fits, certain := f.same(block, i-n, f.at-n); !fits || !certain {
			return 0, fits, certain
		}
	}
	for n := 1; f.at+n < len(f.text); n++ {
		if fits, certain := f.same(block, i+n, f.at+n); !fits || !certain {
			return 0, fits, certain
		}
	}
	return i - f.at, true, true
}

// same reports whether byte i of block is byte n of the literal, and if that is certain.
func (f *finder) same(block []byte, i, n int) (fits, certain bool) {
	if i < 0 || i >= len(block) {
		return false, true
	}
	b, want := block[i], f.text[n]
	if b >= utf8.RuneSelf || want >= utf8.RuneSelf {
		return true, false
	}
	if 'A' <= b && b <= 'Z' {
		b += 'a' - 'A'
	}
	return b == want, true
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

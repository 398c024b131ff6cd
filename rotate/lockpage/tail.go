package lockpage

import (
	"bytes"
	"hash/crc32"

	"multilog/internal/pagefault"
)

// TailBytes is the room for a tail in bytes. A tail is shorter, because a newline
// follows it.
const TailBytes = 1000

// Tail is the beginning of a line whose end had not come when the previous logger
// ended. That logger had taken it from standard input.
type Tail struct {
	Text     string // without a newline; empty if there is no tail
	Since    int64  // the time at which its first byte was seen, in nanoseconds since 1970; 0 without stamps
	Dev, Ino uint64 // of standard input; of Dev the lower half
}

// tailSlot is a tail in the page. There are two, one for each record's slot: each
// record may have a tail behind it, and the tail of the record before stays until the
// next record is stored. Text ends at its first newline, and all bytes from there on
// are newlines. So one system call that reads into it stores both the tail and its
// length.
type tailSlot struct {
	Ino   uint64
	Since int64
	Dev   uint32
	Sum   uint32 // checksum of the three
	Text  [TailBytes]byte
}

var newlines = bytes.Repeat([]byte{'\n'}, TailBytes)

func (s *tailSlot) sum() uint32 { return crc32.Checksum(s.named(), castagnoli) }

// tail returns the tail in the slot. A slot with a wrong checksum has none.
func (s *tailSlot) tail() Tail {
	n := bytes.IndexByte(s.Text[:], '\n')
	if n <= 0 || s.Sum != s.sum() {
		return Tail{}
	}
	return Tail{Text: string(s.Text[:n]), Since: s.Since, Dev: uint64(s.Dev), Ino: s.Ino}
}

func (s *tailSlot) clear() { copy(s.Text[:], newlines) }

// name notes which input the tail comes from and its time. The slot is empty.
func (s *tailSlot) name(dev, ino uint64, since int64) {
	s.Ino, s.Since, s.Dev = ino, since, uint32(dev)
	s.Sum = s.sum()
}

// put stores t in the slot, unless t is there already.
func (s *tailSlot) put(t Tail) {
	if t.Text != "" && s.tail() == t {
		return
	}
	s.clear()
	s.name(t.Dev, t.Ino, t.Since)
	copy(s.Text[:TailBytes-1], t.Text)
}

// Tail returns the tail behind the latest record.
func (w *Writer) Tail() (t Tail) {
	if w.used[w.record.Seq&1] {
		pagefault.Survive(func() { t = w.page.tails()[w.record.Seq&1].tail() })
	}
	return t
}

// TailBefore returns the tail behind the record before the latest.
func (w *Writer) TailBefore() (t Tail) {
	if w.used[^w.record.Seq&1] {
		pagefault.Survive(func() { t = w.page.tails()[^w.record.Seq&1].tail() })
	}
	return t
}

// TailRoom stores taken as the beginning of the tail behind the latest record and
// returns the memory of the whole tail. Behind taken there are newlines, or what was
// put there before. If there was no tail, it also notes the input dev and ino and the
// time since, in nanoseconds since 1970. It returns nil if the memory does not outlive
// the process.
func (w *Writer) TailRoom(dev, ino uint64, since int64, taken []byte) []byte {
	if !w.Mapped() {
		return nil
	}
	n := w.record.Seq & 1
	ok := w.Store(func(page *Page) {
		slot := &page.tails()[n]
		if slot.Text[0] == '\n' {
			slot.name(dev, ino, since)
		}
		copy(slot.Text[:TailBytes-1], taken)
	})
	if !ok {
		return nil
	}
	w.used[n] = true
	return w.page.tails()[n].Text[:TailBytes-1]
}

// putTail stores w.tail in the slot of the record with that number.
func (w *Writer) putTail(page *Page, seq uint64) {
	n := seq & 1
	if w.used[n] || w.tail.Text != "" {
		page.tails()[n].put(w.tail)
		w.used[n] = w.tail.Text != ""
	}
}

// clearTails empties both slots of a page.
func (w *Writer) clearTails(page *Page) {
	for i := range page.tails() {
		page.tails()[i].clear()
	}
	w.used = [2]bool{}
}

// ClearTail empties the tail behind the record with that number. It is for tests.
func (p *Page) ClearTail(seq uint64) { p.tails()[seq&1].clear() }

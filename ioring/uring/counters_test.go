package uring

import (
	"encoding/binary"
	"math"
	"testing"
	"unsafe"
)

// fakeRing is memory with a kernel's layout. take and post play the kernel.
type fakeRing struct {
	params   Params
	ring     []byte
	sqes     []byte
	sq       submissionQueue
	cq       completionQueue
	consumed uint32 // the kernel's own submission head
}

const fakeEntries = 4

func fakeParams(flags uint32) Params {
	var p Params
	p.Flags = flags
	p.SQEntries, p.CQEntries = fakeEntries, 2*fakeEntries
	p.sqOff = sqringOffsets{Head: 0, Tail: 4, RingMask: 16, RingEntries: 24, Flags: 32, Dropped: 36, Array: 64 + 2*fakeEntries*16}
	p.cqOff = cqringOffsets{Head: 8, Tail: 12, RingMask: 20, RingEntries: 28, Overflow: 40, CQEs: 64}
	return p
}

// fakeMemory returns memory in which both counters of both queues are start.
func fakeMemory(start uint32) (ring, sqes []byte) {
	words := make([]uint64, 32) // aligned
	ring = unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), 8*len(words))
	for _, off := range []int{0, 4, 8, 12} {
		binary.NativeEndian.PutUint32(ring[off:], start)
	}
	for off, v := range map[int]uint32{16: fakeEntries - 1, 24: fakeEntries, 20: 2*fakeEntries - 1, 28: 2 * fakeEntries} {
		binary.NativeEndian.PutUint32(ring[off:], v)
	}
	entries := make([]SQE, fakeEntries)
	return ring, unsafe.Slice((*byte)(unsafe.Pointer(&entries[0])), fakeEntries*sqeSize)
}

func newFakeRing(t *testing.T, start uint32) *fakeRing {
	t.Helper()
	f := &fakeRing{params: fakeParams(0), consumed: start}
	f.ring, f.sqes = fakeMemory(start)
	var err error
	if f.sq, err = viewSQ(f.ring, f.sqes, &f.params); err != nil {
		t.Fatal(err)
	}
	if f.cq, err = viewCQ(f.ring, &f.params); err != nil {
		t.Fatal(err)
	}
	return f
}

// take consumes up to n published entries through the array, as a kernel does, and
// returns their UserData.
func (f *fakeRing) take(n int) (taken []uint64) {
	for ; n > 0 && f.consumed != f.sq.tail.Load(); n-- {
		place := f.params.sqOff.Array + 4*(f.consumed%fakeEntries)
		index := binary.NativeEndian.Uint32(f.ring[place:])
		taken = append(taken, f.sq.sqes[index].UserData)
		f.consumed++
		f.sq.head.Store(f.consumed)
	}
	return taken
}

// post adds a completion, as a kernel does.
func (f *fakeRing) post(userData uint64, res int32) {
	tail := f.cq.tail.Load()
	f.cq.cqes[tail%(2*fakeEntries)] = CQE{UserData: userData, Res: res}
	f.cq.tail.Store(tail + 1)
}

// TestCountersWrap drives both queues across 2^32, with different numbers of entries
// at a time, starting at different distances.
func TestCountersWrap(t *testing.T) {
	for before := range uint32(3 * fakeEntries) {
		f := newFakeRing(t, math.MaxUint32-before)
		var submitted, seen uint64
		for round := range 10 * fakeEntries {
			batch := 1 + round%fakeEntries
			for range batch {
				sqe := f.sq.get()
				if sqe == nil {
					t.Fatalf("before %d, round %d: the queue is full", before, round)
				}
				if *sqe != (SQE{}) {
					t.Fatal("the entry is not cleared")
				}
				submitted++
				sqe.UserData = submitted
			}
			if n := f.sq.flush(); n != uint32(batch) {
				t.Fatalf("before %d, round %d: %d to submit, want %d", before, round, n, batch)
			}
			for _, userData := range f.take(batch) {
				f.post(userData, 0)
			}
			if n := f.cq.ready(); n != uint32(batch) {
				t.Fatalf("before %d, round %d: %d completions, want %d", before, round, n, batch)
			}
			for range batch {
				cqe := f.cq.peek()
				if seen++; cqe == nil || cqe.UserData != seen {
					t.Fatalf("before %d, round %d: completion %+v, want %d", before, round, cqe, seen)
				}
				f.cq.advance(1)
			}
			if f.cq.peek() != nil {
				t.Fatal("a completion too many")
			}
		}
		if f.sq.tail.Load() > math.MaxUint32/2 || f.cq.head.Load() > math.MaxUint32/2 {
			t.Fatal("the counters did not wrap")
		}
	}
}

// TestFullAcrossWrap fills the submission queue where its counters wrap, and lets the
// kernel take it in parts.
func TestFullAcrossWrap(t *testing.T) {
	for before := range uint32(2 * fakeEntries) {
		f := newFakeRing(t, math.MaxUint32-before)
		for i := range uint64(fakeEntries) {
			f.sq.get().UserData = i
		}
		if f.sq.get() != nil {
			t.Fatal("more entries than there are")
		}
		if n := f.sq.flush(); n != fakeEntries {
			t.Fatalf("%d to submit", n)
		}
		f.take(3)
		if n := f.sq.flush(); n != 1 {
			t.Fatalf("%d left to submit, want 1", n)
		}
		for range 3 {
			f.sq.get().UserData = 7
		}
		if f.sq.get() != nil {
			t.Fatal("an entry that the kernel has not taken was given away")
		}
		var back []uint64
		f.sq.takeBack(func(sqe *SQE) { back = append(back, sqe.UserData) })
		if len(back) != 4 || back[0] != 3 || back[1] != 7 {
			t.Fatalf("took back %v", back)
		}
		if taken := f.take(8); len(taken) != 0 {
			t.Fatalf("the kernel can still see %v, which was taken back", taken)
		}
		if f.sq.flush() != 0 || f.sq.get() == nil {
			t.Fatal("entries that were taken back are still queued")
		}
	}
}

// TestLayoutIsChecked offers layouts that would lead outside the memory.
func TestLayoutIsChecked(t *testing.T) {
	for name, spoil := range map[string]func(p *Params, ring []byte){
		"counter beyond":    func(p *Params, _ []byte) { p.sqOff.Head, p.cqOff.Head = 256, 256 },
		"counter unaligned": func(p *Params, _ []byte) { p.sqOff.Tail, p.cqOff.Tail = 6, 14 },
		"counter near 2^32": func(p *Params, _ []byte) { p.sqOff.Flags, p.cqOff.Overflow = math.MaxUint32-3, math.MaxUint32-3 },
		"entries beyond":    func(p *Params, _ []byte) { p.sqOff.Array, p.cqOff.CQEs = 244, 136 },
		"no entries": func(_ *Params, ring []byte) {
			binary.NativeEndian.PutUint32(ring[24:], 0)
			binary.NativeEndian.PutUint32(ring[28:], 0)
		},
		"mask does not fit": func(_ *Params, ring []byte) {
			binary.NativeEndian.PutUint32(ring[16:], fakeEntries)
			binary.NativeEndian.PutUint32(ring[20:], fakeEntries)
		},
		"more entries than memory": func(_ *Params, ring []byte) {
			for _, off := range []int{16, 20} {
				binary.NativeEndian.PutUint32(ring[off:], 1<<31-1)
			}
			for _, off := range []int{24, 28} {
				binary.NativeEndian.PutUint32(ring[off:], 1<<31)
			}
		},
	} {
		p := fakeParams(0)
		ring, sqes := fakeMemory(0)
		spoil(&p, ring)
		if _, err := viewSQ(ring, sqes, &p); err == nil {
			t.Errorf("submission queue, %s: accepted", name)
		}
		if _, err := viewCQ(ring, &p); err == nil {
			t.Errorf("completion queue, %s: accepted", name)
		}
	}
}

// FuzzLayout checks that the views stay inside the memory whatever the kernel reports.
func FuzzLayout(f *testing.F) {
	f.Add(uint32(0), uint32(4), uint32(16), uint32(24), uint32(32), uint32(192), uint32(3), uint32(4), false)
	f.Add(uint32(8), uint32(12), uint32(20), uint32(28), uint32(40), uint32(64), uint32(7), uint32(8), true)
	f.Fuzz(func(t *testing.T, head, tail, maskOff, entriesOff, flags, array, mask, entries uint32, noArray bool) {
		ring, sqes := fakeMemory(0)
		for off, v := range map[uint32]uint32{maskOff: mask, entriesOff: entries} {
			if uint64(off)+4 <= uint64(len(ring)) {
				binary.NativeEndian.PutUint32(ring[off:], v)
			}
		}
		p := Params{
			sqOff: sqringOffsets{Head: head, Tail: tail, RingMask: maskOff, RingEntries: entriesOff, Flags: flags, Array: array},
			cqOff: cqringOffsets{Head: head, Tail: tail, RingMask: maskOff, RingEntries: entriesOff, Overflow: flags, CQEs: array},
		}
		if noArray {
			p.Flags = SetupNoSQArray
		}
		if q, err := viewSQ(ring, sqes, &p); err == nil {
			inside(t, sqes, unsafe.Pointer(&q.sqes[0]), uint64(q.mask)*uint64(sqeSize), uint64(sqeSize))
			inside(t, ring, unsafe.Pointer(q.tail), 0, 4)
		}
		if q, err := viewCQ(ring, &p); err == nil {
			inside(t, ring, unsafe.Pointer(&q.cqes[0]), uint64(q.mask)*uint64(cqeSize), uint64(cqeSize))
			inside(t, ring, unsafe.Pointer(q.head), 0, 4)
		}
	})
}

// inside fails the test unless the size bytes at p+off lie in mem.
func inside(t *testing.T, mem []byte, p unsafe.Pointer, off, size uint64) {
	t.Helper()
	start := uint64(uintptr(p) - uintptr(unsafe.Pointer(&mem[0])))
	if start+off+size > uint64(len(mem)) {
		t.Errorf("%d bytes at %d of %d", size, start+off, len(mem))
	}
}

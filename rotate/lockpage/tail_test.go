package lockpage

import (
	"testing"
	"unsafe"
)

// A tail is there as soon as its bytes are, and grows with them.
func TestTailOutlivesLoggers(t *testing.T) {
	mem := New()
	w, _ := Open(mem, owner)
	w.Put(&someRecord, StateNone)
	room := w.TailRoom(1, 2, 30, nil)
	if len(room) != TailBytes-1 {
		t.Fatalf("room for %d bytes", len(room))
	}
	if _, left := Open(mem, owner); left.Tail != (Tail{}) {
		t.Errorf("a tail without bytes: %+v", left.Tail)
	}
	copy(room, "abc")
	copy(w.TailRoom(9, 9, 99, []byte("abc"))[3:], "def") // the name of the tail that is there stays
	want := Tail{Text: "abcdef", Since: 30, Dev: 1, Ino: 2}
	for range 2 {
		if _, left := Open(mem, owner); left.Tail != want || left.TailBefore != (Tail{}) {
			t.Errorf("%+v", left)
		}
	}
	second := owner
	second.Boot[3]++
	if _, left := Open(mem, second); left.Tail != (Tail{}) {
		t.Errorf("a tail of another boot: %+v", left.Tail)
	}
}

// A tail belongs to the batch that is begun behind it, and the next tail to the batch
// after that.
func TestTailOfBatch(t *testing.T) {
	mem := New()
	w, _ := Open(mem, owner)
	w.Put(&someRecord, StateNone)
	copy(w.TailRoom(1, 2, 30, nil), "abc")
	w.Put(&someRecord, StateBegun)
	_, left := Open(mem, owner)
	if left.Tail.Text != "" || left.TailBefore.Text != "abc" {
		t.Errorf("begun: %+v", left)
	}
	w.SetState(StateDone)
	copy(w.TailRoom(1, 2, 31, nil), "de")
	_, left = Open(mem, owner)
	if left.Tail.Text != "de" || left.Tail.Since != 31 {
		t.Errorf("consumed: %+v", left)
	}
	// A batch is taken back: the tail before it is behind the record that says so.
	w, _ = Open(mem, owner)
	before := w.TailBefore()
	w.PutWith(someRecord, StateNone, before)
	if _, left = Open(mem, owner); left.Tail.Text != "abc" || left.TailBefore.Text != "de" {
		t.Errorf("taken back: %+v", left)
	}
}

// Whatever one byte of a slot is, what is found is within bounds, and a tail with a
// damaged name is not found.
func TestDamagedTail(t *testing.T) {
	for at := range int(unsafe.Sizeof(tailSlot{})) {
		mem := New()
		w, _ := Open(mem, owner)
		w.Put(&someRecord, StateNone)
		copy(w.TailRoom(1, 2, 30, nil), "abc")
		slot := &At(mem).tails()[w.Record().Seq&1]
		raw := unsafe.Slice((*byte)(unsafe.Pointer(slot)), unsafe.Sizeof(*slot))
		raw[at] ^= 0x40
		_, left := Open(mem, owner)
		if named := at >= int(unsafe.Offsetof(slot.Text)); named == (left.Tail.Text == "") || len(left.Tail.Text) >= TailBytes {
			t.Errorf("byte %d: %+v", at, left.Tail)
		}
		for i := range slot.Text {
			slot.Text[i] = 'x'
		}
		if _, left = Open(mem, owner); left.Tail.Text != "" {
			t.Errorf("a tail of %d bytes", len(left.Tail.Text))
		}
	}
}

// If the page does not outlive the process, there is no room for a tail.
func TestNoRoomForTail(t *testing.T) {
	w, _ := Open(nil, owner)
	if w.TailRoom(1, 2, 3, nil) != nil {
		t.Error("there is room in a page of its own")
	}
}

func TestTailAllocatesNothing(t *testing.T) {
	w, _ := Open(New(), owner)
	n := testing.AllocsPerRun(100, func() {
		w.Put(&someRecord, StateBegun)
		copy(w.TailRoom(1, 2, 30, nil), "abc")
	})
	if n != 0 {
		t.Errorf("%v allocations a tail", n)
	}
}

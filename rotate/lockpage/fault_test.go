//go:build !race

// Under the race detector atomic stores are done in C, where a page fault ends
// the process.

package lockpage

import (
	"testing"

	"golang.org/x/sys/unix"
)

// mapping is a page that can be taken away.
func mapping(t *testing.T) (mem []byte, protect func(prot int)) {
	t.Helper()
	mem, err := unix.Mmap(-1, 0, Size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(mem) })
	return mem, func(prot int) {
		if err := unix.Mprotect(mem, prot); err != nil {
			t.Fatal(err)
		}
	}
}

// A page may become read-only or vanish. The Writer keeps everything, and when the page
// is back it has all that was stored meanwhile. Its caller has prepared nothing for
// page faults.
func TestLostAndRegained(t *testing.T) {
	for _, prot := range []int{unix.PROT_READ, unix.PROT_NONE} {
		mem, protect := mapping(t)
		w, _ := Open(mem, owner)
		w.Put(&someRecord, StateBegun)
		if !w.Mapped() {
			t.Error("it is not mapped")
		}
		protect(prot)
		if w.SetState(StateDone) || !w.Lost() || w.Mapped() {
			t.Error("a store that is a page fault goes unnoticed")
		}
		*w.Mark() = '\n'
		if !w.Put(&someRecord, StateBegun) || !w.SetState(StateNone) || !w.Store(func(p *Page) { Add(&p.Counters.LinesIn, 7) }) {
			t.Error("its own page can't be stored into")
		}
		if w.Regain() {
			t.Error("it is regained too early")
		}
		protect(unix.PROT_READ | unix.PROT_WRITE)
		if !w.Regain() || w.Lost() {
			t.Error("it is not regained")
		}
		if n := At(mem).Counters.LinesIn; n != 7 {
			t.Errorf("%d lines are counted in it", n)
		}
		_, left := Open(mem, owner)
		if r := left.Record; left.Damaged || r.Seq != 2 || r.State() != StateNone || r.Sum != someRecord.Sum {
			t.Errorf("prot %d: %+v", prot, left)
		}
	}
}

func TestUnreadable(t *testing.T) {
	mem, protect := mapping(t)
	protect(unix.PROT_NONE)
	if got := KindOf(mem); got != Unreadable {
		t.Errorf("kind %d", got)
	}
	w, left := Open(mem, owner)
	if left != (Left{}) || !w.Lost() || w.Mark() == nil {
		t.Errorf("%+v", left)
	}
}

// A panic that is not a page fault passes through.
func TestNoExcuse(t *testing.T) {
	w, _ := Open(New(), owner)
	defer func() {
		if recover() == nil {
			t.Error("a mistake is taken for a fault")
		}
	}()
	w.Store(func(page *Page) { page.Latest = uint64([]int{}[page.Latest]) })
}

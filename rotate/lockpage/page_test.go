package lockpage

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
	"time"
	"unicode/utf8"
	"unsafe"

	"multilog/tai64n"
)

var owner = Owner{PID: 77, Started: 5, Boot: [16]byte{1}}

// someRecord is a record as a logger stores it.
var someRecord = Record{
	Batch: 9, SrcDev: 1, SrcIno: 2, Length: 100, Sum: 0xabc, FileIno: 3, FileBirth: 4, End: 5000, Written: 126,
	LineBefore: LineHere, LineAfter: LineElsewhere, Last: '\n',
}

// Other versions of this program read these pages, so the fields keep their places.
func TestLayout(t *testing.T) {
	var p Page
	for name, at := range map[string][2]uintptr{
		"PID": {unsafe.Offsetof(p.PID), 8}, "Started": {unsafe.Offsetof(p.Started), 16}, "Boot": {unsafe.Offsetof(p.Boot), 24},
		"Backend": {unsafe.Offsetof(p.Backend), 40}, "Counters": {unsafe.Offsetof(p.Counters), 184}, "Latest": {unsafe.Offsetof(p.Latest), 320},
		"Records": {unsafe.Offsetof(p.Records), 328}, "Files": {unsafe.Offsetof(p.Files), 576},
		"Activity": {unsafe.Offsetof(p.Activity), 696},
	} {
		if at[0] != at[1] {
			t.Errorf("%s is at %d, not %d", name, at[0], at[1])
		}
	}
}

// The next logger finds what a logger has stored, in any state. So does the one after
// that if the next one was killed at once.
func TestRecordOutlivesLoggers(t *testing.T) {
	for batches := range 4 {
		for _, state := range []uint64{StateNone, StateBegun, StateDone} {
			mem := New()
			w, left := Open(mem, owner)
			if left != (Left{}) {
				t.Fatalf("a blank page says %+v", left)
			}
			r := someRecord
			for range batches {
				r.Batch++
				w.Put(&r, StateBegun)
				w.SetState(state)
			}
			for life := range 3 {
				if _, left = Open(mem, owner); left.Damaged {
					t.Fatalf("%d batches, state %d: damaged in life %d", batches, state, life)
				}
				got := left.Record
				if batches == 0 {
					if got != (Record{}) {
						t.Errorf("there is a record: %+v", got)
					}
					continue
				}
				if got.State() != state || got.Consumed() {
					t.Errorf("state %d, not %d, consumed %v", got.State(), state, got.Consumed())
				}
				want := r
				want.Seal, want.Seq, want.Mark = got.Seal, uint64(batches), ^r.Last
				if got != want {
					t.Errorf("%+v, not %+v", got, want)
				}
			}
		}
	}
}

// The kernel stores only the mark, and the record stays valid.
func TestMark(t *testing.T) {
	mem := New()
	w, _ := Open(mem, owner)
	w.Put(&someRecord, StateBegun)
	w.SetState(StateDone)
	*w.Mark() = '\n'
	w, left := Open(mem, owner)
	if left.Damaged || !left.Record.Consumed() {
		t.Errorf("%+v", left)
	}
	w.Put(&someRecord, StateDone)
	if _, left = Open(mem, owner); left.Record.Consumed() {
		t.Error("the next record has the mark of the one before")
	}
}

// A record of another boot is not returned. What does not depend on the boot is.
func TestOtherBoot(t *testing.T) {
	for _, boots := range [][2]byte{{1, 2}, {0, 0}} {
		mem := New()
		first, second := owner, owner
		first.Boot, second.Boot = [16]byte{boots[0]}, [16]byte{boots[1]}
		w, _ := Open(mem, first)
		w.Put(&someRecord, StateDone)
		w.Store(func(p *Page) { p.Swapped, p.AgeIno, p.AgeSince, p.PreviousSec = 5, 6, 7, tai64n.UnixEpoch })
		if _, left := Open(mem, second); left != (Left{Swapped: 5, AgeIno: 6, AgeSince: 7, WrittenIno: someRecord.FileIno, WrittenBirth: someRecord.FileBirth}) {
			t.Errorf("%v: %+v", boots, left)
		}
	}
}

// A record with one changed byte is not valid, nor is one if Latest names another.
func TestDamagedRecord(t *testing.T) {
	var p Page
	from, to := int(unsafe.Offsetof(p.Latest)), int(unsafe.Offsetof(p.Records)+2*unsafe.Sizeof(Record{}))
	for at := from; at < to; at++ {
		mem := New()
		w, _ := Open(mem, owner)
		w.Put(&Record{}, StateNone)
		w.Put(&someRecord, StateBegun)
		mem[at] ^= 0x40
		_, left := Open(mem, owner)
		slot := int(unsafe.Offsetof(p.Records))
		inRecord := at < slot || at < slot+int(unsafe.Offsetof(p.Records[0].Mark)) // the latest is in the first slot
		if left.Damaged != inRecord || left.Damaged != (left.Record == Record{}) {
			t.Errorf("byte %d: damaged %v, %+v", at, left.Damaged, left.Record)
		}
		if left.Damaged {
			if w, left = Open(mem, owner); left.Damaged || w.Record().Seq != 0 {
				t.Errorf("byte %d: the damage is still in the page", at)
			}
		}
	}
}

// A record with a right seal but impossible numbers is not valid.
func TestRecordBounds(t *testing.T) {
	for name, change := range map[string]func(r *Record){
		"Length":     func(r *Record) { r.Length = 1 << 63 },
		"Written":    func(r *Record) { r.Written = 1 << 40 },
		"End":        func(r *Record) { r.End = math.MaxUint64 },
		"LineBefore": func(r *Record) { r.LineBefore = 3 },
		"LineAfter":  func(r *Record) { r.LineAfter = 3 },
		"state":      func(r *Record) { r.SetState(3) },
	} {
		mem := New()
		w, _ := Open(mem, owner)
		w.Put(&someRecord, StateBegun)
		r := &At(mem).Records[1]
		change(r)
		r.SetState(r.State())
		if _, left := Open(mem, owner); !left.Damaged {
			t.Errorf("%s: %+v", name, left.Record)
		}
	}
}

// The numbers of records may wrap. Even then the slot of the latest record is not
// overwritten.
func TestNumbersWrap(t *testing.T) {
	for _, seq := range []uint64{math.MaxUint64 - 1, math.MaxUint64} {
		mem := New()
		_, _ = Open(mem, owner)
		p := At(mem)
		r := someRecord
		r.Seq = seq
		r.SetState(StateDone)
		p.Latest, p.Records[seq&1] = seq, r
		w, left := Open(mem, owner)
		if left.Damaged || left.Record.Seq != seq {
			t.Fatalf("%+v", left)
		}
		w.Put(&someRecord, StateBegun)
		if w.Record().Seq&1 == seq&1 || w.Record().Seq == 0 {
			t.Errorf("%d follows %d", w.Record().Seq, seq)
		}
	}
}

func TestKindOf(t *testing.T) {
	page := New()
	_, _ = Open(page, owner)
	old := append([]byte(nil), page...)
	old[len(family)] = 1
	text := New()
	copy(text[1000:], "somebody's")
	for name, c := range map[string]struct {
		mem  []byte
		want Kind
	}{"zeros": {New(), Blank}, "a page": {page, Ours}, "one of another version": {old, Ours}, "something else": {text, Foreign}} {
		if got := KindOf(c.mem); got != c.want {
			t.Errorf("%s: %d, not %d", name, got, c.want)
		}
	}
	if _, left := Open(old, owner); left != (Left{}) {
		t.Errorf("another version's page says %+v", left)
	}
}

// A batch allocates nothing.
func TestAllocations(t *testing.T) {
	w, _ := Open(New(), owner)
	if n := testing.AllocsPerRun(100, func() {
		w.Put(&someRecord, StateBegun)
		w.SetState(StateDone)
		w.Store(func(p *Page) { Add(&p.Counters.LinesIn, 1) })
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Whatever a page contains, what is returned of it is within bounds, and a logger can
// use it.
func FuzzPage(f *testing.F) {
	mem := New()
	w, _ := Open(mem, owner)
	f.Add(append([]byte(nil), mem...), false)
	w.Put(&someRecord, StateDone)
	f.Add(append([]byte(nil), mem...), true)
	f.Add(bytes.Repeat([]byte{0xff}, Size), true)
	f.Fuzz(func(t *testing.T, raw []byte, reseal bool) {
		mem := New()
		copy(mem, raw)
		if reseal { // a fuzzer can't guess checksums
			p := At(mem)
			p.Magic, p.Boot = magic(), owner.Boot
			p.Latest = max(p.Latest, 1)
			r := &p.Records[p.Latest&1]
			r.Seq = p.Latest
			r.SetState(r.State())
		}
		if s, err := Parse(mem); err == nil {
			if s.PID < 0 || s.PID > maxPID || !utf8.ValidString(s.Backend) || s.Started.Year() < 1970 || int64(s.Counters.SyncLongest) < 0 {
				t.Errorf("%+v", s)
			}
			for _, file := range s.Files {
				if file.Stage == StageNone || file.Stage >= stages || file.Label.Nano > 999999999 || int64(file.Label.Sec) < 0 || file.Since.Before(time.Unix(0, 0)) {
					t.Errorf("%+v", file)
				}
			}
		}
		if KindOf(mem) == Foreign {
			return
		}
		w, left := Open(mem, owner)
		r := left.Record
		if r.Length > MaxLengthBytes || r.Written > MaxWrittenBytes || int64(r.End+r.Written) < 0 || left.Previous.Nano > 999999999 || left.AgeSince < 0 {
			t.Errorf("%+v", left)
		}
		w.Put(&someRecord, StateDone)
		*w.Mark() = '\n'
		if _, left = Open(mem, owner); !left.Record.Consumed() || left.Record.Sum != someRecord.Sum {
			t.Errorf("%+v", left)
		}
	})
}

func BenchmarkPut(b *testing.B) {
	w, _ := Open(New(), owner)
	b.ReportAllocs()
	for b.Loop() {
		w.Put(&someRecord, StateBegun)
		w.SetState(StateDone)
		w.SetState(StateNone)
	}
}

// A page is in the machine's byte order, so a record of another machine is not valid.
func TestOtherByteOrder(t *testing.T) {
	mem := New()
	w, _ := Open(mem, owner)
	w.Put(&someRecord, StateBegun)
	for at := int(unsafe.Offsetof(Page{}.Latest)); at < HalfBytes; at += 8 {
		binary.BigEndian.PutUint64(mem[at:], binary.LittleEndian.Uint64(mem[at:]))
	}
	if _, left := Open(mem, owner); !left.Damaged {
		t.Errorf("%+v", left.Record)
	}
}

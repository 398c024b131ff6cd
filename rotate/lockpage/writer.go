package lockpage

import (
	"multilog/internal/pagefault"
	"multilog/tai64n"
)

// Owner is the logger that writes a page.
type Owner struct {
	PID     int
	Started int64    // nanoseconds since 1970
	Boot    [16]byte // of the machine; zeros if unknown
}

// Left is what the previous logger left in its page.
type Left struct {
	// Damaged reports that the page is of this boot and its record is not valid.
	Damaged bool

	Swapped  uint64 // see Page; 0 if unknown
	AgeIno   uint64
	AgeSince int64

	LabelsIno    uint64
	LabelsSize   uint64
	LabelsBefore int64

	// The inode and birth time of the file that the latest record is about, in a page
	// of any boot; 0 if unknown.
	WrittenIno, WrittenBirth uint64

	// If the page is of another boot, the following are zero.
	Record     Record
	Tail       Tail // behind the record
	TailBefore Tail // behind the record before; it was there when Record was begun
	Previous   tai64n.Label
}

// Writer stores into a lock page for the logger that owns the directory. It belongs to
// one goroutine.
type Writer struct {
	page   *Page // the mapped one, or one in this process's memory
	lost   *Page // the mapped one, if it can't be stored into; nil otherwise
	mapped bool  // the file was mapped
	owner  Owner
	record Record // a copy of the latest: the page may be lost when it is needed
	mark   *byte  // of the latest record in page

	used [2]bool // slots that may have a tail
	tail Tail    // an argument of put
}

// Open takes over a lock page for owner and returns what the previous logger left in
// it. mem is the mapped page, which must be [Blank] or [Ours]. If mem is nil, the
// Writer has a page in memory, which no other process sees. A valid record stays in the
// page until the next one replaces it, because this logger may be killed, too. If the
// page can't be stored into, the Writer is [Writer.Lost].
func Open(mem []byte, owner Owner) (*Writer, Left) {
	fresh := owner.page()
	w := &Writer{page: At(New()), mapped: mem != nil, owner: owner}
	if mem != nil {
		w.page = At(mem)
	}
	var last Page
	pagefault.Survive(func() { last = *w.page }) // reading a hole may need a block
	var left Left
	if last.Magic == fresh.Magic {
		left = last.left(owner.Boot)
	}
	if w.record = left.Record; w.record.Seq != 0 {
		w.used = [2]bool{true, true}
		left.Tail, left.TailBefore = w.Tail(), w.TailBefore()
	} else {
		w.Store(w.clearTails)
	}
	fresh.AgeIno, fresh.AgeSince, fresh.Swapped = left.AgeIno, left.AgeSince, left.Swapped
	fresh.LabelsIno, fresh.LabelsSize, fresh.LabelsBefore = left.LabelsIno, left.LabelsSize, left.LabelsBefore
	fresh.PreviousSec, fresh.PreviousNano = left.Previous.Sec, uint64(left.Previous.Nano)
	if w.record.Seq == 0 && left.WrittenIno != 0 {
		// If this logger ends before it has recovered the directory, the next one needs
		// this much of the record of another boot, in addition to Swapped.
		w.record = Record{Seq: 1, FileIno: left.WrittenIno, FileBirth: left.WrittenBirth, Mark: ^byte(0)}
		w.record.Seal = w.record.sealFor(StateNone)
	}
	if w.record.Seq != 0 {
		fresh.Latest, fresh.Records[w.record.Seq&1] = w.record.Seq, w.record
	}
	w.Store(func(page *Page) { *page = fresh })
	w.mark = &w.page.Records[w.record.Seq&1].Mark
	return w, left
}

// page returns an empty page of the owner.
func (o *Owner) page() Page {
	return Page{Magic: magic(), PID: uint64(o.PID), Started: o.Started, Boot: o.Boot}
}

// left returns what the next logger believes of the page.
func (p *Page) left(boot [16]byte) Left {
	l := Left{Swapped: p.Swapped, AgeIno: p.AgeIno, AgeSince: max(0, p.AgeSince),
		LabelsIno: p.LabelsIno, LabelsSize: p.LabelsSize, LabelsBefore: max(0, p.LabelsBefore)}
	record, ok := p.latest()
	l.WrittenIno, l.WrittenBirth = record.FileIno, record.FileBirth
	if p.Boot != boot || boot == [16]byte{} {
		return l
	}
	l.Record, l.Damaged = record, !ok
	previous := tai64n.Label{Sec: p.PreviousSec, Nano: uint32(min(p.PreviousNano, 1e9))}
	if previous.Nano < 1e9 && previous.Sec < 1<<63 {
		l.Previous = previous
	}
	return l
}

// Mapped reports whether stores go into the lock file, where other processes see them.
func (w *Writer) Mapped() bool { return w.mapped && w.lost == nil }

// Store calls change to store into the page. It returns false if that caused a page
// fault. Then it has called change again for a copy of the page in memory, and the
// following calls store into that copy, too, until [Writer.Regain].
func (w *Writer) Store(change func(page *Page)) bool {
	if pagefault.Survive(func() { change(w.page) }) {
		return true
	}
	w.lose()
	change(w.page)
	return false
}

// lose replaces the page, which can't be stored into, with a copy in memory.
func (w *Writer) lose() {
	own := At(New())
	*own = w.owner.page()
	pagefault.Survive(func() { *own = *w.page })
	w.clearTails(own)
	if w.lost == nil {
		w.lost = w.page
	}
	w.page = own
	w.mark = &own.Records[w.record.Seq&1].Mark
}

// Lost reports whether stores go into memory because of a page fault.
func (w *Writer) Lost() bool { return w.lost != nil }

// Regain returns to the lost page if that can be stored into again, and reports whether
// it did. Invariant: on entry, nothing is in flight.
func (w *Writer) Regain() bool {
	own := w.page
	if !pagefault.Survive(func() {
		page := w.lost
		if page.Latest != 0 {
			page.Records[page.Latest&1].SetState(StateNone) // a kill from here on finds nothing in flight
		}
		slot := w.record.Seq & 1
		page.Records[slot] = w.record
		Set(&page.Latest, w.record.Seq)
		own.Latest, own.Records = page.Latest, page.Records
		*page = *own
		w.clearTails(page) // the current one is in memory
	}) {
		return false
	}
	w.page, w.lost = w.lost, nil
	w.mark = &w.page.Records[w.record.Seq&1].Mark
	return true
}

// Record returns the latest record as it was stored.
func (w *Writer) Record() *Record { return &w.record }

// Put stores a record with that state, which becomes the latest, without a tail behind
// it. The Writer chooses its Seq, Seal and Mark. Put returns the result of Store.
func (w *Writer) Put(r *Record, state uint64) bool {
	w.tail = Tail{}
	return w.put(r, state)
}

// PutWith is Put with a tail behind the record.
func (w *Writer) PutWith(r Record, state uint64, t Tail) bool {
	w.tail = t
	return w.put(&r, state)
}

func (w *Writer) put(r *Record, state uint64) bool {
	seq := w.record.Seq + 1
	if seq == 0 {
		seq = 2 // 0 means none, and the slot must differ from that of the record before
	}
	w.record = *r
	w.record.Seq, w.record.Mark = seq, ^r.Last
	w.record.Seal = w.record.sealFor(state)
	return w.Store(func(page *Page) {
		w.putTail(page, w.record.Seq)
		slot := &page.Records[w.record.Seq&1]
		*slot = w.record
		Set(&page.Latest, w.record.Seq)
		w.mark = &slot.Mark
	})
}

// SetState stores another state of the latest record and returns the result of Store.
func (w *Writer) SetState(state uint64) bool {
	w.record.Seal = withState(w.record.Seal, state)
	return w.Store(func(page *Page) { Set(&page.Records[w.record.Seq&1].Seal, w.record.Seal) })
}

// Mark returns where the system call that takes the batch's input must store the last
// byte of it: in the latest record.
func (w *Writer) Mark() *byte { return w.mark }

package lockpage

import (
	"runtime/debug"

	"multilog/tai64n"
)

// Owner is the logger that a page is about.
type Owner struct {
	PID     int
	Started int64    // nanoseconds since 1970
	Boot    [16]byte // of the machine; zeros if unknown
}

// Left is what the logger before has left in its page.
type Left struct {
	// Damaged reports that the page is of this boot, and its record not whole.
	Damaged bool

	Swapped  uint64 // see Page; 0 if unknown
	AgeIno   uint64
	AgeSince int64

	// The file that the latest record is about, whatever boot it is of; 0 if unknown.
	WrittenIno, WrittenBirth uint64

	// Of a page of another boot, these are zeros.
	Record     Record
	Tail       Tail // behind the record
	TailBefore Tail // behind the one before, which is what was there when Record was begun
	Previous   tai64n.Label
}

// Writer stores into a lock page for the logger that holds the directory. It
// belongs to one goroutine.
type Writer struct {
	page   *Page // the mapped one, or one that nobody else sees
	lost   *Page // the mapped one while it can't be stored into; nil otherwise
	mapped bool  // there is a mapped one
	owner  Owner
	record Record // the latest, as stored: the page may be gone when it is wanted
	mark   *byte  // of the latest record in page

	used [2]bool // slots for a tail that may hold one
	tail Tail    // for Put
}

// Open makes a lock page the owner's, and returns what the logger before has
// left in it. mem is the mapped page, [Blank] or [Ours], or nil, and then the
// Writer has a page that nobody else sees. A record that is still good stays in
// the page until it is replaced: its reader may be killed, too. If the page
// can't be stored into, the Writer is [Writer.Lost].
func Open(mem []byte, owner Owner) (*Writer, Left) {
	fresh := owner.page()
	w := &Writer{page: At(New()), mapped: mem != nil, owner: owner}
	if mem != nil {
		w.page = At(mem)
	}
	var last Page
	survive(func() { last = *w.page }) // reading a hole may need a block
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
	fresh.PreviousSec, fresh.PreviousNano = left.Previous.Sec, uint64(left.Previous.Nano)
	if w.record.Seq == 0 && left.WrittenIno != 0 {
		// Of a record of another boot the next logger needs this, beside Swapped, if
		// this one ends before it has recovered the directory.
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

// page returns a page of the owner's that says nothing yet.
func (o *Owner) page() Page {
	return Page{Magic: magic(), PID: uint64(o.PID), Started: o.Started, Boot: o.Boot}
}

// left returns what of the page the next logger believes.
func (p *Page) left(boot [16]byte) Left {
	l := Left{Swapped: p.Swapped, AgeIno: p.AgeIno, AgeSince: max(0, p.AgeSince)}
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

// Mapped reports whether stores go where others see them: into the lock file.
func (w *Writer) Mapped() bool { return w.mapped && w.lost == nil }

// Store has change store into the page. It returns false if that was a page
// fault. The Writer then has a page that nobody else sees, with what could be
// read of the other; change has stored into it, and so do the calls that follow,
// until [Writer.Regain]. change may be called twice.
func (w *Writer) Store(change func(page *Page)) bool {
	if survive(func() { change(w.page) }) {
		return true
	}
	own := At(New())
	*own = w.owner.page()
	survive(func() { *own = *w.page })
	w.clearTails(own)
	if w.lost == nil {
		w.lost = w.page
	}
	w.page = own
	w.mark = &own.Records[w.record.Seq&1].Mark
	change(own)
	return false
}

// Lost reports whether stores go into a page that nobody else sees since a page
// fault.
func (w *Writer) Lost() bool { return w.lost != nil }

// Regain goes back to the page that was lost, if it can be stored into again,
// and reports whether. Invariant: on entry, nothing is in flight.
func (w *Writer) Regain() bool {
	own := w.page
	if !survive(func() {
		page := w.lost
		if page.Latest != 0 {
			page.Records[page.Latest&1].SetState(StateNone) // killed from here on, nothing is in flight
		}
		slot := w.record.Seq & 1
		page.Records[slot] = w.record
		Set(&page.Latest, w.record.Seq)
		own.Latest, own.Records = page.Latest, page.Records
		*page = *own
		w.clearTails(page) // what there was is in memory
	}) {
		return false
	}
	w.page, w.lost = w.lost, nil
	w.mark = &w.page.Records[w.record.Seq&1].Mark
	return true
}

// Record returns the latest record as it was stored.
func (w *Writer) Record() *Record { return &w.record }

// Put stores a record in that state, which is the latest from then on, with no
// tail behind it. Its Seq, Seal and Mark are the Writer's. It returns what Store
// does.
func (w *Writer) Put(r Record, state uint64) bool {
	w.tail = Tail{}
	return w.put(r, state)
}

// PutWith is Put with a tail behind the record.
func (w *Writer) PutWith(r Record, state uint64, t Tail) bool {
	w.tail = t
	return w.put(r, state)
}

func (w *Writer) put(r Record, state uint64) bool {
	r.Seq, r.Mark = w.record.Seq+1, ^r.Last
	if r.Seq == 0 {
		r.Seq = 2 // 0 is none; and the slot must not be that of the one before
	}
	w.record = r // which is in memory already: r would be moved there
	w.record.Seal = w.record.sealFor(state)
	return w.Store(func(page *Page) {
		w.putTail(page, w.record.Seq)
		slot := &page.Records[w.record.Seq&1]
		*slot = w.record
		Set(&page.Latest, w.record.Seq)
		w.mark = &slot.Mark
	})
}

// SetState stores another state of the latest record, and returns what Store
// does.
func (w *Writer) SetState(state uint64) bool {
	w.record.Seal = withState(w.record.Seal, state)
	return w.Store(func(page *Page) { Set(&page.Records[w.record.Seq&1].Seal, w.record.Seal) })
}

// Mark returns where the system call that takes the batch's input is to put the
// last byte of it: into the latest record.
func (w *Writer) Mark() *byte { return w.mark }

// survive calls access, which loads from a page or stores into it, and returns
// false if that was a page fault.
func survive(access func()) (ok bool) {
	before := debug.SetPanicOnFault(true) // it holds for this goroutine
	defer func() {
		debug.SetPanicOnFault(before)
		if v := recover(); v != nil {
			if _, fault := v.(interface{ Addr() uintptr }); !fault {
				panic(v)
			}
		}
	}()
	access()
	return true
}

package simkernel

import (
	"unsafe"

	"multilog/rotate/lockpage"
)

const pageSize = lockpage.Size

// record is a copy of the two records of a lock page.
type record struct {
	slots  [2]lockpage.Record
	latest uint64
}

func recordOf(f *File) record {
	p := lockpage.At(f.Data)
	return record{p.Records, p.Latest}
}

// keepPages copies the records of all pages. cutPages may undo stores after that.
func (k *Kernel) keepPages() {
	k.records = k.records[:0]
	for _, f := range k.pages {
		k.records = append(k.records, recordOf(f))
	}
}

// cutPages undoes the last stores into records since keepPages, at random how many. Between
// two calls the loop stores in this order, each for all directories: the states of the
// records that it has finished; new records; the states of these.
func (k *Kernel) cutPages() {
	var undo []func(whole bool)
	for i := range k.records {
		p, before := lockpage.At(k.pages[i].Data), k.records[i]
		old := before.latest & 1
		if p.Records[old].Seal != before.slots[old].Seal {
			undo = append(undo, func(bool) { p.Records[old].Seal = before.slots[old].Seal })
		}
	}
	for i := range k.records {
		if p, before := lockpage.At(k.pages[i].Data), k.records[i]; p.Latest != before.latest {
			undo = append(undo, func(whole bool) { k.cutRecord(p, before, whole) })
		}
	}
	for i := range k.records {
		p, before := lockpage.At(k.pages[i].Data), k.records[i]
		if now := p.Latest & 1; p.Latest != before.latest && p.Records[now].State() == lockpage.StateDone {
			undo = append(undo, func(bool) { p.Records[now].SetState(lockpage.StateBegun) })
		}
	}
	if len(undo) == 0 {
		return
	}
	keep := k.w.Rand.IntN(len(undo) + 1)
	for n := len(undo) - 1; n >= keep; n-- {
		undo[n](n > keep || k.w.Rand.IntN(2) == 0)
	}
}

// cutRecord undoes the storing of a record. If whole is false, it leaves some of the first
// words of the record.
func (k *Kernel) cutRecord(p *lockpage.Page, before record, whole bool) {
	const size = unsafe.Sizeof(lockpage.Record{})
	bytesOf := func(f *lockpage.Record) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(f)), size) }
	other := before.latest&1 ^ 1
	upto := 0
	if !whole {
		upto = k.w.Rand.IntN(int(size)/8+1) * 8
	}
	copy(bytesOf(&p.Records[other])[upto:], bytesOf(&before.slots[other])[upto:])
	p.Latest = before.latest
}

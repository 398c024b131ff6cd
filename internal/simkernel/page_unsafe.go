package simkernel

import (
	"unsafe"

	"multilog/rotate"
)

const pageSize = rotate.PageSize

// Page lays a Page over a lock page's memory.
func Page(mem []byte) *rotate.Page {
	return (*rotate.Page)(unsafe.Pointer(unsafe.SliceData(mem[:pageSize])))
}

// record is what a lock page says about what is in flight.
type record struct {
	flights [2]rotate.Flight
	latest  uint64
}

func recordOf(f *File) record {
	p := Page(f.Data)
	return record{p.Flights, p.Latest}
}

// keepPages remembers the in-flight records: what the logger stores after this
// may be cut off.
func (k *Kernel) keepPages() {
	k.records = k.records[:0]
	for _, f := range k.pages {
		k.records = append(k.records, recordOf(f))
	}
}

// cutPages cuts off, at any place, the stores into in-flight records that were
// made since keepPages. Between two calls the loop stores in this order, each
// for one directory after another: states of the records that it is done with;
// new records; states of those.
func (k *Kernel) cutPages() {
	var undo []func(whole bool)
	for i := range k.records {
		p, before := Page(k.pages[i].Data), k.records[i]
		old := before.latest & 1
		if p.Flights[old].State != before.flights[old].State {
			undo = append(undo, func(bool) { p.Flights[old].State = before.flights[old].State })
		}
	}
	for i := range k.records {
		if p, before := Page(k.pages[i].Data), k.records[i]; p.Latest != before.latest {
			undo = append(undo, func(whole bool) { k.cutRecord(p, before, whole) })
		}
	}
	for i := range k.records {
		p, before := Page(k.pages[i].Data), k.records[i]
		if now := p.Latest & 1; p.Latest != before.latest && p.Flights[now].State == flightDone {
			undo = append(undo, func(bool) { p.Flights[now].State = flightBegun })
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

// The states of a Flight, as rotate has them.
const (
	flightBegun = 1
	flightDone  = 2
)

// cutRecord undoes the storing of a record, or all but the last store of it.
func (k *Kernel) cutRecord(p *rotate.Page, before record, whole bool) {
	const size = unsafe.Sizeof(rotate.Flight{})
	bytesOf := func(f *rotate.Flight) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(f)), size) }
	other := before.latest&1 ^ 1
	upto := 0
	if !whole {
		upto = k.w.Rand.IntN(int(size)/8+1) * 8
	}
	copy(bytesOf(&p.Flights[other])[upto:], bytesOf(&before.flights[other])[upto:])
	p.Latest = before.latest
}

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
// made since keepPages. They are made one directory after another; within a
// page, the record that is not the latest comes first.
func (k *Kernel) cutPages() {
	var changed []int
	for i := range k.records {
		if recordOf(k.pages[i]) != k.records[i] {
			changed = append(changed, i)
		}
	}
	if len(changed) == 0 {
		return
	}
	keep := k.w.Rand.IntN(len(changed) + 1)
	for n, i := range changed[keep:] {
		p, before := Page(k.pages[i].Data), k.records[i]
		switch {
		case p.Latest == before.latest:
			p.Flights = before.flights // one store: it has not happened
		case n > 0:
			p.Flights, p.Latest = before.flights, before.latest
		case p.Flights[before.latest&1] == before.flights[before.latest&1]:
			k.cutRecord(p, before)
		}
	}
}

// cutRecord cuts a new record off in its midst.
func (k *Kernel) cutRecord(p *rotate.Page, before record) {
	const size = unsafe.Sizeof(rotate.Flight{})
	bytesOf := func(f *rotate.Flight) []byte { return unsafe.Slice((*byte)(unsafe.Pointer(f)), size) }
	other := before.latest&1 ^ 1
	upto := k.w.Rand.IntN(int(size)/8+1) * 8
	copy(bytesOf(&p.Flights[other])[upto:], bytesOf(&before.flights[other])[upto:])
	p.Latest = before.latest
}

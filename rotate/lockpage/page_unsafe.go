package lockpage

import "unsafe"

// A Page must fit.
const _ = uint(HalfBytes - unsafe.Sizeof(Page{}))

// Each Record of a page must be aligned for atomic stores of 64 bits, which Go
// does not see to by itself on 32-bit machines.
const _ = -(unsafe.Sizeof(Record{}) % 8) - unsafe.Offsetof(Page{}.Records)%8 - unsafe.Offsetof(Page{}.Latest)%8 - unsafe.Offsetof(Page{}.Counters)%8 - unsafe.Offsetof(Page{}.Files)%8 - unsafe.Sizeof(fileSlot{})%8

// And so must two tails, in the second half.
const _ = uint(Size - HalfBytes - unsafe.Sizeof([2]tailSlot{}))

// tails returns the tails of a page, which must lie in memory of Size bytes.
func (p *Page) tails() *[2]tailSlot {
	return (*[2]tailSlot)(unsafe.Add(unsafe.Pointer(p), HalfBytes))
}

// At lays a Page over memory, which must be Size bytes long and aligned as
// mappings are, or as New's is.
func At(mem []byte) *Page {
	return (*Page)(unsafe.Pointer(unsafe.SliceData(mem[:Size])))
}

// New returns zeros for a page that nobody else sees, aligned as one is.
func New() []byte {
	words := make([]uint64, Size/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), Size)
}

// sealed is what of a record its checksum covers: all between Seal and Mark.
func (r *Record) sealed() []byte {
	const from, to = unsafe.Sizeof(r.Seal), unsafe.Offsetof(r.Mark)
	return unsafe.Slice((*byte)(unsafe.Pointer(r)), unsafe.Sizeof(*r))[from:to]
}

// named is what of a slot its checksum covers: all before Sum.
func (s *tailSlot) named() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(s)), unsafe.Sizeof(*s))[:unsafe.Offsetof(s.Sum)]
}

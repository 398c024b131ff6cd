package lockpage

import "unsafe"

// The compiler refuses a Page that does not fit.
const _ = uint(HalfBytes - unsafe.Sizeof(Page{}))

// Each Record of a page, and what else is stored atomically, must be aligned to 64
// bits. On 32-bit machines Go does not do that by itself.
const _ = -(unsafe.Sizeof(Record{}) % 8) - unsafe.Offsetof(Page{}.Records)%8 - unsafe.Offsetof(Page{}.Latest)%8 - unsafe.Offsetof(Page{}.Counters)%8 - unsafe.Offsetof(Page{}.Files)%8 - unsafe.Sizeof(fileSlot{})%8 - unsafe.Offsetof(Page{}.Activity)%8

// The second half has room for two tails.
const _ = uint(Size - HalfBytes - unsafe.Sizeof([2]tailSlot{}))

// tails returns the tails of a page. The page must lie in memory of Size bytes.
func (p *Page) tails() *[2]tailSlot {
	return (*[2]tailSlot)(unsafe.Add(unsafe.Pointer(p), HalfBytes))
}

// At returns mem as a Page. mem must be Size bytes long and aligned, as mappings and
// the result of New are.
func At(mem []byte) *Page {
	return (*Page)(unsafe.Pointer(unsafe.SliceData(mem[:Size])))
}

// New returns a page of zeros in memory, which no other process sees.
func New() []byte {
	words := make([]uint64, Size/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), Size)
}

// sealed returns the bytes of a record that its checksum covers: all between Seal and
// Mark.
func (r *Record) sealed() []byte {
	const from, to = unsafe.Sizeof(r.Seal), unsafe.Offsetof(r.Mark)
	return unsafe.Slice((*byte)(unsafe.Pointer(r)), unsafe.Sizeof(*r))[from:to]
}

// named returns the bytes of a slot that its checksum covers: all before Sum.
func (s *tailSlot) named() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(s)), unsafe.Sizeof(*s))[:unsafe.Offsetof(s.Sum)]
}

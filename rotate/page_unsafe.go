package rotate

import "unsafe"

// A Page must fit.
const _ = uint(PageSize - unsafe.Sizeof(Page{}))

// Each Flight of a page must be aligned for atomic stores of 64 bits, which Go
// does not see to by itself on 32-bit machines.
const _ = -(unsafe.Sizeof(Flight{}) % 8) - unsafe.Offsetof(Page{}.Flights)%8

// pageOf lays a Page over mapped memory, which must be PageSize long and
// aligned as mappings are.
func pageOf(mem []byte) *Page {
	return (*Page)(unsafe.Pointer(unsafe.SliceData(mem[:PageSize])))
}

// newPage is memory for a copy of a lock page, aligned as one is.
func newPage() []byte {
	words := make([]uint64, PageSize/8)
	return unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), PageSize)
}

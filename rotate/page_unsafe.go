package rotate

import "unsafe"

// A Page must fit.
const _ = uint(PageSize - unsafe.Sizeof(Page{}))

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

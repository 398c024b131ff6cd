package rotate

import "unsafe"

// A Page must fit.
const _ = uint(PageSize - unsafe.Sizeof(Page{}))

// pageOf lays a Page over mapped memory, which must be PageSize long and
// aligned as mappings are.
func pageOf(mem []byte) *Page {
	return (*Page)(unsafe.Pointer(unsafe.SliceData(mem[:PageSize])))
}

// Package hugepage hands out buffers from huge pages, for programs that live for
// some milliseconds. Memory that is used for the first time costs a page fault for
// each 4 KiB, and on virtual machines ten of those may take as long as it takes to
// decompress into all of it; a huge page costs one fault.
//
// Where the kernel gives no huge pages (transparent_hugepage/enabled is never),
// they are ordinary pages.
package hugepage

import (
	"sync"
	"syscall"
	"unsafe"
)

const (
	// Bytes is the size of a huge page, and of the largest buffer that is part of one.
	Bytes = 2 << 20

	// limitBytes is how much is handed out of huge pages.
	limitBytes = 8 << 20

	// alignBytes is what buffers begin at a multiple of: a page.
	alignBytes = 4 << 10
)

var (
	mu     sync.Mutex
	rest   []byte // of the page that is being handed out
	mapped int    // bytes
)

// Alloc returns a zeroed buffer of n bytes. The first 8 MiB come from huge pages, and
// are never given back; what comes later, or has more than Bytes, is from Go's heap.
func Alloc(n int) []byte {
	if n <= 0 || n > Bytes {
		return make([]byte, max(n, 0))
	}
	mu.Lock()
	defer mu.Unlock()
	if n > len(rest) {
		if mapped == limitBytes {
			return make([]byte, n)
		}
		page, err := mapPage()
		if err != nil {
			return make([]byte, n)
		}
		rest, mapped = page, mapped+Bytes
	}
	buf := rest[:n:n]
	rest = rest[min((n+alignBytes-1)&^(alignBytes-1), len(rest)):]
	return buf
}

// mapPage maps a huge page. Of the mapping, which is large enough to have one, the
// rest is never touched, and costs nothing.
func mapPage() ([]byte, error) {
	mapping, err := syscall.Mmap(-1, 0, 2*Bytes, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return nil, err
	}
	off := -uintptr(unsafe.Pointer(&mapping[0])) & (Bytes - 1)
	page := mapping[off : off+Bytes : off+Bytes]
	_ = syscall.Madvise(page, syscall.MADV_HUGEPAGE) // refused where there are none
	return page, nil
}

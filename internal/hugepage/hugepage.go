// Package hugepage allocates buffers from huge pages, for programs that live only
// some milliseconds. The first use of memory costs one page fault for each 4 KiB; on
// a virtual machine, ten of them can take as long as decompressing into all of that
// memory. A huge page costs one fault for its 2 MiB.
//
// Alloc hands out at most 8 MiB of huge pages in the life of the process and never
// takes a buffer back, so a caller keeps its buffers, in a sync.Pool for example.
// Beyond that limit, and where the kernel has no huge pages
// (transparent_hugepage/enabled is "never"), buffers are ordinary memory.
package hugepage

import (
	"sync"
	"syscall"
	"unsafe"
)

const (
	// Bytes is the size of a huge page, and of the largest buffer that comes from
	// one.
	Bytes = 2 << 20

	// limitBytes is the most memory that is allocated from huge pages.
	limitBytes = 8 << 20

	// alignBytes is the alignment of buffers: an ordinary page.
	alignBytes = 4 << 10
)

var (
	mu     sync.Mutex
	rest   []byte // the unused part of the last huge page
	mapped int    // huge pages so far, in bytes
)

// Alloc returns a zeroed buffer of n bytes. Buffers come from huge pages until these
// have used 8 MiB, and stay allocated for good. Later buffers, and those of more than
// Bytes, come from Go's heap. Goroutines may call Alloc at the same time.
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

// mapPage maps a huge page. It maps twice the size to find an aligned page inside;
// the rest is never touched and costs no memory.
func mapPage() ([]byte, error) {
	mapping, err := syscall.Mmap(-1, 0, 2*Bytes, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return nil, err
	}
	off := -uintptr(unsafe.Pointer(&mapping[0])) & (Bytes - 1)
	page := mapping[off : off+Bytes : off+Bytes]
	_ = syscall.Madvise(page, syscall.MADV_HUGEPAGE) // fails on kernels without huge pages
	return page, nil
}

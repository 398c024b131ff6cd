// Package pagefault survives page faults in mapped files, which end a Go program otherwise. They
// come where a file was truncated, where its filesystem has no room for a copy of a block, and
// where a disk fails.
package pagefault

import "runtime/debug"

// Survive calls access, which loads from mapped memory or stores into it. It returns false if
// that caused a page fault. Then access has ended where the fault was.
func Survive(access func()) (ok bool) {
	before := debug.SetPanicOnFault(true) // it applies to this goroutine
	defer func() {
		debug.SetPanicOnFault(before)
		if v := recover(); v != nil {
			if _, fault := v.(interface{ Addr() uintptr }); !fault {
				panic(v)
			}
		}
	}()
	access()
	return true
}

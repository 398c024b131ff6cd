package hugepage

import (
	"sync"
	"testing"
)

// Buffers are zeroed, have the requested length, and do not overlap.
func TestAlloc(t *testing.T) {
	var all [][]byte
	var mu sync.Mutex
	var group sync.WaitGroup
	for _, n := range []int{0, 1, 4095, 4096, 4097, 64 << 10, Bytes - 4096, Bytes, Bytes + 1, 3 << 20} {
		for i := range 3 {
			group.Go(func() {
				b := Alloc(n)
				if len(b) != n || cap(b) < n {
					t.Errorf("Alloc(%d) has %d bytes", n, len(b))
				}
				for _, c := range b {
					if c != 0 {
						t.Errorf("Alloc(%d) is not zero", n)
						return
					}
				}
				for j := range b {
					b[j] = byte(n + i)
				}
				mu.Lock()
				all = append(all, b)
				mu.Unlock()
			})
		}
	}
	group.Wait()
	for _, b := range all {
		for _, c := range b {
			if c != b[0] {
				t.Fatal("two buffers overlap")
			}
		}
	}
	if b := append(Alloc(5), 1); cap(b) == cap(Alloc(5)) {
		t.Error("append wrote behind a buffer without copying it")
	}
}

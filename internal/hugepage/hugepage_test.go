package hugepage

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"unsafe"
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
		t.Error("append extended a buffer in place")
	}
}

// A buffer begins at a page, in memory for which huge pages were requested.
func TestAllocFromHugePages(t *testing.T) {
	if _, err := os.Stat("/sys/kernel/mm/transparent_hugepage"); err != nil {
		t.Skip("this kernel has no huge pages")
	}
	mu.Lock()
	rest, mapped = nil, 0 // other tests may have used the 8 MiB
	mu.Unlock()
	for _, n := range []int{1, 5000, Bytes} {
		b := Alloc(n)
		at := uintptr(unsafe.Pointer(&b[0]))
		if at%alignBytes != 0 {
			t.Errorf("Alloc(%d) is at %#x, which is not the start of a page", n, at)
		}
		if flags := mappingFlags(t, at); !strings.Contains(flags, " hg ") {
			t.Errorf("Alloc(%d) is in memory with the flags %q, want hg among them", n, flags)
		}
	}
}

// mappingFlags returns the flags of the mapping that contains an address (proc(5),
// smaps).
func mappingFlags(t *testing.T, at uintptr) string {
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skip(err)
	}
	inside := false
	for line := range strings.Lines(string(smaps)) {
		var from, to uintptr
		if n, _ := fmt.Sscanf(line, "%x-%x ", &from, &to); n == 2 {
			inside = from <= at && at < to
		}
		if flags, ok := strings.CutPrefix(line, "VmFlags:"); ok && inside {
			return flags
		}
	}
	t.Fatalf("%#x is in no mapping", at)
	return ""
}

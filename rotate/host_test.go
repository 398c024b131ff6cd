package rotate

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"multilog/ioring"
	"multilog/rotate/lockpage"
	"multilog/tai64n"
)

// realKernel carries out operations for real. It remembers what it has opened, and kill
// closes that, as the end of a process does.
type realKernel struct {
	tb     testing.TB
	clock  int64 // how far Now is ahead of the time, in nanoseconds
	mono   int64
	boot   [16]byte
	warned []string

	killAt int // the number of the operation before which it is killed; 0: none
	ops    int
	fds    []int
	pages  [][]byte
}

func newKernel(tb testing.TB) *realKernel {
	k := &realKernel{tb: tb, boot: [16]byte{1}}
	tb.Cleanup(k.kill)
	return k
}

type killed struct{}

func (k *realKernel) Now() int64        { return time.Now().UnixNano() + k.clock }
func (k *realKernel) Mono() int64       { return k.mono }
func (k *realKernel) BootID() [16]byte  { return k.boot }
func (k *realKernel) Warn(text string)  { k.warned = append(k.warned, text) }
func (k *realKernel) Submit(*ioring.Op) {}
func (k *realKernel) Do(op *ioring.Op) {
	if k.ops++; k.ops == k.killAt {
		panic(killed{})
	}
	ioring.Do(op)
	if op.Code == ioring.OpenAt && op.Err == nil {
		k.fds = append(k.fds, int(op.Res))
	}
	if op.Code == ioring.Close {
		k.fds = slices.DeleteFunc(k.fds, func(fd int) bool { return fd == op.FD })
	}
}

func (k *realKernel) Writev(fd int, pieces [][]byte) (int, error) { return unix.Writev(fd, pieces) }

func (k *realKernel) MapPage(fd int) ([]byte, error) {
	mem, err := unix.Mmap(fd, 0, lockpage.Size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err == nil {
		k.pages = append(k.pages, mem)
	}
	return mem, err
}

func (k *realKernel) kill() {
	for _, fd := range k.fds {
		_ = unix.Close(fd)
	}
	for _, mem := range k.pages {
		_ = unix.Munmap(mem)
	}
	k.fds, k.pages = nil, nil
}

// head is a standard input.
type head struct {
	dev, ino uint64
	start    bool // nothing of the input was consumed
	input    string
	consumed int
	window   int // how many bytes of the input can be seen; 0 for all
	taken    int // how many bytes are in memory
	lost     int // how many bytes were consumed that could not be seen
}

func (h *head) Identity() (dev, ino uint64) { return h.dev, h.ino }
func (h *head) AtStart() bool               { return h.start }
func (h *head) Waiting() int                { return len(h.input) }

func (h *head) PeekHead(n int) []byte {
	n = min(n, len(h.input))
	if h.window > 0 {
		n = min(n, max(h.window, h.taken))
	}
	return []byte(h.input[:n])
}

func (h *head) Take(n int, mark *byte) ([]byte, error) {
	*mark = h.input[n-1]
	h.taken = n
	return []byte(h.input[:n]), nil
}

func (h *head) Consume(n int, mark *byte) error {
	if n == 0 {
		return nil
	}
	*mark = h.input[n-1]
	if h.window > 0 {
		h.lost += max(0, n-max(h.window, h.taken))
	}
	h.input = h.input[n:]
	h.consumed += n
	return nil
}

// open locks, settles and recovers a directory. dead reports whether it was killed
// meanwhile.
func (k *realKernel) open(path string, h Head) (d *Dir, dead bool) {
	k.tb.Helper()
	defer func() {
		if v := recover(); v != nil {
			if _, dead = v.(killed); !dead {
				panic(v)
			}
			k.kill()
		}
	}()
	d, err := Lock(k, unix.AT_FDCWD, testConfig(path))
	if err == nil {
		err = Settle([]*Dir{d}, h)
	}
	if err == nil {
		err = d.Recover()
	}
	if err != nil {
		k.tb.Fatal(err)
	}
	return d, false
}

// shows returns the content of a directory: old files as "suffix=content", in order,
// then the others by name. It leaves out labels, lock, state and empty files except
// current.
func shows(tb testing.TB, path string) string {
	tb.Helper()
	entries, err := os.ReadDir(path) // sorted by name: @ comes before letters
	if err != nil {
		tb.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		name := e.Name()
		if name == lockName || name == stateName {
			continue
		}
		text, err := os.ReadFile(filepath.Join(path, name))
		if err != nil {
			tb.Fatal(err)
		}
		if len(text) == 0 && name != currentName {
			continue
		}
		if isOld(name) {
			name = name[tai64n.Len:]
		}
		out = append(out, name+"="+string(text))
	}
	return strings.Join(out, " ")
}

// testConfig returns the configuration of a directory in a script without other words.
func testConfig(path string) Config { return Config{Name: path, Size: 99999, Count: 10, Code: "s"} }

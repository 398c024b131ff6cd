package linux

import (
	"encoding/hex"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"multilog/internal/console"
	"multilog/ioring"
	"multilog/rotate/lockpage"
)

// host is the real rotate.Host.
type host struct {
	clock
	queue *ioring.Queue
	iov   []unix.Iovec // memory for writev
}

// clock is the time, and the boot of the machine.
type clock struct {
	start time.Time
	boot  [16]byte
}

func newClock() clock { return clock{start: time.Now(), boot: bootID()} }

func bootID() (id [16]byte) {
	text := readText("/proc/sys/kernel/random/boot_id")
	b, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(text), "-", ""))
	if err == nil {
		copy(id[:], b)
	}
	return id
}

// Now returns the time of day in nanoseconds since 1970.
func (c *clock) Now() int64 { return time.Now().UnixNano() }

// Mono returns the nanoseconds since the program was started. It runs the same code as
// Now: in a slow stream the CPU has to fetch that from memory for each line.
func (c *clock) Mono() int64 { return int64(time.Now().Sub(c.start)) } //nolint:staticcheck // Since is other code

// BootID tells one run of the machine from the next.
func (c *clock) BootID() [16]byte { return c.boot }

// Do carries out op and returns when it is done.
func (h *host) Do(op *ioring.Op) { ioring.Do(op) }

// Submit starts op in the background; the waiter calls its Done.
func (h *host) Submit(op *ioring.Op) { h.queue.Submit(op) }

// MapPage maps the first page of the file that is open as fd, shared.
func (h *host) MapPage(fd int) ([]byte, error) { return mapPage(fd) }

func mapPage(fd int) ([]byte, error) {
	return unix.Mmap(fd, 0, lockpage.Size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

// Writev appends as many of the pieces as one call can take and returns how many bytes
// were written.
func (h *host) Writev(fd int, pieces [][]byte) (int, error) {
	for {
		n, err := h.writev(fd, pieces)
		if err != syscall.EINTR {
			return n, err
		}
	}
}

// Warn prints a warning, or drops it if it can't be printed at once.
func (h *host) Warn(text string) { console.Say("multilog", console.Warning, text) }

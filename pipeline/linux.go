package pipeline

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"multilog/internal/console"
	"multilog/ioring"
	"multilog/rotate"
	"multilog/rotate/lockpage"
)

// Linux is the real Kernel. Use it from one goroutine.
type Linux struct {
	source source
	polled bool // standard input can be waited for; otherwise it is always ready
	more   bool // there is probably more input than the last Peek looked at
	left   int  // bytes that Peek has shown and Consume has not dropped
	waited bool // for input, since the last Peek
	dev    uint64
	ino    uint64

	coalescer coalescer
	queue     *ioring.Queue
	finished  int // operations since memory was collected
	signal    int // eventfd: a signal has come
	signaled  atomic.Bool
	terms     atomic.Int32
	started   atomic.Bool // it waits for input, or has
	alrms     atomic.Int32

	all   *waiter // for standard input, the queue, signals
	quiet *waiter // for all but standard input

	start time.Time
	boot  [16]byte
	buf   []byte
	iov   []unix.Iovec
}

// NewLinux takes over standard input and the signals that multilog obeys.
func NewLinux(limits Limits) (*Linux, error) {
	runtime.LockOSThread() // see waiter.wait
	k := &Linux{start: time.Now(), boot: bootID()}
	var err error
	if k.signal, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return nil, &rotate.Error{What: "set up signals", Err: err}
	}
	k.watchSignals()
	backend := os.Getenv("MULTILOG_IO")
	options := ioring.Options{Backend: backend}
	if backend == "" && limits.ScarceTasks {
		options.Backend = "pool"
	}
	queue, err := ioring.NewQueue(options)
	if err != nil {
		if backend == "" {
			return nil, fmt.Errorf("unable to set up file operations: %w", err)
		}
		return nil, fmt.Errorf("unable to set up file operations with MULTILOG_IO=%s: %w", backend, err)
	}
	k.queue = queue
	if k.source, err = openSource(0, os.Getenv("MULTILOG_INPUT")); err != nil {
		return nil, &rotate.Error{What: "set up standard input", Err: err}
	}
	var st unix.Stat_t
	if err := unix.Fstat(0, &st); err == nil {
		k.dev, k.ino = st.Dev, st.Ino
	}
	// The kernel writes here while Go is not told: memory of its own. One
	// more byte, for the newline that an unfinished last line lacks.
	k.buf, err = unix.Mmap(-1, 0, peekBytes+unix.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, &rotate.Error{What: "allocate buffers", Err: err}
	}
	if err := k.openWait(); err != nil {
		return nil, &rotate.Error{What: "set up waiting for input", Err: err}
	}
	if p, ok := k.source.(*pipe); ok {
		if pid, other := claim(p.fd); other {
			k.Warn(sharedText(pid))
			k.share(p)
		}
	}
	k.coalescer.capacity = k.source.capacity()
	k.coalescer.off = os.Getenv("MULTILOG_NAP") == "0" // to measure what naps gain
	return k, nil
}

// Backend says how file operations are done, and why.
func (k *Linux) Backend() string {
	if why := k.queue.Reason(); why != "" {
		return k.queue.Backend() + ": " + why
	}
	return k.queue.Backend()
}

func bootID() (id [16]byte) {
	text := readText("/proc/sys/kernel/random/boot_id")
	b, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(text), "-", ""))
	if err == nil {
		copy(id[:], b)
	}
	return id
}

// startGrace is how long a start may go on after SIGTERM.
const startGrace = time.Second

// exitTrouble is the exit status of a logger that could not start.
const exitTrouble = 111

// giveUpStart ends the process if it is still starting: an operation on a file
// system that does not answer never returns. What is left then is what a kill
// leaves, and nothing was taken from standard input.
func (k *Linux) giveUpStart() {
	if !k.started.Load() {
		console.Say("multilog", console.Fatal, "unable to end the start within a second of SIGTERM, exiting (a file system does not answer; standard input was not touched)")
		os.Exit(exitTrouble)
	}
}

// watchSignals has SIGTERM and SIGALRM counted and the wait woken. Go's
// runtime takes them also when the parent had them blocked or ignored.
// SIGXFSZ is taken so that a write beyond the limit fails instead; programs
// that are started do not inherit that, as they would if it were ignored.
func (k *Linux) watchSignals() {
	c := make(chan os.Signal, 16)
	signal.Notify(c, syscall.SIGTERM, syscall.SIGALRM, syscall.SIGXFSZ)
	go func() {
		for s := range c {
			switch s {
			case syscall.SIGTERM:
				if k.terms.Add(1); !k.started.Load() {
					time.AfterFunc(startGrace, k.giveUpStart)
				}
			case syscall.SIGALRM:
				k.alrms.Add(1)
			default:
				continue
			}
			k.signaled.Store(true)
			_, _ = unix.Write(k.signal, []byte{1, 0, 0, 0, 0, 0, 0, 0})
		}
	}()
}

// Now is the time in nanoseconds since 1970.
func (k *Linux) Now() int64 { return time.Now().UnixNano() }

// Mono is the time in nanoseconds since the program was started.
func (k *Linux) Mono() int64 { return int64(time.Since(k.start)) }

// BootID tells one run of the machine from the next.
func (k *Linux) BootID() [16]byte { return k.boot }

// Do does op now, and returns when it is done.
func (k *Linux) Do(op *ioring.Op) { ioring.Do(op) }

// Submit has op done behind the loop; Wait returns it when it is.
func (k *Linux) Submit(op *ioring.Op) { k.queue.Submit(op) }

// Identity implements [Kernel].
func (k *Linux) Identity() (dev, ino uint64) {
	if !k.source.canPeek() {
		return 0, 0
	}
	return k.dev, k.ino
}

// AtStart implements [Kernel].
func (k *Linux) AtStart() bool { return k.source.atStart() }

// CanPeek implements [Kernel]: pipes, regular files and stream sockets can.
func (k *Linux) CanPeek() bool { return k.source.canPeek() }

// LastLine implements [Kernel].
func (k *Linux) LastLine() { k.source.lastLine() }

// Warn implements [Kernel]. A warning that can't be printed at once is dropped.
func (k *Linux) Warn(text string) { console.Say("multilog", console.Warning, text) }

// MapPage maps the lock page that fd is open on, shared.
func (k *Linux) MapPage(fd int) ([]byte, error) { return mapPage(fd) }

func mapPage(fd int) ([]byte, error) {
	return unix.Mmap(fd, 0, lockpage.Size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

// Writev writes the pieces one after another, as many of them as one call takes, and
// returns how many bytes that were.
func (k *Linux) Writev(fd int, pieces [][]byte) (int, error) {
	for {
		n, err := k.writev(fd, pieces)
		if err != syscall.EINTR {
			return n, err
		}
	}
}

// Peek implements [Kernel].
func (k *Linux) Peek() (b []byte, eof bool) {
	n, more, eof := k.source.peek(k.buf[:peekBytes])
	if k.waited {
		k.coalescer.came(k.Mono(), n-k.left)
	}
	k.more, k.waited, k.left = more, false, n
	return k.buf[:n], eof
}

// Waiting implements [Kernel].
func (k *Linux) Waiting() int { return k.source.holds() + k.source.waiting() }

// Held implements [Kernel].
func (k *Linux) Held() int { return k.source.holds() }

// Hold implements [Kernel].
func (k *Linux) Hold(b []byte) {
	k.source.hold(b)
	k.left += len(b)
}

// Take implements [Kernel].
func (k *Linux) Take(n int, mark *byte) ([]byte, error) { return k.source.take(n, mark) }

// Consume implements [Kernel].
func (k *Linux) Consume(n int, mark *byte, tail []byte) error {
	err := k.source.consume(n, mark, tail)
	if err == nil {
		k.left -= n
		return nil
	}
	if p, ok := k.source.(*pipe); ok && errors.Is(err, ErrTaken) {
		k.share(p)
		return ErrTaken
	}
	return err
}

// share goes on with a pipe that another process reads, too: what is shown of it
// must have been taken.
func (k *Linux) share(p *pipe) {
	k.source = streamOn(p, k.buf)
	// What was taken may end within a line: its end is taken before the other
	// reader comes to it.
	k.source.peek(k.buf[:peekBytes])
	k.left = k.source.holds()
}

// CanMove implements [Kernel]: pipes and stream sockets can.
func (k *Linux) CanMove() bool { return k.source.canMove() }

// Cramped implements [Kernel]. A page of a pipe is free when all of it is read;
// what is less than a line may lie in two, and a write that does not fit behind
// it wants one more. A socket counts what is read in part as a whole message.
func (k *Linux) Cramped() bool {
	p, ok := k.source.(*pipe)
	return !ok || p.bytes <= 2*unix.Getpagesize() || p.packets
}

// WriteStatus writes b at the start of fd, whose length stays as it is.
func (k *Linux) WriteStatus(fd int, b []byte) error {
	for at := 0; at < len(b); {
		n, err := unix.Pwrite(fd, b[at:], int64(at))
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		at += n
	}
	return nil
}

// stderrMillis is how long WriteStderr waits before it looks for SIGTERM again.
const stderrMillis = 100

// WriteStderr implements [Kernel]. It waits while nobody reads standard error, as
// daemontools' multilog does, but not when SIGTERM has come.
func (k *Linux) WriteStderr(b []byte) {
	for len(b) > 0 {
		n, err := console.Write(b)
		switch {
		case err == nil:
			b = b[n:]
		case err != syscall.EAGAIN || k.terms.Load() > 0:
			return
		default:
			console.Wait(stderrMillis)
		}
	}
}

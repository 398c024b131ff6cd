package input

import (
	"bytes"
	"crypto/sha256"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/internal/test/fds"
)

func TestPipeSource(t *testing.T) {
	r, w := fds.Pipe(t, 0)
	l := newLook(t, r)
	if _, ok := l.src.(*pipe); !ok {
		t.Fatalf("a pipe is a %T", l.src)
	}
	l.life(func(text string) { fds.Put(t, w, text) }, func() { _ = unix.Close(w) })
}

// Other processes share the flags of standard input. A pipe is read equally well with
// and without O_NONBLOCK, and keeps its flags.
func TestPipeSourceFlags(t *testing.T) {
	for _, flags := range []int{0, unix.O_NONBLOCK, unix.O_DIRECT} {
		r, w := fds.Pipe(t, flags)
		before := fds.Must[int](t)(unix.FcntlInt(uintptr(r), unix.F_GETFL, 0))
		newLook(t, r).life(func(text string) { fds.Put(t, w, text) }, func() { _ = unix.Close(w) })
		if after := fds.Must[int](t)(unix.FcntlInt(uintptr(r), unix.F_GETFL, 0)); after != before {
			t.Errorf("flags %#o became %#o", before, after)
		}
	}
}

func TestFIFOSource(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	r := fds.Must[int](t)(unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0))
	fds.CloseLater(t, r)
	w := fds.Must[int](t)(unix.Open(path, unix.O_WRONLY|unix.O_CLOEXEC, 0))
	newLook(t, r).life(func(text string) { fds.Put(t, w, text) }, func() { _ = unix.Close(w) })
}

// The private pipe has a slot for each packet. If there are more packets, the rest
// shows later, and peek says so.
func TestPipeOfTinyPackets(t *testing.T) {
	r, w := fds.Pipe(t, unix.O_DIRECT)
	fds.CloseLater(t, w)
	l := newLook(t, r)
	p := l.src.(*pipe)
	if p.bytes/unix.Getpagesize() < p.slots {
		t.Skip("the pipe could not be enlarged")
	}
	for range p.slots {
		fds.Put(t, w, "x")
	}
	v := p.peek(l.buf)
	if v.n != p.slots || !v.more || v.eof {
		t.Errorf("of %d packets, peek shows %d, more %v, end %v", p.slots, v.n, v.more, v.eof)
	}
	l.consumes(v.n - 1)
	l.shows("x", false)
}

// More data than fits into a pipe, in writes of all lengths.
func TestPipeSourceLong(t *testing.T) {
	r, w := fds.Pipe(t, 0)
	sent := make(chan [sha256.Size]byte)
	go func() {
		all := sha256.New()
		for i := range 900 {
			b := bytes.Repeat([]byte{byte(i)}, 1+i*7919%9000)
			all.Write(b)
			for len(b) > 0 {
				n, err := unix.Write(w, b)
				if err != nil {
					break
				}
				b = b[n:]
			}
		}
		_ = unix.Close(w)
		sent <- [sha256.Size]byte(all.Sum(nil))
	}()
	l := newLook(t, r)
	got, total := sha256.New(), 0
	for {
		v := l.src.peek(l.buf)
		n := v.n
		if n == 0 && v.eof {
			break
		}
		if n == 0 {
			fds := []unix.PollFd{{Fd: int32(r), Events: unix.POLLIN}}
			_, _ = unix.Poll(fds, -1)
			continue
		}
		n = 1 + total*31%n // consume a part of it
		total += n
		got.Write(l.buf[:n])
		l.consumes(n)
	}
	if [sha256.Size]byte(got.Sum(nil)) != <-sent {
		t.Error("what was peeked and consumed is not what was written")
	}
	if total <= pipeBytes {
		t.Errorf("%d bytes fit into a pipe", total)
	}
}

// consume stores the last byte that it takes at mark.
func TestConsumeMark(t *testing.T) {
	r, w := fds.Pipe(t, 0)
	fds.CloseLater(t, w)
	fds.Put(t, w, strings.Repeat("x", 5000)+"yz")
	var mark byte
	if err := newLook(t, r).src.consume(5001, &mark, nil); err != nil || mark != 'y' {
		t.Errorf("mark %q, %v", mark, err)
	}
}

// A consume takes the bytes even if it can't store the mark.
func TestConsumeMarkLost(t *testing.T) {
	mem := lostPage(t, false)
	r, w := fds.Pipe(t, 0)
	fds.CloseLater(t, w)
	fds.Put(t, w, strings.Repeat("x", 9000)+"yz")
	l := newLook(t, r)
	if err := l.src.consume(9001, &mem[0], nil); err != nil {
		t.Fatal(err)
	}
	var rest [10]byte
	if n, err := unix.Read(r, rest[:]); n != 1 || rest[0] != 'z' {
		t.Errorf("%q is left, %v", rest[:max(n, 0)], err)
	}
}

// lostPage returns a page that the kernel can't store into. A load from it fails, too, if
// gone is set.
func lostPage(t *testing.T, gone bool) []byte {
	t.Helper()
	protection := unix.PROT_READ
	if gone {
		protection = unix.PROT_NONE
	}
	mem := fds.Must[[]byte](t)(unix.Mmap(-1, 0, unix.Getpagesize(), protection, unix.MAP_ANON|unix.MAP_PRIVATE))
	t.Cleanup(func() { _ = unix.Munmap(mem) })
	return mem
}

// A consume that can't store the mark or the tail is not taken for one that has got other
// bytes than those that peek has shown, and nothing that it takes is changed.
func TestConsumeLostAsShown(t *testing.T) {
	for _, gone := range []bool{false, true} {
		for _, n := range []int{0, 1, 5, 9001} {
			for _, held := range []string{"", "abc"} {
				mem := lostPage(t, gone)
				r, w := fds.Pipe(t, 0)
				fds.CloseLater(t, w)
				text := strings.Repeat("x", 9000) + "\npart"
				fds.Put(t, w, text)
				l := newLook(t, r)
				l.src.hold([]byte(held))
				if v := l.src.peek(l.buf); v.n != len(held)+len(text) {
					t.Fatalf("peek shows %d bytes", v.n)
				}
				consumed := n
				if n > 0 {
					consumed += len(held)
				}
				if err := l.src.consume(consumed, &mem[0], mem[1:5]); err != nil {
					t.Errorf("gone %v, %d bytes behind %q: %v", gone, n, held, err)
					continue
				}
				v := l.src.peek(l.buf)
				if got, want := string(l.buf[:v.n]), (held + text)[consumed:]; got != want {
					t.Errorf("gone %v, %d bytes behind %q: then peek shows %d bytes, %.20q, want %d, %.20q", gone, n, held, len(got), got, len(want), want)
				}
			}
		}
	}
}

// A pipe that is larger than asked stays so.
func TestEnlarge(t *testing.T) {
	r, _ := fds.Pipe(t, 0)
	for _, c := range []struct{ asked, want int }{{4096, 64 << 10}, {128 << 10, 128 << 10}, {64 << 10, 128 << 10}} {
		if bytes, err := enlarge(r, c.asked); err != nil || bytes != c.want {
			t.Errorf("asked for %d: %d bytes, %v, want %d", c.asked, bytes, err, c.want)
		}
	}
}

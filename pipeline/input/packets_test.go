package input

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/internal/test/fds"
)

// Pipes with packets, and private pipes that may not be large.
//
// All of them are opened so that a read that finds nothing fails instead of waiting
// forever.

// All of them are opened so that a read that finds nothing fails: it must not
// wait for ever.

// refuse makes the private pipe as small as the kernel can make it.
func refuse(t *testing.T, p *pipe) {
	t.Helper()
	size := fds.Must[int](t)(unix.FcntlInt(uintptr(p.in), unix.F_SETPIPE_SZ, 2*unix.Getpagesize()))
	p.slots = size / unix.Getpagesize()
}

// A read drops the part of a packet that it does not take. consume must not, wherever a
// line ends.
func TestPipeConsumesPartsOfPackets(t *testing.T) {
	for _, packets := range [][]string{
		{"one\ntwo\nthree\n"},
		{"one\ntw", "o\nthree\n"},
		{"one\ntwo\n", "three\n"},
		{"o", "n", "e", "\n", "two", "\nthree\n"},
	} {
		r, w := fds.Pipe(t, unix.O_DIRECT|unix.O_NONBLOCK)
		fds.CloseLater(t, w)
		l := newLook(t, r)
		for _, text := range packets {
			fds.Put(t, w, text)
		}
		rest := strings.Join(packets, "")
		for rest != "" {
			l.shows(rest, false)
			var mark byte
			n := strings.IndexByte(rest, '\n') + 1
			if err := l.src.consume(n, &mark, nil); err != nil || mark != '\n' {
				t.Fatalf("%q: consume %d: mark %q, %v", packets, n, mark, err)
			}
			rest = rest[n:]
		}
		l.shows("", false)
	}
}

// line peeks, as the loop does, until it has a whole line. It takes anything shorter.
func (l *look) line() string {
	l.t.Helper()
	var room [1000]byte
	for {
		v := l.src.peek(l.buf)
		n, held := v.n, v.held
		if end := bytes.IndexByte(l.buf[:n], '\n') + 1; end > 0 {
			return string(l.buf[:end])
		}
		if n == held {
			l.t.Fatalf("there is a line, and peek shows %q", l.buf[:n])
		}
		if err := l.src.consume(0, nil, room[held:n]); err != nil {
			l.t.Fatal(err)
		}
		if string(room[held:n]) != string(l.buf[held:n]) {
			l.t.Fatalf("%q was shown, %q taken", l.buf[held:n], room[held:n])
		}
	}
}

// A line of so many packets that they fill all slots.
func TestPipeLineOfManyPackets(t *testing.T) {
	for _, small := range []bool{true, false} {
		r, w := fds.Pipe(t, unix.O_DIRECT|unix.O_NONBLOCK)
		fds.CloseLater(t, w)
		l := newLook(t, r)
		if small {
			refuse(t, l.src.(*pipe))
		}
		var room [1000]byte
		packets := append(slices.Repeat([]string{"x"}, 600), "\n", "next\n")
		for _, text := range packets {
			if _, err := unix.Write(w, []byte(text)); err == nil {
				continue
			}
			for { // full
				v := l.src.peek(l.buf)
				n, held := v.n, v.held
				if n == held {
					break
				}
				if err := l.src.consume(0, nil, room[held:n]); err != nil {
					t.Fatal(err)
				}
			}
			fds.Put(t, w, text)
		}
		if got, want := l.line(), strings.Repeat("x", 600)+"\n"; got != want {
			t.Errorf("a line of %d bytes, not %d", len(got), len(want))
		}
		l.consumes(601)
		l.shows("next\n", false)
	}
}

// take moves bytes into memory. They are the first that peek shows and consume drops.
func TestPipeTake(t *testing.T) {
	for _, flags := range []int{unix.O_NONBLOCK, unix.O_NONBLOCK | unix.O_DIRECT} {
		r, w := fds.Pipe(t, flags)
		fds.CloseLater(t, w)
		l := newLook(t, r)
		refuse(t, l.src.(*pipe))
		text := strings.Repeat("0123456789abcde\n", 2500)
		fds.Put(t, w, text)
		if v := l.src.peek(l.buf); v.n >= 30_000 {
			t.Fatalf("%d bytes can be seen", v.n)
		}
		if n := l.src.waiting(); n != len(text) {
			t.Errorf("%d bytes wait, not %d", n, len(text))
		}
		var mark byte
		const part = 30_003
		b, err := l.src.take(part, &mark)
		if err != nil || string(b) != text[:part] || mark != text[part-1] {
			t.Fatalf("take: %d bytes, mark %q, %v", len(b), mark, err)
		}
		if n := l.src.waiting(); n != len(text) {
			t.Errorf("%d bytes are held or wait, not %d", n, len(text))
		}
		v := l.src.peek(l.buf)
		n := v.n
		if v.held != part {
			t.Errorf("%d bytes are held, not %d", v.held, part)
		}
		if n <= part || string(l.buf[:n]) != text[:n] {
			t.Errorf("peek shows %d bytes, or others", n)
		}
		mark = 0
		l.consumes(100)
		if err := l.src.consume(part, &mark, nil); err != nil || mark != text[part+99] {
			t.Errorf("consume: mark %q, %v", mark, err)
		}
		n = l.src.peek(l.buf).n
		if n == 0 || string(l.buf[:n]) != text[part+100:][:n] {
			t.Errorf("behind it, peek shows %d bytes, or others", n)
		}
	}
}

// What is taken from a pipe of packets is not changed, and the loss of the lock page, in
// which mark and tail are, does not end the process.
func TestPipePacketsLost(t *testing.T) {
	for _, gone := range []bool{false, true} {
		mem := lostPage(t, gone)
		r, w := fds.Pipe(t, unix.O_DIRECT|unix.O_NONBLOCK)
		fds.CloseLater(t, w)
		l := newLook(t, r)
		for _, text := range []string{"one\ntw", "o\nthr", "ee\n"} {
			fds.Put(t, w, text)
		}
		l.shows("one\ntwo\nthree\n", false)
		if err := l.src.consume(8, &mem[0], mem[1:4]); err != nil {
			t.Fatalf("gone %v: %v", gone, err)
		}
		l.shows("three\n", false)
		if b, err := l.src.take(3, &mem[0]); err != nil || string(b) != "ee\n" {
			t.Errorf("gone %v: take: %q, %v", gone, b, err)
		}
		l.shows("three\n", false)
	}
}

// The same of a pipe without packets.
func TestPipeTakeLost(t *testing.T) {
	for _, gone := range []bool{false, true} {
		for _, text := range []string{"x", "one\n"} {
			mem := lostPage(t, gone)
			r, w := fds.Pipe(t, unix.O_NONBLOCK)
			fds.CloseLater(t, w)
			l := newLook(t, r)
			fds.Put(t, w, text+"next\n")
			l.shows(text+"next\n", false)
			if b, err := l.src.take(len(text), &mem[0]); err != nil || string(b) != text {
				t.Errorf("gone %v: %q, %v", gone, b, err)
			}
			l.shows(text+"next\n", false)
		}
	}
}

package input

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/internal/test/fds"
)

// Each kind of input, on the real kernel.

// look peeks at an input and compares.
type look struct {
	t      *testing.T
	src    kind
	traits Traits
	buf    []byte
}

func newLook(t *testing.T, fd int) *look {
	l := &look{t: t, buf: make([]byte, BatchBytes)}
	l.src, l.traits = newKind(fd)
	if p, ok := l.src.(*pipe); ok {
		fds.CloseLater(t, p.in, p.out)
	}
	return l
}

func (l *look) shows(want string, wantEOF bool) {
	l.t.Helper()
	v := l.src.peek(l.buf)
	if got := string(l.buf[:v.n]); got != want || v.eof != wantEOF {
		l.t.Errorf("peek shows %d bytes %.60q, end %v; not %d bytes %.60q, end %v", v.n, got, v.eof, len(want), want, wantEOF)
	}
}

func (l *look) consumes(n int) {
	l.t.Helper()
	if err := l.src.consume(n, nil, nil); err != nil {
		l.t.Errorf("consume %d: %v", n, err)
	}
}

// life does what works with every input that can be peeked. send appends to the input,
// end ends it.
func (l *look) life(send func(text string), end func()) {
	l.t.Helper()
	if !l.traits.Stays {
		l.t.Fatalf("%T can't be peeked", l.src)
	}
	l.shows("", false)
	send("abc\nde")
	l.shows("abc\nde", false)
	l.shows("abc\nde", false) // peek has taken nothing
	l.consumes(4)
	l.shows("de", false)
	send("f\n")
	l.shows("def\n", false)
	end()
	l.shows("def\n", true)
	l.consumes(3)
	l.shows("\n", true)
	l.consumes(1)
	l.shows("", true)
	l.shows("", true)
}

func socketPair(t *testing.T, kind int) (ours, theirs int) {
	t.Helper()
	p := fds.Must[[2]int](t)(unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0))
	fds.CloseLater(t, p[0])
	return p[0], p[1]
}

func TestSocketSource(t *testing.T) {
	r, w := socketPair(t, unix.SOCK_STREAM)
	l := newLook(t, r)
	if _, ok := l.src.(*socket); !ok {
		t.Fatalf("a stream socket is a %T", l.src)
	}
	l.life(func(text string) { fds.Put(t, w, text) }, func() { _ = unix.Close(w) })
}

// Several messages are one stream, and the end shows only after the last.
func TestSocketSourceMessages(t *testing.T) {
	r, w := socketPair(t, unix.SOCK_STREAM)
	var want strings.Builder
	for i := range 50 {
		text := "message " + strconv.Itoa(i) + "\n"
		fds.Put(t, w, text)
		want.WriteString(text)
	}
	_ = unix.Shutdown(w, unix.SHUT_WR)
	fds.CloseLater(t, w)
	l := newLook(t, r)
	l.buf = l.buf[:100]
	var got []byte
	for range 100 {
		v := l.src.peek(l.buf)
		if v.eof && v.more || v.eof && v.n < want.Len()-len(got) {
			t.Fatalf("the end after %d bytes, of which %d show", len(got), v.n)
		}
		got = append(got, l.buf[:v.n]...)
		l.consumes(v.n)
		if v.eof {
			break
		}
	}
	if string(got) != want.String() {
		t.Errorf("%d bytes, not %d", len(got), want.Len())
	}
}

// A peek allocates nothing, because the collector is off.
func TestSourcesAllocateNothing(t *testing.T) {
	pipe, in := fds.Pipe(t, 0)
	sock, other := socketPair(t, unix.SOCK_STREAM)
	fds.CloseLater(t, in)
	buf := make([]byte, 4096)
	for name, ends := range map[string][2]int{"pipe": {pipe, in}, "socket": {sock, other}} {
		src, _ := newKind(ends[0])
		fds.Put(t, ends[1], "one\ntwo\n")
		if n := testing.AllocsPerRun(100, func() { src.peek(buf) }); n != 0 {
			t.Errorf("a peek of a %s allocates %v times", name, n)
		}
	}
}

func TestRegularSource(t *testing.T) {
	f := fds.Must[*os.File](t)(os.Create(filepath.Join(t.TempDir(), "file")))
	defer f.Close()
	fds.Must[int](t)(f.WriteString("skipped\none\ntwo"))
	fds.Must[int64](t)(f.Seek(8, 0))
	l := newLook(t, int(f.Fd()))
	if !l.traits.Stays {
		t.Error("a file can't be peeked")
	}
	if l.traits.AtStart {
		t.Error("AtStart is true, but the file is not at its start")
	}
	l.shows("one\ntwo", true)
	l.shows("one\ntwo", true)
	l.consumes(4)
	if at := fds.Must[int64](t)(f.Seek(0, 1)); at != 12 {
		t.Errorf("the file stands at %d", at)
	}
	l.shows("two", true)
	l.buf = l.buf[:2]
	l.shows("tw", false) // there is more
	fds.Must[int64](t)(f.Seek(0, 0))
	if _, traits := newKind(int(f.Fd())); !traits.AtStart {
		t.Error("AtStart is false, but the file is at its start")
	}
}

// A read of a file of proc returns less than was asked for although there is more.
// Files of FUSE do that, too.
func TestRegularSourceInPieces(t *testing.T) {
	const name = "/proc/kallsyms"
	want, err := os.ReadFile(name)
	if err != nil || len(want) <= unix.Getpagesize() {
		t.Skipf("%s: %d bytes, %v", name, len(want), err)
	}
	fd := fds.Must[int](t)(unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0))
	fds.CloseLater(t, fd)
	readsAll(t, &regular{fd: fd}, want)
}

// Some files of proc return each byte only once, and a read may wait. So they are read
// like devices.
func TestProcSource(t *testing.T) {
	fd := fds.Must[int](t)(unix.Open("/proc/version", unix.O_RDONLY|unix.O_CLOEXEC, 0))
	fds.CloseLater(t, fd)
	src, traits := newKind(fd)
	if traits.Stays {
		t.Errorf("a file of proc is a %T", src)
	}
	readsAll(t, src, fds.Must[[]byte](t)(os.ReadFile("/proc/version")))
}

// readsAll reads to the end of the input, which must contain want.
func readsAll(t *testing.T, src kind, want []byte) {
	t.Helper()
	var got []byte
	buf := make([]byte, 100_000)
	for eof := false; !eof; {
		v := src.peek(buf)
		eof = v.eof
		got = append(got, buf[:v.n]...)
		if err := src.consume(v.n, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes, not the %d that there are", len(got), len(want))
	}
}

// terminal returns a terminal in the usual mode, and its other side.
func terminal(t *testing.T) (slave, master int) {
	t.Helper()
	master, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no terminals: %v", err)
	}
	fds.CloseLater(t, master)
	if err := unix.IoctlSetPointerInt(master, unix.TIOCSPTLCK, 0); err != nil {
		t.Skipf("no terminals: %v", err)
	}
	n := fds.Must[int](t)(unix.IoctlGetInt(master, unix.TIOCGPTN))
	slave, err = unix.Open("/dev/pts/"+strconv.Itoa(n), unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skipf("no terminals: %v", err)
	}
	fds.CloseLater(t, slave)
	return slave, master
}

func TestTerminalSource(t *testing.T) {
	slave, master := terminal(t)
	l := newLook(t, slave)
	if l.traits.Stays {
		t.Errorf("a terminal is a %T", l.src)
	}
	l.shows("", false)
	fds.Put(t, master, "one\n")
	l.shows("one\n", false)
	l.shows("one\n", false)
	fds.Put(t, master, "two\n")
	l.shows("one\ntwo\n", false)
	l.consumes(6)
	l.shows("o\n", false)
	fds.Put(t, master, "\x04") // the end, as a user types it
	l.shows("o\n", true)
	l.consumes(2)
	l.shows("", true)
}

// After SIGTERM, an input that can't be peeked is read to the end of the line and no
// further.
func TestTerminalLastLine(t *testing.T) {
	slave, master := terminal(t)
	mode := fds.Must[*unix.Termios](t)(unix.IoctlGetTermios(slave, unix.TCGETS))
	mode.Lflag &^= unix.ICANON | unix.ECHO // a read is not one line
	if err := unix.IoctlSetTermios(slave, unix.TCSETS, mode); err != nil {
		t.Fatal(err)
	}
	l := newLook(t, slave)
	l.src.lastLine()
	fds.Put(t, master, "last\nleft\n")
	l.shows("last\n", false)
	buf := make([]byte, 100)
	if n := fds.Must[int](t)(unix.Read(slave, buf)); string(buf[:n]) != "left\n" {
		t.Errorf("left: %q", buf[:n])
	}
}

// An input that can't be read is at its end.
func TestNoSource(t *testing.T) {
	null := fds.Must[int](t)(unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0))
	fds.CloseLater(t, null)
	_, w := fds.Pipe(t, 0)
	fds.CloseLater(t, w)
	dir := fds.Must[int](t)(unix.Open(t.TempDir(), unix.O_RDONLY|unix.O_CLOEXEC, 0))
	fds.CloseLater(t, dir)
	for name, fd := range map[string]int{"/dev/null": null, "no descriptor": 1 << 20, "the writing end of a pipe": w, "a directory": dir} {
		t.Run(name, func(t *testing.T) { newLook(t, fd).shows("", true) })
	}
}

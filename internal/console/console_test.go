package console

import (
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestLine(t *testing.T) {
	if got, want := Line("x", Warning, "unable to open \x1b[2J\ny: no"), `x: warning: unable to open \x1b[2J\x0ay: no`+"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// redirect makes fd standard error until the test ends.
func redirect(t *testing.T, fd int) {
	before, err := unix.Dup(stderr)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Dup3(fd, stderr, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Dup3(before, stderr, 0); err != nil {
			t.Fatal(err)
		}
		unix.Close(before)
	})
}

func newPipe(t *testing.T) (r, w int) {
	var p [2]int
	if err := unix.Pipe2(p[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	return p[0], p[1]
}

// Write fills a pipe and never waits for more room.
func TestWritePipe(t *testing.T) {
	r, w := newPipe(t)
	redirect(t, w)
	line := []byte(strings.Repeat("x", 99) + "\n")
	total := 0
	for {
		n, err := Write(line)
		if err != nil {
			if err != syscall.EAGAIN {
				t.Error(err)
			}
			break
		}
		total += n
	}
	if total < 4096 {
		t.Errorf("wrote only %d bytes", total)
	}
	if Wait(0) {
		t.Error("the pipe is full, but Wait reports room")
	}
	Say("x", Warning, "dropped")
	if _, err := unix.Read(r, make([]byte, total)); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(line); !Wait(0) || err != nil {
		t.Errorf("the pipe has room, but Write returns %v", err)
	}
	unix.Close(r)
	if _, err := Write(line); err != syscall.EPIPE || !Wait(0) {
		t.Errorf("the reader has gone: Write returns %v, want EPIPE", err)
	}
	unix.Close(w)
}

// Write also writes to filesystems that can't write without waiting.
func TestWriteFile(t *testing.T) {
	for _, dir := range []string{t.TempDir(), "/dev/shm", "/proc/self"} {
		name := dir + "/console_test"
		if dir == "/proc/self" {
			name = dir + "/comm"
		}
		fd, err := unix.Open(name, unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		redirect(t, fd)
		if n, err := Write([]byte("name")); n != 4 || err != nil {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		unix.Close(fd)
		_ = unix.Unlink(name)
	}
}

func TestWriteAllocatesNothing(t *testing.T) {
	r, w := newPipe(t)
	defer unix.Close(r)
	redirect(t, w)
	line := []byte("line\n")
	if n := testing.AllocsPerRun(100, func() {
		if _, err := Write(line); err != nil {
			t.Error(err)
		}
		Wait(0)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
	unix.Close(w)
}

package lockpage

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

func TestHolderIn(t *testing.T) {
	const list = `1: FLOCK  ADVISORY  WRITE 100 fe:00:7 0 EOF
1: -> FLOCK  ADVISORY  WRITE 101 fe:00:7 0 EOF
2: FLOCK  ADVISORY  READ 102 fe:00:8 0 EOF
3: POSIX  ADVISORY  WRITE 103 00:1b:9 0 EOF
4: OFDLCK ADVISORY  WRITE -1 fe:00:10 0 EOF
5: FLOCK  ADVISORY  WRITE 104 fe:00:10 0 EOF
6: OFDLCK ADVISORY  WRITE -1 fe:00:11 0 EOF
7: LEASE  ACTIVE    WRITE 105 fe:00:12 0 EOF
8: FLOCK  ADVISORY  WRITE 99999999999 fe:00:13 0 EOF
garbage
9: FLOCK ADVISORY WRITE 106 nothing 0 EOF
`
	for ino, want := range map[uint64]Holder{
		7: {true, 100}, 8: {}, 9: {}, 10: {true, 104}, 11: {Held: true}, 12: {}, 13: {Held: true}, 77: {},
	} {
		if got := holderIn(list, ino, []string{"fe:00"}); got != want {
			t.Errorf("inode %d: %+v, not %+v", ino, got, want)
		}
	}
	if got := holderIn(list, 9, []string{"fe:00", "00:1b"}); got.PID != 103 {
		t.Errorf("by the mounted file system: %+v", got)
	}
	if got := holderIn(list, 7, []string{"fe:01"}); got.Held {
		t.Errorf("a file of another device with that inode: %+v", got)
	}
}

// HolderOf finds the holder of a real lock, and that it has released the lock.
func TestHolderOf(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if h := HolderOf(int(f.Fd())); h.Held {
		t.Errorf("%+v, but no process has locked it", h)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	h := HolderOf(int(f.Fd()))
	if !h.Held || h.PID != os.Getpid() || !h.is(os.Getpid()) || h.is(0) {
		t.Errorf("%+v, not pid %d", h, os.Getpid())
	}
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	if h.is(gone.Process.Pid) {
		t.Error("it is taken for a process that is gone")
	}
}

// The kernel returns its list in pieces. A lock that lasts is found although other
// locks come and go.
func TestHolderOfAmongOthers(t *testing.T) {
	dir := t.TempDir()
	var others []*os.File
	open := func(name string) *os.File {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	for i := range 200 { // the list is longer than one piece
		others = append(others, open(strconv.Itoa(i)))
	}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			fd := int(others[i%len(others)].Fd())
			how := unix.LOCK_EX
			if i/len(others)%2 == 1 {
				how = unix.LOCK_UN
			}
			if err := unix.Flock(fd, how); err != nil {
				t.Error(err)
				return
			}
		}
	}()
	f := open("lock")
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		if h := HolderOf(int(f.Fd())); h.PID != os.Getpid() {
			t.Errorf("look %d: %+v, not pid %d", i, h, os.Getpid())
			break
		}
	}
	close(stop)
	<-done
}

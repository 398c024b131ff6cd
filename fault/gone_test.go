package fault

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"multilog/internal/test/kernelversion"
)

// Directories and file systems that go away, or take nothing any more.

const manySmall = "s16384"

// holds waits until a file in the log directory has the line of that number.
func (l *logger) holds(path string, n int) {
	l.t.Helper()
	line := string(appendLine(nil, n))
	until(l.t, "line "+line, l.said, func() bool {
		b, _ := os.ReadFile(path)
		return strings.Contains(string(b), line)
	})
}

// TestDirectoryRemoved: what was in the directory is gone, and what is written
// until the next rotation too. Then the logger says so and waits; another one
// makes the directory anew, and goes on with the line that comes next.
func TestDirectoryRemoved(t *testing.T) {
	t.Parallel()
	bin, dir := binary(t), t.TempDir()
	main, in := filepath.Join(dir, "main"), newSupply(t)
	script := []string{bin, manySmall, "n9999", "./main"}
	l := run(t, dir, in.r, script...)
	in.send(10)
	in.wait(t, l)
	l.holds(filepath.Join(main, "current"), in.lines-1)
	if err := os.RemoveAll(main); err != nil {
		t.Fatal(err)
	}
	in.send(shortLines)
	const text = "unable to create ./main/next, pausing: file does not exist"
	l.says(text)
	in.wait(t, l)
	l.rests()
	l.saidOnce(text)
	l.signal(syscall.SIGTERM)
	l.exits(0)
	next := in.next(t)
	if next <= 0 || next > 2*16384/20 {
		t.Errorf("the pipe begins with line %d", next)
	}
	l = run(t, dir, in.r, script...)
	in.w.Close()
	l.exits(0)
	mustHold(t, read(t, main), false, next, in.lines)
}

// TestCurrentRemoved: somebody wants room, and removes the file that is
// written. Its lines are gone; all others are there, and nothing waits.
func TestCurrentRemoved(t *testing.T) {
	t.Parallel()
	bin := binary(t)
	for name, script := range map[string][]string{
		"plain":     {bin, manySmall, "n9999", "./main"},
		"processor": {bin, manySmall, "n9999", "!cat", "./main"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			main, in := filepath.Join(dir, "main"), newSupply(t)
			l := run(t, dir, in.r, script...)
			in.send(10)
			in.wait(t, l)
			current := filepath.Join(main, "current")
			l.holds(current, in.lines-1)
			if err := os.Remove(current); err != nil {
				t.Fatal(err)
			}
			in.send(shortLines)
			in.wait(t, l)
			in.w.Close()
			l.exits(0)
			l.saidOnce("unable to find ./main/current: file does not exist (somebody has removed it: the lines in it are lost)")
			first := number(read(t, main)[0], false)
			if first <= 10 || first > 2*16384/20 {
				t.Errorf("the log begins with line %d", first)
			}
			mustHold(t, read(t, main), false, first, in.lines)
		})
	}
}

// TestCurrentTruncated: somebody wants room, and empties the file that is
// written. Its lines are gone; all others are there, and nothing else is.
func TestCurrentTruncated(t *testing.T) {
	t.Parallel()
	bin := binary(t)
	for name, more := range map[string]int{"and rotated": 2 * shortLines, "and ended": 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			main, in := filepath.Join(dir, "main"), newSupply(t)
			l := run(t, dir, in.r, bin, "s1000000", "n9999", "./main")
			in.send(shortLines)
			in.wait(t, l)
			current := filepath.Join(main, "current")
			l.holds(current, in.lines-1)
			if err := os.Truncate(current, 0); err != nil {
				t.Fatal(err)
			}
			in.send(more)
			in.wait(t, l)
			in.w.Close()
			l.exits(0)
			mustHold(t, read(t, main), false, shortLines, in.lines)
		})
	}
}

// TestReadOnly has ext4 go read-only below a logger, as it does when it finds
// itself damaged. Before Linux 6.15 it goes on taking what is written to files
// that are open, and drops it: nobody can keep these lines. But once the logger
// knows of it, it takes no more.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	t.Run("met by a rotation", func(t *testing.T) { testReadOnly(t, "s1000000") })
	t.Run("met by a sync", func(t *testing.T) { testReadOnly(t, "y1s") })
}

func testReadOnly(t *testing.T, word string) {
	t.Parallel()
	bin, fs := binary(t), ext4
	fs.options = "errors=remount-ro"
	dir, image := fs.mount(t)
	main, in := filepath.Join(dir, "main"), newSupply(t)
	script := []string{bin, "t", "s16777215", word, "n9999", "./main"}
	l := run(t, dir, in.r, script...)
	in.send(shortLines)
	in.wait(t, l)
	l.holds(filepath.Join(main, "current"), in.lines-1)
	unix.Sync() // what was not written out before is lost, as in a power cut
	readOnly(t, dir)
	taken := !kernelversion.AtLeast(t, 6, 15)
	in.send(shortLines)
	const why, text = "read-only file system", "unable to write to ./main/current, pausing: "
	l.says(why)
	in.wait(t, l)
	before := in.lines
	in.send(fewestLines)
	l.says(text + why)
	in.wait(t, l)
	l.rests()
	l.saidOnce(text)
	t.Log(l.said())
	l.signal(syscall.SIGTERM)
	l.exits(0)
	if !taken {
		if next := in.next(t); next != shortLines {
			t.Errorf("the pipe begins with line %d", next)
		}
	}

	unmount(t, dir)
	fs.mountImage(t, image, dir)
	l = run(t, dir, in.r, script...)
	in.w.Close()
	l.exits(0)
	c, notes := account(read(t, main), in.lines, true, func(n int) bool { return !taken || n < shortLines || n >= before })
	if c != (tally{}) {
		t.Errorf("%+v\n%s", c, strings.Join(notes, "\n"))
	}
}

// readOnly makes an ext4 find an error.
func readOnly(t *testing.T, dir string) {
	t.Helper()
	trigger := filepath.Join("/sys/fs/ext4", device(t, dir), "trigger_fs_error")
	if !exists(trigger) {
		t.Skipf("the kernel has no %s", trigger)
	}
	if err := os.WriteFile(trigger, []byte("a test"), 0); err != nil {
		t.Fatal(err)
	}
}

// device is the name of the block device that is mounted on dir.
func device(t *testing.T, dir string) string {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); f[1] == dir {
			return filepath.Base(f[0])
		}
	}
	t.Fatalf("nothing is mounted on %s", dir)
	return ""
}

// See linux/fs.h.
const (
	fiFreeze = 0xc0045877 // FIFREEZE
	fiThaw   = 0xc0045878 // FITHAW
)

// TestFrozen freezes a file system, as for a snapshot: whoever writes waits,
// and can't be told otherwise. The service's lines wait in the pipe, and
// nothing is wrong when it thaws.
func TestFrozen(t *testing.T) {
	t.Parallel()
	bin := binary(t)
	dir, _ := ext4.mount(t)
	main, in := filepath.Join(dir, "main"), newSupply(t)
	l := run(t, dir, in.r, bin, "t", manySmall, "n9999", "./main")
	in.send(shortLines)
	in.wait(t, l)
	l.holds(filepath.Join(main, "current"), in.lines-1)
	d, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	thaw := func() {
		if err := unix.IoctlSetInt(int(d.Fd()), fiThaw, 0); err != nil && err != unix.EINVAL {
			t.Errorf("thaw: %v", err)
		}
	}
	if err := unix.IoctlSetInt(int(d.Fd()), fiFreeze, 0); err != nil {
		t.Fatalf("freeze: %v", err)
	}
	defer thaw()
	in.send(shortLines)
	in.wait(t, l) // the pipe holds them
	l.rests()
	l.signal(syscall.SIGTERM)
	time.Sleep(restTime / 10)
	thaw()
	l.exits(0)
	l = run(t, dir, in.r, bin, "t", manySmall, "n9999", "./main")
	in.w.Close()
	l.exits(0)
	if said := l.said(); said != "" {
		t.Errorf("it complains: %s", said)
	}
	mustHold(t, read(t, main), true, 0, in.lines)
}

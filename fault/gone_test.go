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
	"multilog/internal/test/logger"
)

// This file has directories and file systems disappear, or refuse to be written.

// manySmall asks for small files, so that there are many rotations.
const manySmall = "s16384"

// If another process removes the log directory, its lines are gone, and so are those that
// the logger writes until the next rotation. Then the logger prints what is wrong and
// waits. The next logger makes the directory again and goes on with the next line.
func TestDirectoryRemoved(t *testing.T) {
	t.Parallel()
	bin, dir := logger.Binary(t, "multilog"), t.TempDir()
	main, in := filepath.Join(dir, "main"), newSupply(t)
	script := []string{bin, manySmall, "n9999", "./main"}
	l := logger.Start(t, dir, in.r, script...)
	in.send(10)
	in.wait(t, l)
	awaitLine(t, l, filepath.Join(main, "current"), in.lines-1)
	if err := os.RemoveAll(main); err != nil {
		t.Fatal(err)
	}
	in.send(shortLines)
	const text = "unable to create ./main/next, pausing: file does not exist"
	l.Says(text)
	in.wait(t, l)
	mustRest(t, l)
	l.SaidOnce(text)
	l.Signal(syscall.SIGTERM)
	l.Exits(0)
	next := in.next(t)
	if next <= 0 || next > 2*16384/20 {
		t.Errorf("the pipe begins with line %d", next)
	}
	l = logger.Start(t, dir, in.r, script...)
	in.w.Close()
	l.Exits(0)
	mustHold(t, read(t, main), false, next, in.lines)
}

// If an administrator who needs room removes current, its lines are gone. All others are
// there, and the service does not wait.
func TestCurrentRemoved(t *testing.T) {
	t.Parallel()
	bin := logger.Binary(t, "multilog")
	for name, script := range map[string][]string{
		"plain":     {bin, manySmall, "n9999", "./main"},
		"processor": {bin, manySmall, "n9999", "!cat", "./main"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			main, in := filepath.Join(dir, "main"), newSupply(t)
			l := logger.Start(t, dir, in.r, script...)
			in.send(10)
			in.wait(t, l)
			current := filepath.Join(main, "current")
			awaitLine(t, l, current, in.lines-1)
			if err := os.Remove(current); err != nil {
				t.Fatal(err)
			}
			in.send(shortLines)
			in.wait(t, l)
			in.w.Close()
			l.Exits(0)
			l.SaidOnce("unable to find ./main/current: file does not exist (another process has removed it: its lines are lost)")
			first := number(read(t, main)[0], false)
			if first <= 10 || first > 2*16384/20 {
				t.Errorf("the log begins with line %d", first)
			}
			mustHold(t, read(t, main), false, first, in.lines)
		})
	}
}

// If an administrator who needs room empties current, its lines are gone. All others are
// there, and no other bytes.
func TestCurrentTruncated(t *testing.T) {
	t.Parallel()
	bin := logger.Binary(t, "multilog")
	for name, more := range map[string]int{"and rotated": 2 * shortLines, "and ended": 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			main, in := filepath.Join(dir, "main"), newSupply(t)
			l := logger.Start(t, dir, in.r, bin, "s1000000", "n9999", "./main")
			in.send(shortLines)
			in.wait(t, l)
			current := filepath.Join(main, "current")
			awaitLine(t, l, current, in.lines-1)
			if err := os.Truncate(current, 0); err != nil {
				t.Fatal(err)
			}
			in.send(more)
			in.wait(t, l)
			in.w.Close()
			l.Exits(0)
			mustHold(t, read(t, main), false, shortLines, in.lines)
		})
	}
}

// TestReadOnly has an ext4 become read-only under a logger, as it does when it finds an
// error in itself. Before Linux 6.15 ext4 then accepts writes to open files and drops
// them, and those lines are lost. Once an operation has told the logger, it takes no more
// input.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	t.Run("met by a rotation", func(t *testing.T) { testReadOnly(t, "s1000000") })
	t.Run("met by a sync", func(t *testing.T) { testReadOnly(t, "y1s") })
}

func testReadOnly(t *testing.T, word string) {
	t.Parallel()
	bin, fs := logger.Binary(t, "multilog"), ext4
	fs.options = "errors=remount-ro"
	dir, image := fs.mount(t)
	main, in := filepath.Join(dir, "main"), newSupply(t)
	script := []string{bin, "t", "s16777215", word, "n9999", "./main"}
	l := logger.Start(t, dir, in.r, script...)
	in.send(shortLines)
	in.wait(t, l)
	awaitLine(t, l, filepath.Join(main, "current"), in.lines-1)
	unix.Sync() // what is not on disk yet is lost, as in a power cut
	readOnly(t, dir)
	taken := !kernelversion.AtLeast(t, 6, 15)
	in.send(shortLines)
	const why, text = "read-only file system", "unable to write to ./main/current, pausing: "
	l.Says(why)
	in.wait(t, l)
	before := in.lines
	in.send(fewestLines)
	l.Says(text + why)
	in.wait(t, l)
	mustRest(t, l)
	l.SaidOnce(text)
	t.Log(l.Said())
	l.Signal(syscall.SIGTERM)
	l.Exits(0)
	if !taken {
		if next := in.next(t); next != shortLines {
			t.Errorf("the pipe begins with line %d", next)
		}
	}

	unmount(t, dir)
	fs.mountImage(t, image, dir)
	l = logger.Start(t, dir, in.r, script...)
	in.w.Close()
	l.Exits(0)
	c, notes := account(read(t, main), in.lines, true, func(n int) bool { return !taken || n < shortLines || n >= before })
	if c != (tally{}) {
		t.Errorf("%+v\n%s", c, strings.Join(notes, "\n"))
	}
}

// readOnly makes the ext4 mounted on dir find an error.
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

// device returns the name of the block device that is mounted on dir.
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

// TestFrozen freezes a file system, as for a snapshot. A write then waits in the kernel
// until the file system thaws. The lines wait in the pipe, and after the thaw all is well.
func TestFrozen(t *testing.T) {
	t.Parallel()
	bin := logger.Binary(t, "multilog")
	dir, _ := ext4.mount(t)
	main, in := filepath.Join(dir, "main"), newSupply(t)
	l := logger.Start(t, dir, in.r, bin, "t", manySmall, "n9999", "./main")
	in.send(shortLines)
	in.wait(t, l)
	awaitLine(t, l, filepath.Join(main, "current"), in.lines-1)
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
	in.wait(t, l) // they fit into the pipe
	mustRest(t, l)
	l.Signal(syscall.SIGTERM)
	time.Sleep(restTime / 10)
	thaw()
	l.Exits(0)
	l = logger.Start(t, dir, in.r, bin, "t", manySmall, "n9999", "./main")
	in.w.Close()
	l.Exits(0)
	if said := l.Said(); said != "" {
		t.Errorf("it has said: %s", said)
	}
	mustHold(t, read(t, main), true, 0, in.lines)
}

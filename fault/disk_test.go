package fault

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"multilog/internal/test/logger"
)

// This file fills disks. A logger that can't write prints that once and waits, and the
// lines wait in the pipe. Whatever happens to the logger meanwhile, each line is there at
// the end, once and in order.

const fullText = "unable to write to ./main/current, pausing: out of disk space"

const (
	roomBytes  = 1 << 20 // the free space for the logs
	diskLines  = 40_000  // about 2.5 MB without labels, more than roomBytes and a pipe hold
	shortLines = 10_000

	fewestLines = 1_000 // k must leave at least this many lines, which are some files
)

func TestFullDisk(t *testing.T) {
	t.Parallel()
	bin := logger.Binary(t, "multilog")
	for _, fs := range fileSystems() {
		t.Run(fs.name, func(t *testing.T) {
			t.Parallel()
			dir, _ := fs.mount(t)
			weight, main := ballast(t, dir, roomBytes), filepath.Join(dir, "main")
			in := newSupply(t)
			in.send(diskLines)
			script := []string{bin, "t", "s262144", "n9999", "./main"}

			l := logger.Start(t, dir, in.r, script...)
			l.Says(fullText)
			mustRest(t, l)
			l.SaidOnce(fullText)
			if in.queued(t) == 0 {
				t.Error("the logger has taken all lines from the pipe, but it can't write them")
			}
			l.End()

			l = logger.Start(t, dir, in.r, script...)
			l.Says(fullText)
			l.Signal(syscall.SIGTERM)
			l.Exits(0)
			if next, last := in.next(t), lastLine(t, main, true); next != last+1 {
				t.Errorf("the log ends with line %d, the pipe begins with line %d", last, next)
			}

			l = logger.Start(t, dir, in.r, script...)
			l.Says(fullText)
			mustRest(t, l)
			if err := os.Remove(weight); err != nil {
				t.Fatal(err)
			}
			l.Says("write to ./main/current succeeded after ")
			in.wait(t, l)
			in.w.Close()
			l.Exits(0)
			if said := l.Said(); strings.Contains(said, "unable to store") {
				t.Errorf("the logger can't store to its lock page\n%s", said)
			}
			mustHold(t, read(t, main), true, 0, in.lines)
		})
	}
}

// With k the logger removes its oldest files on a full disk. The service does not wait,
// and the files that are left have all their lines.
func TestKeepFree(t *testing.T) {
	t.Parallel()
	bin := logger.Binary(t, "multilog")
	for _, fs := range fileSystems() {
		t.Run(fs.name, func(t *testing.T) {
			t.Parallel()
			dir, _ := fs.mount(t)
			main, in := filepath.Join(dir, "main"), newSupply(t)
			ballast(t, dir, roomBytes)
			other, err := os.Create(filepath.Join(dir, "other"))
			if err != nil {
				t.Fatal(err)
			}
			defer other.Close()
			l := logger.Start(t, dir, in.r, bin, "t", "s65536", "n9999", "k256kB", "./main")
			in.send(diskLines)
			in.wait(t, l)
			fill(t, other, fs.slack) // another program takes the space that was kept free
			in.send(diskLines)
			in.wait(t, l)
			in.w.Close()
			l.Exits(0)
			lines := kept(t, main)
			first := number(lines[0], true)
			if first == 0 || in.lines-first < fewestLines {
				t.Errorf("the first line that is left is %d of %d", first, in.lines)
			}
			mustHold(t, lines, true, first, in.lines)
			if n := strings.Count(l.Said(), "pausing"); n > 3 {
				t.Errorf("the logger has paused %d times\n%s", n, l.Said())
			}
		})
	}
}

package fault

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Full disks. A logger that can't write says so, once, and waits; the lines
// wait in the pipe. Whatever happens to the logger meanwhile, afterwards each
// line is there, once and in order.

const fullText = "unable to write to ./main/current, pausing: out of disk space"

const (
	roomBytes  = 1 << 20 // what the logs find
	diskLines  = 40_000  // some 2.5 MB, without labels: more than that and a pipe hold
	shortLines = 10_000

	fewestLines = 1_000 // that k leaves: some files
)

func TestFullDisk(t *testing.T) {
	t.Parallel()
	bin := binary(t)
	for _, fs := range fileSystems() {
		t.Run(fs.name, func(t *testing.T) {
			t.Parallel()
			dir, _ := fs.mount(t)
			weight, main := ballast(t, dir, roomBytes), filepath.Join(dir, "main")
			in := newSupply(t)
			in.send(diskLines)
			script := []string{bin, "t", "s262144", "n9999", "./main"}

			l := run(t, dir, in.r, script...)
			l.says(fullText)
			l.rests()
			l.saidOnce(fullText)
			if in.queued(t) == 0 {
				t.Error("it has taken lines from the pipe that it can't write")
			}
			l.kill()

			l = run(t, dir, in.r, script...)
			l.says(fullText)
			l.signal(syscall.SIGTERM)
			l.exits(0)
			if next, last := in.next(t), lastLine(t, main, true); next != last+1 {
				t.Errorf("the log ends with line %d, the pipe begins with line %d", last, next)
			}

			l = run(t, dir, in.r, script...)
			l.says(fullText)
			l.rests()
			if err := os.Remove(weight); err != nil {
				t.Fatal(err)
			}
			l.says("able to write to ./main/current again after ")
			in.wait(t, l)
			in.w.Close()
			l.exits(0)
			if said := l.said(); strings.Contains(said, "unable to store") {
				t.Errorf("it has lost its lock page\n%s", said)
			}
			mustHold(t, read(t, main), true, 0, in.lines)
		})
	}
}

// TestKeepFree has k remove the oldest files: nothing waits, and what is not
// removed is whole.
func TestKeepFree(t *testing.T) {
	t.Parallel()
	bin := binary(t)
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
			l := run(t, dir, in.r, bin, "t", "s65536", "n9999", "k256kB", "./main")
			in.send(diskLines)
			in.wait(t, l)
			fill(t, other, fs.slack) // somebody else takes what was kept free
			in.send(diskLines)
			in.wait(t, l)
			in.w.Close()
			l.exits(0)
			lines := kept(t, main)
			first := number(lines[0], true)
			if first == 0 || in.lines-first < fewestLines {
				t.Errorf("lines are left from %d on", first)
			}
			mustHold(t, lines, true, first, in.lines)
			if n := strings.Count(l.said(), "pausing"); n > 3 {
				t.Errorf("it complains %d times\n%s", n, l.said())
			}
		})
	}
}

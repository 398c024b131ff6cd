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
)

func TestFullDisk(t *testing.T) {
	bin := binary(t)
	for _, fs := range []fileSystem{tmpfs, ext4, xfs, btrfs} {
		t.Run(fs.name, func(t *testing.T) {
			t.Parallel()
			dir := fs.mount(t)
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
			mustHold(t, main, true, 0, in.lines)
		})
	}
}

package fault

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"multilog/internal/test/logger"
)

// If some of several directories are on a full disk, the logger waits. Whatever happens
// to it meanwhile, each directory gets each of its lines once.
func TestOneOfTwoFull(t *testing.T) {
	t.Parallel()
	bin := logger.Binary(t, "multilog")
	for _, fs := range []fileSystem{tmpfs, ext4} {
		t.Run(fs.name, func(t *testing.T) {
			t.Parallel()
			small, _ := fs.mount(t)
			dir := t.TempDir()
			if err := os.Symlink(small, filepath.Join(dir, "small")); err != nil {
				t.Fatal(err)
			}
			weight := ballast(t, small, roomBytes)
			in := newSupply(t)
			in.send(diskLines)
			script := []string{bin, "t", "s131072", "n9999", "./before", "./small/main", "./after", "-*", "+* *3 *", "./small/threes"}
			const text = "/main/current, pausing: out of disk space"

			l := logger.Start(t, dir, in.r, script...)
			for range 3 {
				l.Says(text)
				l.End()
				l = logger.Start(t, dir, in.r, script...)
			}
			l.Says(text)
			l.Signal(syscall.SIGTERM)
			l.Exits(0)
			next := in.next(t)
			for _, name := range []string{"before", "small/main", "after"} {
				mustHold(t, read(t, filepath.Join(dir, name)), true, 0, next)
			}

			l = logger.Start(t, dir, in.r, script...)
			l.Says(text)
			mustRest(t, l)
			if err := os.Remove(weight); err != nil {
				t.Fatal(err)
			}
			in.wait(t, l)
			in.w.Close()
			l.Exits(0)
			for _, name := range []string{"before", "small/main", "after"} {
				mustHold(t, read(t, filepath.Join(dir, name)), true, 0, in.lines)
			}
			if c, notes := account(read(t, filepath.Join(dir, "small/threes")), in.lines, true, firstThreeLast); c != (tally{}) {
				t.Errorf("threes: %+v %q", c, notes)
			}
		})
	}
}

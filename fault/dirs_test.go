package fault

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestOneOfTwoFull has one of several directories in trouble. What happens to
// the logger meanwhile makes no difference: each of them ends up with what
// belongs there.
func TestOneOfTwoFull(t *testing.T) {
	t.Parallel()
	bin := binary(t)
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

			l := run(t, dir, in.r, script...)
			for range 3 {
				l.says(text)
				l.kill()
				l = run(t, dir, in.r, script...)
			}
			l.says(text)
			l.signal(syscall.SIGTERM)
			l.exits(0)
			next := in.next(t)
			for _, name := range []string{"before", "small/main", "after"} {
				mustHold(t, read(t, filepath.Join(dir, name)), true, 0, next)
			}

			l = run(t, dir, in.r, script...)
			l.says(text)
			l.rests()
			if err := os.Remove(weight); err != nil {
				t.Fatal(err)
			}
			in.wait(t, l)
			in.w.Close()
			l.exits(0)
			for _, name := range []string{"before", "small/main", "after"} {
				mustHold(t, read(t, filepath.Join(dir, name)), true, 0, in.lines)
			}
			if c, notes := account(read(t, filepath.Join(dir, "small/threes")), in.lines, true, firstThreeLast); c != (tally{}) {
				t.Errorf("threes: %+v %q", c, notes)
			}
		})
	}
}

package rotate

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"multilog/tai64n"
)

// A logger is killed after a swap, before the names follow: its record is about next,
// which is empty, and a tail is in its page. daemontools' logger, which does not know next,
// makes another current, and takes the end of the line. Then the tail does not go on.
func TestTailBesideNext(t *testing.T) {
	for _, others := range []bool{false, true} {
		k := &latentKernel{realKernel: newKernel(t)}
		dir := t.TempDir()
		h := &head{dev: 1, ino: 2}
		d, _ := k.open(dir, h)
		d.host = k
		d.begin(Input{Batch: 7, Dev: 1, Ino: 2, Length: len("second\n"), Last: '\n', Sum: 1}, int64(len("second\n")), false, false)
		done(d)
		*d.mark() = '\n'
		d.clear()
		d.RequestRotation()
		for !d.Ready() {
			k.finish(nil)
		}
		d.Rotate()
		d.TailRoom(1, 2, 0, []byte("beginning"))
		k.kill()

		current := filepath.Join(dir, currentName)
		if others {
			time.Sleep(10 * time.Millisecond) // a file system's clock ticks some hundred times a second
			if err := os.Rename(current, filepath.Join(dir, tai64n.Of(time.Now()).String()+unsafeSuffix)); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(current, []byte(" of the line\n"), 0o744); err != nil {
				t.Fatal(err)
			}
		}
		again, err := Lock(newKernel(t), unix.AT_FDCWD, testConfig(dir))
		if err == nil {
			err = Settle([]*Dir{again}, h)
		}
		if err != nil {
			t.Fatal(err)
		}
		if tail, goesOn := again.Tail(); tail.Text != "beginning" || goesOn == others {
			t.Errorf("another logger was there: %v; the tail is %q, and goes on: %v", others, tail.Text, goesOn)
		}
	}
}

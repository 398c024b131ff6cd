package rotate

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"multilog/ioring"
)

// latentKernel keeps what it is to do in the background.
type latentKernel struct {
	*realKernel
	submitted []*ioring.Op
}

func (k *latentKernel) Submit(op *ioring.Op) { k.submitted = append(k.submitted, op) }

// finish does the oldest operation, or has it fail.
func (k *latentKernel) finish(err error) {
	k.tb.Helper()
	if len(k.submitted) == 0 {
		k.tb.Fatal("nothing is under way")
	}
	op := k.submitted[0]
	k.submitted = k.submitted[1:]
	if op.Err = err; err == nil {
		k.Do(op)
	}
	op.Done(op)
}

// TestReadOnlyTakesNothing: once the file system has refused a step because it
// is read-only, nothing is written, whether it would be taken or not, until the
// step is done.
func TestReadOnlyTakesNothing(t *testing.T) {
	k := &latentKernel{realKernel: newKernel(t)}
	dir := t.TempDir()
	d, _ := k.open(dir, &head{})
	d.host = k
	if err := d.append([][]byte{[]byte("one\n")}); err != nil {
		t.Fatal(err)
	}
	d.RequestRotation()
	holds := func(when, want string) {
		t.Helper()
		if got, err := os.ReadFile(filepath.Join(dir, currentName)); err != nil || string(got) != want {
			t.Errorf("%s, current holds %q, error %v", when, got, err)
		}
	}
	refuses := func(when string, pieces [][]byte) {
		t.Helper()
		if err := d.append(pieces); err != syscall.EROFS {
			t.Errorf("%s: %v", when, err)
		}
		holds(when, "one\n")
	}
	k.finish(syscall.EROFS)
	refuses("refused", [][]byte{[]byte("two\n")})
	k.mono += retryPause
	d.Tick(k.mono)
	refuses("tried again", nil)
	k.finish(syscall.EROFS)
	refuses("refused again", nil)
	k.mono += retryPause
	d.Tick(k.mono)
	k.finish(nil)
	if err := d.append(nil); err != nil {
		t.Error(err)
	}
	holds("done", "one\ntwo\n")
}

package rotate

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"multilog/ioring"
)

// latentKernel collects submitted operations instead of carrying them out.
type latentKernel struct {
	*realKernel
	submitted []*ioring.Op
}

func (k *latentKernel) Submit(op *ioring.Op) { k.submitted = append(k.submitted, op) }

// finish carries out the oldest operation, or makes it fail with err.
func (k *latentKernel) finish(err error) {
	k.tb.Helper()
	if len(k.submitted) == 0 {
		k.tb.Fatal("no operation was submitted")
	}
	op := k.submitted[0]
	k.submitted = k.submitted[1:]
	if op.Err = err; err == nil {
		k.Do(op)
	}
	op.Done(op)
}

// After the file system has refused a step because it is read-only, nothing is written,
// even if a write would succeed, until that step has succeeded.
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

// Each step of each list has a name and is exactly one of an operation, an action and a
// pause. An operation that may be tried again has a text for the warning.
func TestSteps(t *testing.T) {
	checkSteps(t, "spareSteps", spareSteps)
	checkSteps(t, "extendSteps", extendSteps)
	checkSteps(t, "pushSteps", pushSteps)
	checkSteps(t, "namingSteps", namingSteps)
	checkSteps(t, "plainSteps", plainSteps)
	checkSteps(t, "processorSteps", processorSteps)
	checkSteps(t, "flushSteps", flushSteps)
	checkSteps(t, "waitingSteps", waitingSteps)
	checkSteps(t, "reliefSteps", reliefSteps)
	checkSteps(t, "endingSteps", endingSteps)
}

func checkSteps[T any](t *testing.T, list string, steps []*step[T]) {
	t.Helper()
	for i, s := range steps {
		kinds := 0
		for _, is := range []bool{s.op != nil, s.do != nil, s.pause} {
			if is {
				kinds++
			}
		}
		if s.name == "" || kinds != 1 {
			t.Errorf("%s: step %d, %q, is %d of operation, action and pause", list, i, s.name, kinds)
		}
		if s.op != nil && s.then == nil && s.trouble == nil {
			t.Errorf("%s: step %q has no text for the warning", list, s.name)
		}
	}
}

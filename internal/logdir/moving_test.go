package logdir

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
)

// A directory whose files are replaced between any two system calls can't be read. A
// look reports that and does not go on forever.
func TestEndlessMotionEnds(t *testing.T) {
	for tells := range tellings {
		t.Run("tells-"+tells.String(), func(t *testing.T) {
			d := newSimDir(rand.New(rand.NewPCG(1, 1)))
			d.create("current")
			if tells != tellsNothing {
				d.watch = &simWatch{dir: d, lossy: tells == tellsMost}
			}
			dir := OpenDir("sim", d)
			defer dir.Close()
			moves := 0
			d.pause = func() {
				d.remove("current")
				d.create("current")
				moves++
			}
			if files, err := dir.Look(); !errors.Is(err, ErrMoving) {
				t.Fatalf("%d files, %v after %d changes", len(files), err, moves)
			}
			if d.open != 0 {
				t.Errorf("%d files are still open", d.open)
			}
			d.pause = func() {}
			if files, err := dir.Look(); err != nil || len(files) != 1 {
				t.Errorf("at rest: %v, %v", files, err)
			}
		})
	}
}

// A directory that reports its changes can be read while names change all the time: new
// files are found if the files that are opened stay for a moment.
func TestNamesMayChangeAllTheTime(t *testing.T) {
	d := newSimDir(rand.New(rand.NewPCG(1, 1)))
	d.watch = &simWatch{dir: d}
	d.create("current").data = []byte("one\n")
	name := func(i int) string { return fmt.Sprintf("@4000000000000000%08x.s", i) }
	const there = 50
	for i := range there {
		d.create(name(i))
	}
	dir := OpenDir("sim", d)
	defer dir.Close()
	calls, made := 0, there
	d.pause = func() {
		if calls++; calls%3 != 0 { // a listing takes many calls, opening a file takes two
			return
		}
		d.create(name(made))
		d.remove(name(made - there))
		made++
	}
	files, err := dir.Look()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != there+1 {
		t.Errorf("%d files, want %d", len(files), there+1)
	}
	for i, f := range files[1:there] {
		if f.Label <= files[i].Label {
			t.Errorf("%s comes after %s", f.Name, files[i].Name)
		}
	}
}

// A reader that could not look for a while finds more files than it may open. It opens the
// oldest, which are removed first, and reads all.
func TestLookOpensFewFiles(t *testing.T) {
	d := newSimDir(rand.New(rand.NewPCG(1, 1)))
	d.watch = &simWatch{dir: d}
	d.create("current").data = []byte("line 0\n")
	files := &stepFiles{t: t, dir: OpenDir("sim", d)}
	defer files.dir.Close()
	files.look()
	r := &reading{t: t, tail: NewTail(files, nil, 0)}
	r.all()
	const many = 3 * maxWaiting
	for i := range many {
		d.rename("current", fmt.Sprintf("@4000000000000000%08x.s", i))
		d.create("current").data = fmt.Appendf(nil, "line %d\n", i+1)
	}
	files.look()
	if most := maxWaiting + 4; d.open > most {
		t.Errorf("%d files are open, not %d at most", d.open, most)
	}
	r.all()
	if wrong := r.wrong(many+1, nil); wrong != "" {
		t.Error(wrong)
	}
}

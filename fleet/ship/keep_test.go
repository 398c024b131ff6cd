package ship

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"multilog/fleet/layout"
	"multilog/fleet/store/simstore"
)

// countedDir counts what a Log asks of a directory.
type countedDir struct {
	Directory
	names int // that listings of it and of .ship had
	calls int
}

func (d *countedDir) Names() ([]string, error) {
	names, err := d.Directory.Names()
	d.names += len(names)
	d.calls++
	return names, err
}

func (d *countedDir) Kept() ([]Kept, error) {
	kept, err := d.Directory.Kept()
	d.names += len(kept)
	d.calls++
	return kept, err
}

func (d *countedDir) Open(name string, kept bool) (File, error) {
	d.calls++
	return d.Directory.Open(name, kept)
}

func (d *countedDir) Keep(name, as string) error {
	d.calls++
	return d.Directory.Keep(name, as)
}

func (d *countedDir) Drop(name string) error {
	d.calls++
	return d.Directory.Drop(name)
}

func quietLog(dir Directory) *Log {
	return NewLog(theLog, dir, Config{Store: simstore.New(1), Keep: 1 << 30, Now: time.Now, Warn: func(layout.Log, string) {}})
}

// inDir is how many finished files the loggers of the tests below keep.
const inDir = 20

// While the store is away and the logger removes files, what a look at the directory
// costs depends on what is new, not on how many files wait.
func TestKeepCostsWhatIsNew(t *testing.T) {
	costs := map[int][2]int{}
	for _, waiting := range []int{100, 1600} {
		mem := newMemDir()
		mem.create("current", nil)
		dir := &countedDir{Directory: mem}
		log := quietLog(dir)
		finish := func(i int) {
			mem.create(labelAt(i)+".s", []byte(line(i)))
			mem.remove(labelAt(i-inDir) + ".s")
		}
		look := func() {
			if err := log.Keep(); err != nil {
				t.Fatal(err)
			}
			if item, ok, err := log.next(); !ok || err != nil || item.label != labelAt(1) {
				t.Fatalf("next is %+v, %v, %v, want the first file", item, ok, err)
			}
		}
		for i := 1; i <= waiting; i++ {
			finish(i)
			look()
		}
		if len(mem.kept) != waiting {
			t.Fatalf("%d names in .ship, want %d", len(mem.kept), waiting)
		}
		dir.names, dir.calls = 0, 0
		look()
		if dir.names > 0 || dir.calls > 0 {
			t.Errorf("nothing is new and %d files wait: %d names are listed in %d calls", waiting, dir.names, dir.calls)
		}
		finish(waiting + 1)
		look()
		costs[waiting] = [2]int{dir.names, dir.calls}
		if dir.names > 3*inDir || dir.calls > 12 {
			t.Errorf("one file is new and %d wait: %d names are listed in %d calls", waiting, dir.names, dir.calls)
		}
	}
	if costs[100] != costs[1600] {
		t.Errorf("one new file costs %d with 100 that wait, %d with 1600", costs[100], costs[1600])
	}
}

// While a file is processed it has no label. One look shows a file behind it, a later one its
// label, when the file behind it is processed in turn: these two are enough to know which file
// that one follows, and nothing says that lines are missing.
func TestFollowsAProcessedFile(t *testing.T) {
	for _, oldest := range []string{labelAt(1) + ".s", ""} { // "": nothing else is finished yet
		dir := newMemDir()
		if oldest != "" {
			dir.create(oldest, []byte(line(1)))
		}
		dir.create("previous", []byte(line(2)))
		dir.create(labelAt(3)+".u", []byte(line(3)))
		dir.create(labelAt(4)+".u", []byte(line(4)))
		dir.create("current", nil)
		s := simstore.New(1)
		log := NewLog(theLog, dir, Config{Store: s, Keep: 1 << 30, Now: time.Now, Warn: func(_ layout.Log, text string) { t.Error(text) }})
		look := func() {
			if err := log.Keep(); err != nil {
				t.Fatal(err)
			}
		}
		look()
		dir.rename("previous", labelAt(2)+".s")
		dir.rename(labelAt(3)+".u", "previous")
		look()
		if oldest != "" {
			dir.remove(oldest)
		}
		dir.remove(labelAt(2) + ".s")
		dir.rename("previous", labelAt(3)+".s")
		dir.rename(labelAt(4)+".u", "previous")
		look()
		dir.rename("previous", labelAt(4)+".s")
		if err := log.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i := 2; i <= 4; i++ {
			if _, ok := s.Objects[theLog.File(labelAt(i)+".s")]; !ok {
				t.Errorf("file %d is not in the store", i)
			}
		}
	}
}

// A name that somebody else removes from .ship is given again, and one that somebody
// else puts there is sent.
func TestKeptChangedByOthers(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/current", line(9))
	write(t, dir+"/"+labelAt(2)+".s", line(2))
	log := quietLog(OSDirectory(dir))
	if err := log.Keep(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir + "/.ship"); err != nil {
		t.Fatal(err)
	}
	if err := log.Keep(); err != nil {
		t.Fatal(err)
	}
	if names, _ := filepath.Glob(dir + "/.ship/" + labelAt(2) + "*"); len(names) != 1 {
		t.Errorf("%q are in .ship, want the file that was removed from it", names)
	}
	time.Sleep(50 * time.Millisecond) // the clock of a file system goes in steps
	write(t, dir+"/.ship/"+labelAt(1)+".s", line(1))
	if item, ok, err := log.next(); !ok || err != nil || item.label != labelAt(1) {
		t.Errorf("next is %+v, %v, %v, want the file that was put into .ship", item, ok, err)
	}
}

func BenchmarkKeep(b *testing.B) {
	for _, waiting := range []int{100, 1600} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			dir := b.TempDir()
			create := func(name, text string) {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
					b.Fatal(err)
				}
			}
			create("current", "")
			if err := os.Mkdir(filepath.Join(dir, keptDir), 0o700); err != nil {
				b.Fatal(err)
			}
			for i := 1; i <= waiting; i++ {
				create(filepath.Join(keptDir, labelAt(i)+".s"), line(i))
			}
			log := quietLog(OSDirectory(dir))
			for i := waiting + 1; b.Loop(); i++ {
				create(labelAt(i)+".s", line(i))
				if err := log.Keep(); err != nil {
					b.Fatal(err)
				}
				_ = os.Remove(filepath.Join(dir, labelAt(i-inDir)+".s"))
				if _, _, err := log.next(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// However many files wait for the store, none is said to be missing when they are sent.
func TestManyWait(t *testing.T) {
	mem := newMemDir()
	mem.create("current", nil)
	s := simstore.New(1)
	log := quietLog(mem)
	log.Store = s
	const files, first = 1200, 5
	for i := 1; i <= files; i++ {
		if i == first { // the last moment at which the store is there
			if err := log.Step(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		mem.create(labelAt(i)+".s", []byte(line(i)))
		mem.remove(labelAt(i-inDir) + ".s")
		if err := log.Keep(); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	view, err := layout.Look(t.Context(), s, theLog, "")
	if err != nil || len(view.Files) != files || len(view.Gaps) > 0 {
		t.Errorf("%d files and %d gap objects are in the store, want %d and none: %v", len(view.Files), len(view.Gaps), files, err)
	}
}

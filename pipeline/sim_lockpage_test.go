package pipeline_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"multilog/internal/test/simkernel"
	"multilog/pipeline/script"
	"multilog/rotate"
	"multilog/rotate/lockpage"
)

// damagedWorld has a directory whose current has two lines, a standard input that
// begins with the second of them, and this lock page.
func damagedWorld(page []byte) (*simkernel.World, *simkernel.Dir, *simkernel.File) {
	w := simkernel.NewWorld(rand.New(rand.NewPCG(1, 2)))
	d := w.MakeDir("./main")
	current := w.MakeFile(d, "current", "first\nsecond\n", 0o644)
	w.MakeFile(d, "lock", string(page), 0o600)
	p := &simkernel.Pipe{Stream: []byte("second\nthird\n"), Capacity: 65536}
	p.Schedule(1, nil, nil)
	w.NewPipe(p)
	return w, d, current
}

// honestPage returns the page of a logger that was killed after it had written
// "second\n".
func honestPage(state uint64) []byte {
	w, _, current := damagedWorld(nil)
	k := w.Start(simkernel.Plan{})
	traits := k.Traits()
	mem := lockpage.New()
	writer, _ := lockpage.Open(mem, lockpage.Owner{PID: 1, Started: 1, Boot: k.BootID()})
	writer.Put(&lockpage.Record{
		Batch: 1, SrcDev: traits.Dev, SrcIno: traits.Ino, Length: 7, Sum: rotate.Fingerprint([]byte("second\n")), FileIno: current.Ino, FileBirth: uint64(current.Birth), End: 6, Written: 7, Last: '\n',
	}, state)
	return mem
}

// With any content of the lock page, a logger starts and logs its input. It takes back
// a line from a file only if a record with the right checksum says so. If the page has
// no valid record, nothing is taken back from the file and nothing of the input is
// skipped.
func FuzzLockPage(f *testing.F) {
	for _, state := range []uint64{lockpage.StateNone, lockpage.StateBegun, lockpage.StateDone} {
		f.Add(honestPage(state), false)
		f.Add(honestPage(state), true)
	}
	f.Add(bytes.Repeat([]byte{0xff}, lockpage.Size), true)
	f.Add([]byte("somebody's"), false)
	f.Fuzz(func(t *testing.T, raw []byte, reseal bool) {
		page := lockpage.New()
		copy(page, raw)
		if reseal { // a fuzzer can't guess checksums
			p, honest := lockpage.At(page), lockpage.At(honestPage(lockpage.StateDone))
			p.Magic, p.Boot, p.Latest = honest.Magic, honest.Boot, max(p.Latest, 1)
			r := &p.Records[p.Latest&1]
			r.Seq = p.Latest
			r.SetState(r.State())
		}
		w, d, _ := damagedWorld(page)
		k := w.Start(plan(w, false))
		seen := lockpage.New()
		copy(seen, page)
		_, left := lockpage.Open(seen, lockpage.Owner{Boot: k.BootID()})
		parsed, err := script.Parse([]string{"./main"})
		if err != nil {
			t.Fatal(err)
		}
		if out := k.Run(logger(k, parsed)); out.Err != nil || w.Err() != nil {
			t.Fatal(out, w.Err())
		}
		var got strings.Builder
		for _, e := range d.Entries() { // @LABEL.u, then current
			if e.Name[0] == '@' || e.Name == "current" {
				got.Write(e.File.Data)
			}
		}
		lines := strings.SplitAfter(got.String(), "\n")
		has := func(line string) bool {
			for _, l := range lines {
				if strings.HasSuffix(l, line) { // a tail in the page comes before it
					return true
				}
			}
			return false
		}
		if !has("third\n") || !reseal && (lines[0] != "first\n" || !has("second\n")) {
			t.Errorf("left: %q", got.String())
		}
		if left.Record.Seq == 0 && got.String() != "first\nsecond\nsecond\nthird\n" {
			t.Errorf("without a record: %q", got.String())
		}
	})
}

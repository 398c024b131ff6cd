//go:build !race

// The race detector does atomic stores in C, where a page fault ends the process.

package rotate

import (
	"os"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/rotate/lockpage"
)

// A lock page that can't be stored into any more, as on a full btrfs, does no harm: the
// logger continues with a page in memory and returns to the file later.
func TestLostPage(t *testing.T) {
	k, dir := newKernel(t), t.TempDir()
	d, _ := k.open(dir, &head{dev: 1, ino: 2})
	d.record.countBatch(10, 1, 1, 0, 0)
	protect := func(prot int) {
		if err := unix.Mprotect(k.pages[0], prot); err != nil {
			t.Fatal(err)
		}
	}
	write := func(text string) {
		d.begin(Input{Batch: 7, Dev: 1, Ino: 2, Length: len(text), Last: '\n', Sum: Fingerprint([]byte(text))}, int64(len(text)), false, true)
		if err := d.append([][]byte{[]byte(text)}); err != nil {
			t.Fatal(err)
		}
		d.done()
		d.clear()
		d.record.countBatch(len(text), 1, 1, 0, 0)
	}
	protect(unix.PROT_READ)
	write("one\n")
	write("two\n")
	lost := "unable to store into " + dir + "/lock, going on (if killed meanwhile, the last lines may be logged twice)"
	if !slices.Equal(k.warned, []string{lost}) {
		t.Errorf("%q", k.warned)
	}
	k.mono += regainPause
	write("three\n")
	protect(unix.PROT_READ | unix.PROT_WRITE)
	write("four\n") // it tries again, but not at once
	if len(k.warned) != 1 {
		t.Errorf("%q", k.warned)
	}
	k.mono += regainPause
	write("five\n")
	if want := []string{lost, "store into " + dir + "/lock succeeded again"}; !slices.Equal(k.warned, want) {
		t.Errorf("%q", k.warned)
	}
	page := lockpage.At(k.pages[0])
	if c := page.Counters; c.LinesIn != 6 || c.BytesIn != 34 {
		t.Errorf("%d lines, %d bytes in the page", c.LinesIn, c.BytesIn)
	}
	if f := page.Records[page.Latest&1]; f.State() != lockpage.StateNone || f.End+f.Written != 24 || f.SrcIno != 2 {
		t.Errorf("%+v", f)
	}
}

// Truncating the lock file takes the page away, at any moment of a batch.
func TestTruncatedPage(t *testing.T) {
	for at := range 5 {
		k, dir := newKernel(t), t.TempDir()
		d, _ := k.open(dir, &head{dev: 1, ino: 2})
		steps := []func(){
			func() { d.begin(Input{Batch: 7, Dev: 1, Ino: 2, Length: 4, Last: '\n'}, 4, true, true) },
			func() {
				if err := d.append([][]byte{[]byte("one\n")}); err != nil {
					t.Fatal(err)
				}
			},
			d.done,
			func() { _ = d.mark() },
			d.clear,
		}
		for i, step := range steps {
			if i == at {
				if err := os.Truncate(dir+"/"+lockName, 0); err != nil {
					t.Fatal(err)
				}
			}
			step()
		}
		if d.involves(true, true) || !d.involves(false, true) {
			t.Errorf("truncated before step %d: the page does not say that the input stands within a line", at)
		}
		if want := "unable to store into " + dir + "/lock, going on (if killed meanwhile, the last lines may be logged twice)"; !slices.Equal(k.warned, []string{want}) {
			t.Errorf("truncated before step %d: %q", at, k.warned)
		}
		k.kill()
	}
}

package rotate

import (
	"os"
	"path/filepath"
	"testing"
)

// batch begins a batch, and writes it.
func (d *Dir) batch(t *testing.T, text string) {
	t.Helper()
	d.Begin(Input{Length: len(text)}, int64(len(text)), false, true)
	if err := d.Append([][]byte{[]byte(text)}); err != nil {
		t.Fatal(err)
	}
}

// What is taken back is the batch, also from a file that somebody has emptied
// to make room: nothing else goes, and nothing comes.
func TestRollback(t *testing.T) {
	for _, c := range []struct {
		name  string
		empty bool
		want  string
	}{
		{"alone", false, "current=one\n"},
		{"in a file that was emptied", true, "current="},
	} {
		k, path := newKernel(t), t.TempDir()
		d, _ := k.open(path, &head{})
		d.batch(t, "one\n")
		d.Done()
		d.Clear()
		if c.empty {
			if err := os.Truncate(filepath.Join(path, currentName), 0); err != nil {
				t.Fatal(err)
			}
		}
		d.batch(t, "two\n")
		if err := d.Rollback(); err != nil {
			t.Fatal(err)
		}
		if got := listing(t, path); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
		if d.flight.State != flightNone || d.flight.End != uint64(d.cur.size) {
			t.Errorf("%s: the record says %+v", c.name, d.flight)
		}
	}
}

package rotate

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// Recovery replaces the record of one directory after another. If it is killed in
// between, the next logger must reach the same result for the other directories,
// although the record that showed it may be gone.
func TestSettleTwice(t *testing.T) {
	consumedIn := func(d *Dir) { done(d); *d.mark() = '\n' }
	cleared := func(d *Dir) { done(d); d.clear() }
	const once, twice = "second\nthird\n", "second\nsecond\n" // the same line may come again
	for _, c := range []struct {
		name   string
		upto   [2]func(d *Dir) // of each directory
		grown  bool            // another logger has written to the first
		tail   bool            // the second has a tail, instead of standing within a line
		input  string
		want   string // in the second directory
		left   string // of the input
		within bool
	}{
		{name: "done in the first", upto: [2]func(*Dir){done, begun(7)}, input: once, want: "second\n", left: "third\n", within: true},
		{name: "done in the first, the same follows", upto: [2]func(*Dir){done, begun(7)}, input: twice, want: "second\n", left: "second\n", within: true},
		{name: "done in the second", upto: [2]func(*Dir){begun(7), done}, input: once, want: "second\n", left: "third\n", within: true},
		{name: "done in both, the same follows", upto: [2]func(*Dir){done, done}, input: twice, want: "second\n", left: "second\n", within: true},
		{name: "consumed, the same follows", upto: [2]func(*Dir){consumedIn, done}, input: twice, want: "second\n", left: twice, within: true},
		{name: "cleared in the first, the same follows", upto: [2]func(*Dir){func(d *Dir) { consumedIn(d); d.clear() }, done}, input: twice, want: "second\n", left: twice, within: true},
		{name: "begun", upto: [2]func(*Dir){begun(7), begun(3)}, input: once, left: once, within: true},
		{name: "of others", upto: [2]func(*Dir){cleared, cleared}, grown: true, input: "third\n", want: "second\n", left: "third\n"},
		{name: "a tail, of others", upto: [2]func(*Dir){cleared, cleared}, grown: true, tail: true, input: "third\n", want: "second\n", left: "third\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newKernel(t)
			var paths [2]string
			for i, upto := range c.upto {
				paths[i] = t.TempDir()
				d, _ := k.open(paths[i], &head{dev: 1, ino: 2})
				within := !c.tail
				d.begin(Input{Batch: 7, Dev: 1, Ino: 2, Length: 4, Last: 'x', Sum: 1}, 0, within, within)
				d.done()
				d.clear()
				d.begin(Input{Batch: 8, Dev: 1, Ino: 2, Length: len("second\n"), Last: '\n', Sum: Fingerprint([]byte("second\n"))}, int64(len("second\n")), within, within)
				upto(d)
				if c.tail && i == 1 {
					d.TailRoom(1, 2, 0, []byte("beginning"))
				}
			}
			if c.grown {
				if err := os.WriteFile(filepath.Join(paths[0], currentName), []byte("second\nother\n"), 0); err != nil {
					t.Fatal(err)
				}
			}
			h := &head{dev: 1, ino: 2, input: c.input}
			var dirs []*Dir
			for range 2 { // the first logger is killed when it has recovered the first directory
				k.kill()
				k = newKernel(t)
				dirs = dirs[:0]
				for _, path := range paths {
					d, err := Lock(k, unix.AT_FDCWD, testConfig(path))
					if err != nil {
						t.Fatal(err)
					}
					dirs = append(dirs, d)
				}
				if err := Settle(dirs, h); err != nil {
					t.Fatal(err)
				}
				for i, d := range dirs {
					if within, _ := d.Midline(); within != c.within {
						t.Errorf("directory %d: within a line: %v", i, within)
					}
				}
				if tail, goesOn := dirs[1].Tail(); goesOn || (tail.Text != "") != c.tail {
					t.Errorf("the tail is %q, and goes on: %v", tail.Text, goesOn)
				}
				if err := dirs[0].Recover(); err != nil {
					t.Fatal(err)
				}
			}
			if err := dirs[1].Recover(); err != nil {
				t.Fatal(err)
			}
			want := " current="
			if c.want != "" {
				want = ".u=" + c.want + want
			} else {
				want = want[1:]
			}
			if got := shows(t, paths[1]); got != want {
				t.Errorf("%q, not %q", got, want)
			}
			if h.input != c.left {
				t.Errorf("the input is %q, not %q", h.input, c.left)
			}
		})
	}
}

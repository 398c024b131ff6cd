package rotate

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/rotate/lockpage"
)

const flightInput = "second\nthird\n" // what is in the input; "second\n" is the batch

// interrupted is a directory whose logger has written "first\n" and was killed at some
// point of the next batch.
func interrupted(t *testing.T, upto func(d *Dir)) (dir string) {
	t.Helper()
	dir = t.TempDir()
	k := newKernel(t)
	d, _ := k.open(dir, &head{dev: 1, ino: 2})
	batch := func(number uint64, text string) {
		d.begin(Input{Batch: number, Dev: 1, Ino: 2, Length: len(text), Last: '\n', Sum: Fingerprint([]byte(text))}, int64(len(text)), false, true)
	}
	batch(7, "first\n")
	if err := d.append([][]byte{[]byte("first\n")}); err != nil {
		t.Fatal(err)
	}
	d.done()
	d.clear()
	batch(8, "second\n")
	upto(d)
	k.kill()
	return dir
}

func begun(n int) func(d *Dir) {
	return func(d *Dir) {
		if n > 0 {
			_ = d.append([][]byte{[]byte("second\n"[:n])})
		}
	}
}

// changeRecord changes the record and stores it again.
func changeRecord(d *Dir, change func(r *lockpage.Record)) {
	d.note(func(page *lockpage.Page) {
		r := &page.Records[page.Latest&1]
		change(r)
		r.SetState(r.State())
	})
}

func done(d *Dir) {
	begun(7)(d)
	d.done()
}

// sees is an input of which only so many bytes are visible.
func sees(window int, input string) func(*realKernel, *head) {
	return func(_ *realKernel, h *head) { h.window, h.input = window, input }
}

// What the next logger does with a record: what remains in the file that was current,
// and how much of the input it consumes.
func TestFlight(t *testing.T) {
	replace := func(t *testing.T, path string) { // the same content in another file
		text, _ := os.ReadFile(path)
		if err := os.WriteFile(path+".new", text, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	grow := func(t *testing.T, path string) {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = f.WriteString("other\n")
		_ = f.Close()
	}
	for _, c := range []struct {
		name     string
		upto     func(d *Dir)
		change   func(k *realKernel, h *head)
		file     func(t *testing.T, current string)
		want     string
		consumed int
	}{
		{name: "begun, nothing written", upto: begun(0), want: "first\n"},
		{name: "begun, in part written", upto: begun(3), want: "first\n"},
		{name: "begun, written", upto: begun(7), want: "first\n"},
		{name: "done", upto: done, want: "first\nsecond\n", consumed: 7},
		{name: "done and consumed", upto: func(d *Dir) { done(d); *d.mark() = '\n' }, want: "first\nsecond\n"},
		{name: "cleared", upto: func(d *Dir) { done(d); d.clear() }, want: "first\nsecond\n"},

		{name: "begun, little of it seen", upto: begun(3), change: sees(3, flightInput), want: "first\n"},
		{name: "begun, little seen, less there", upto: begun(3), change: sees(3, "second"), want: "first\nsec"},
		{name: "done, little of it seen", upto: done, change: sees(3, flightInput), want: "first\nsecond\n", consumed: 7},
		{name: "done, little seen, less there", upto: done, change: sees(3, "second"), want: "first\nsecond\n"},
		{name: "done, little of another input seen", upto: done, change: sees(3, "secind\nthird\n"), want: "first\nsecond\n"},
		{name: "done and consumed, the same follows", upto: func(d *Dir) { done(d); *d.mark() = '\n' }, change: sees(3, flightInput), want: "first\nsecond\n"},

		{name: "begun, the input does not keep what is read", upto: begun(3), change: func(_ *realKernel, h *head) { h.dev, h.ino = 0, 0 }, want: "first\nsec"},
		{name: "begun, another boot", upto: begun(3), change: func(k *realKernel, _ *head) { k.boot[5]++ }, want: "first\nsec"},
		{name: "done, another boot", upto: done, change: func(k *realKernel, _ *head) { k.boot[5]++ }, want: "first\nsecond\n"},
		{name: "done, no boot known", upto: done, change: func(k *realKernel, _ *head) { k.boot = [16]byte{} }, want: "first\nsecond\n"},
		{name: "begun, another device", upto: begun(3), change: func(_ *realKernel, h *head) { h.dev++ }, want: "first\nsec"},
		{name: "begun, another pipe", upto: begun(3), change: func(_ *realKernel, h *head) { h.ino++ }, want: "first\nsec"},
		{name: "done, another pipe", upto: done, change: func(_ *realKernel, h *head) { h.ino++ }, want: "first\nsecond\n"},
		{name: "done, other input", upto: done, change: func(_ *realKernel, h *head) { h.input = "secind\nthird\n" }, want: "first\nsecond\n"},
		{name: "done, less input", upto: done, change: func(_ *realKernel, h *head) { h.input = "second" }, want: "first\nsecond\n"},
		{name: "begun, other input", upto: begun(3), change: func(_ *realKernel, h *head) { h.input = "third\n" }, want: "first\nsec"},
		{name: "begun, another file", upto: begun(3), file: replace, want: "first\nsec"},
		{name: "begun, the inode used again", upto: func(d *Dir) { begun(3)(d); changeRecord(d, func(r *lockpage.Record) { r.FileBirth++ }) }, want: "first\nsec"},
		{name: "done, another file", upto: done, file: replace, want: "first\nsecond\n"},
		{name: "begun, another process wrote", upto: begun(7), file: grow, want: "first\nsecond\nother\n"},
		{name: "done, another process wrote", upto: done, file: grow, want: "first\nsecond\nother\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := interrupted(t, c.upto)
			k, h := newKernel(t), &head{dev: 1, ino: 2, input: flightInput}
			if c.change != nil {
				c.change(k, h)
			}
			if c.file != nil {
				c.file(t, filepath.Join(dir, currentName))
			}
			k.open(dir, h)
			if got, want := shows(t, dir), ".u="+c.want+" current="; got != want {
				t.Errorf("%q, not %q", got, want)
			}
			if h.consumed != c.consumed {
				t.Errorf("%d bytes of input are consumed, not %d", h.consumed, c.consumed)
			}
			if h.lost > 0 {
				t.Errorf("%d bytes of input that can't be seen are consumed", h.lost)
			}
		})
	}
}

// Whether the next logger continues the line within which a batch has ended. It does
// not if the input is a file that is read from its beginning again.
func TestFlightWithinLine(t *testing.T) {
	for _, c := range []struct {
		name   string
		before bool // the batch before ended within a line, too
		upto   func(d *Dir)
		start  bool
		within bool
	}{
		{name: "cleared", upto: func(d *Dir) { done(d); d.clear() }, within: true},
		{name: "cleared, a file from its start", upto: func(d *Dir) { done(d); d.clear() }, start: true},
		{name: "done", upto: done, within: true},
		{name: "done, a file from its start", upto: done, start: true, within: true}, // which is behind the batch then
		{name: "done and consumed, a file from its start", upto: func(d *Dir) { done(d); *d.mark() = '\n' }, start: true},
		{name: "begun", before: true, upto: begun(3), within: true},
		{name: "begun, a file from its start", before: true, upto: begun(3), start: true},
	} {
		for _, here := range []bool{false, true} {
			dir := t.TempDir()
			k := newKernel(t)
			d, _ := k.open(dir, &head{dev: 1, ino: 2})
			in := Input{Batch: 7, Dev: 1, Ino: 2, Length: len("second\n"), Last: '\n', Sum: Fingerprint([]byte("second\n"))}
			if c.before {
				d.begin(in, 0, true, here)
				d.done()
				d.clear()
			}
			in.Batch = 8
			d.begin(in, int64(len("second\n")), true, here)
			c.upto(d)
			k.kill()
			d, _ = newKernel(t).open(dir, &head{dev: 1, ino: 2, input: flightInput, start: c.start})
			if within, to := d.Midline(); within != c.within || to != (c.within && here) {
				t.Errorf("%s, here %v: within a line %v, here %v", c.name, here, within, to)
			}
		}
	}
}

// Other loggers take complete lines. So a logger that finds that another one was here
// since the kill does not continue a line, whatever the records of other directories
// say.
func TestFlightOfOthers(t *testing.T) {
	for _, c := range []struct {
		name   string
		upto   func(d *Dir) // of the second directory
		grown  bool         // another process has written to its current
		input  string
		within bool
	}{
		{name: "cleared", upto: func(d *Dir) { done(d); d.clear() }, input: "third\n", within: true},
		{name: "cleared, grown", upto: func(d *Dir) { done(d); d.clear() }, grown: true, input: "third\n"},
		{name: "begun", upto: begun(3), input: flightInput, within: true},
		{name: "begun, the input taken", upto: begun(3), input: "third\n"},
		{name: "done and consumed", upto: func(d *Dir) { done(d); *d.mark() = '\n' }, input: "third\n", within: true},
	} {
		k := newKernel(t)
		var dirs []*Dir
		for range 2 {
			d, _ := k.open(t.TempDir(), &head{dev: 1, ino: 2})
			d.begin(Input{Batch: 7, Dev: 1, Ino: 2, Length: 4, Last: 'x', Sum: 1}, 0, true, true)
			d.done()
			d.clear()
			dirs = append(dirs, d)
		}
		dirs[1].begin(Input{Batch: 8, Dev: 1, Ino: 2, Length: len("second\n"), Last: '\n', Sum: Fingerprint([]byte("second\n"))}, int64(len("second\n")), true, true)
		c.upto(dirs[1])
		if c.grown {
			current := filepath.Join(dirs[1].name, currentName)
			if err := os.WriteFile(current, []byte("second\nother\n"), 0); err != nil {
				t.Fatal(err)
			}
		}
		k.kill()
		k = newKernel(t)
		for i, d := range dirs {
			var err error
			if dirs[i], err = Lock(k, unix.AT_FDCWD, testConfig(d.name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := Settle(dirs, &head{dev: 1, ino: 2, input: c.input}); err != nil {
			t.Fatal(err)
		}
		for i, d := range dirs {
			if within, _ := d.Midline(); within != c.within {
				t.Errorf("%s: directory %d: within a line: %v", c.name, i, within)
			}
		}
		k.kill()
	}
}

// A recovery that was killed has renamed the file. The record is no longer about it if
// other loggers have filled files since.
func TestFlightFileRenamed(t *testing.T) {
	const label, later, latest = "@400000006955b90b00000001", "@400000006955b90b00000002", "@400000006955b90b00000003"
	for _, c := range []struct {
		name  string
		files map[string]string
		want  string
	}{
		{name: "the newest", files: map[string]string{}, want: label + unsafeSuffix},
		{name: "beside empty ones", files: map[string]string{later + unsafeSuffix: "", latest + unsafeSuffix: ""}, want: label + unsafeSuffix},
		{name: "before one that was filled", files: map[string]string{later + unsafeSuffix: "other\n"}},
		{name: "before one that is safe", files: map[string]string{later + ".s": "other\n", latest + unsafeSuffix: ""}},
	} {
		dir := interrupted(t, begun(3))
		c.files[currentName] = ""
		if err := os.Rename(filepath.Join(dir, currentName), filepath.Join(dir, label+unsafeSuffix)); err != nil {
			t.Fatal(err)
		}
		for name, text := range c.files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		k := newKernel(t)
		d, err := Lock(k, unix.AT_FDCWD, Config{Name: dir, Size: 99999, Count: 10, Code: "s"})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.before.findFile(); err != nil || d.before.fileName != c.want {
			t.Errorf("%s: %q, %v", c.name, d.before.fileName, err)
		}
		k.kill()
	}
}

// A change anywhere in a short batch, at the ends of a long one, or everywhere in it,
// changes the fingerprint.
func TestFingerprint(t *testing.T) {
	for _, n := range []int{1, 100, sampleStride, sampleStride + 1, 256 << 10} {
		b := bytes.Repeat([]byte("0123456789abcdef\n"), n/17+1)[:n]
		sum := Fingerprint(b)
		for _, at := range []int{0, n / 3, min(n, sampleEndsBytes) - 1, n - min(n, sampleEndsBytes), n - 1} {
			if n > sampleStride && at == n/3 {
				continue // it may lie between two samples
			}
			b[at] ^= 1
			if Fingerprint(b) == sum {
				t.Errorf("%d bytes: the same with another byte %d", n, at)
			}
			b[at] ^= 1
		}
		if n > 3*sampleStride {
			b[sampleStride+sampleBytes-1] ^= 1
			if Fingerprint(b) == sum {
				t.Errorf("%d bytes: the same with another first sample", n)
			}
		}
	}
}

// The visible part of a long batch distinguishes it from others as far as it goes.
func TestBeginsLike(t *testing.T) {
	b := bytes.Repeat([]byte("0123456789abcdef\n"), 1000)
	sum := Fingerprint(b)
	for _, n := range []int{0, 1, sampleEndsBytes - 1, sampleEndsBytes, sampleStride, len(b) - 1} {
		if !beginsLike(b[:n], sum) {
			t.Errorf("%d bytes of it do not count as its beginning", n)
		}
	}
	b[sampleEndsBytes-1] ^= 1
	for _, n := range []int{sampleEndsBytes, sampleStride, len(b) - 1} {
		if beginsLike(b[:n], sum) {
			t.Errorf("%d bytes of another batch count as its beginning", n)
		}
	}
}

func BenchmarkFingerprint(b *testing.B) {
	for _, n := range []int{100, 4096, 256 << 10} {
		in := bytes.Repeat([]byte("0123456789abcdef\n"), n/17+1)[:n]
		b.Run(fmt.Sprintf("%d-bytes", n), func(b *testing.B) {
			b.SetBytes(int64(n))
			b.ReportAllocs()
			for b.Loop() {
				Fingerprint(in)
			}
		})
	}
}

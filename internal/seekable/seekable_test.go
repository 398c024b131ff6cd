package seekable

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// small is a level with many frames of little content.
var small = Level{zstd.SpeedFastest, 4096, 2048}

// logLines returns n lines with labels, about 60 bytes each.
func logLines(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "@4000000066b13b8a%08x smtpd[%d]: connect from [10.0.%d.%d]\n",
			i*1000, r.IntN(30000), r.IntN(256), r.IntN(256))
	}
	return b.Bytes()
}

func compress(t testing.TB, l Level, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := newWriter(&out, l)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func decompress(t testing.TB, file []byte) ([]byte, error) {
	t.Helper()
	d, err := zstd.NewReader(bytes.NewReader(file), zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	return io.ReadAll(d)
}

// frames returns the frames in the table of file.
func frames(t testing.TB, file []byte) []Frame {
	t.Helper()
	frames, err := ReadTable(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return frames
}

// readFrames returns the content of all frames of file.
func readFrames(t testing.TB, file []byte) []byte {
	t.Helper()
	var all []byte
	for i, f := range frames(t, file) {
		if f.Offset != int64(len(all)) {
			t.Errorf("frame %d is at byte %d of the content, but the frames before it have %d", i, f.Offset, len(all))
		}
		content, err := f.Content(bytes.NewReader(file), nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, content...)
	}
	return all
}

func TestLevels(t *testing.T) {
	content := logLines(3000)
	for n := MinLevel; n <= MaxLevel; n++ {
		var out bytes.Buffer
		w, err := NewWriter(&out, n)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(content)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		got, err := decompress(t, out.Bytes())
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("level %d: %d bytes, %v; want %d bytes", n, len(got), err, len(content))
		}
	}
	for _, n := range []int{-1, 0, 23} {
		if _, err := NewWriter(io.Discard, n); err == nil {
			t.Errorf("level %d: no error", n)
		}
	}
}

// ReadFrom writes the same bytes as one Write, whatever the pieces it reads.
func TestReadFrom(t *testing.T) {
	content := logLines(1000)
	want := compress(t, small, content)
	for name, r := range map[string]io.Reader{
		"halves":   iotest.HalfReader(bytes.NewReader(content)),
		"bytes":    iotest.OneByteReader(bytes.NewReader(content)),
		"data+EOF": iotest.DataErrReader(bytes.NewReader(content)),
	} {
		var out bytes.Buffer
		w, _ := newWriter(&out, small)
		if n, err := w.ReadFrom(r); n != int64(len(content)) || err != nil {
			t.Errorf("%s: ReadFrom = %d, %v", name, n, err)
		}
		if err := w.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Equal(out.Bytes(), want) {
			t.Errorf("%s: other bytes than Write's", name)
		}
	}
}

func TestFramesBeginWithLines(t *testing.T) {
	content := logLines(1000)
	file := compress(t, small, content)
	all := frames(t, file)
	if len(all) < 10 {
		t.Fatalf("%d frames", len(all))
	}
	for i, f := range all {
		if content[f.Offset] != '@' || f.Size > int64(small.FrameSize) {
			t.Errorf("frame %d: begins with %q, has %d bytes", i, content[f.Offset], f.Size)
		}
	}
	if !bytes.Equal(readFrames(t, file), content) {
		t.Error("other content")
	}
}

func TestLongLines(t *testing.T) {
	content := append(bytes.Repeat([]byte("x"), 3*small.FrameSize+7), "\nshort\n"...)
	file := compress(t, small, content)
	var sizes []int64
	for _, f := range frames(t, file) {
		sizes = append(sizes, f.Size)
	}
	if diff := cmp.Diff([]int64{4096, 4096, 4096, 14}, sizes); diff != "" {
		t.Error(diff)
	}
	if !bytes.Equal(readFrames(t, file), content) {
		t.Error("other content")
	}
}

func TestEmpty(t *testing.T) {
	file := compress(t, small, nil)
	got, err := decompress(t, file)
	if err != nil || len(got) != 0 {
		t.Errorf("%q, %v", got, err)
	}
	want := []Frame{{CompressedSize: 9, HasChecksum: true, Checksum: emptyChecksum}}
	if diff := cmp.Diff(want, frames(t, file)); diff != "" {
		t.Error(diff)
	}
	if got := readFrames(t, file); len(got) != 0 {
		t.Errorf("%q in the frame", got)
	}
}

// failAt is a writer that accepts n bytes and then fails.
type failAt struct {
	out bytes.Buffer
	n   int
}

var errFull = errors.New("full")

func (w *failAt) Write(p []byte) (int, error) {
	if room := w.n - w.out.Len(); len(p) > room {
		w.out.Write(p[:room])
		return room, errFull
	}
	return w.out.Write(p)
}

// Wherever a write is cut off, Close returns the error, and the output does not
// decompress, unless the cut is exactly between two frames.
func TestCutOff(t *testing.T) {
	content := logLines(300)
	whole := compress(t, small, content)
	boundary := make(map[int]bool)
	for _, f := range frames(t, whole) {
		boundary[int(f.CompressedOffset+f.CompressedSize)] = true
	}
	for n := range len(whole) {
		out := &failAt{n: n}
		w, err := newWriter(out, small)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(content)
		if err := w.Close(); err != errFull {
			t.Fatalf("cut off after %d bytes: Close = %v", n, err)
		}
		if _, err := w.Write([]byte("more")); err != errFull {
			t.Fatalf("Write after an error = %v", err)
		}
		file := out.out.Bytes()
		// Unlike zstd, the library accepts an empty file as empty content.
		if _, err := decompress(t, file); err == nil && !boundary[n] && n > 0 {
			t.Fatalf("after %d of %d bytes the output decompresses", n, len(whole))
		}
		if _, err := ReadTable(bytes.NewReader(file), int64(n)); !errors.Is(err, ErrNoTable) {
			t.Fatalf("after %d bytes: ReadTable: %v", n, err)
		}
	}
}

// The output before a read error, or before a kill, does not look complete.
func TestNeverLooksComplete(t *testing.T) {
	content := logLines(300)
	var out bytes.Buffer
	w, _ := newWriter(&out, small)
	broken := errors.New("broken")
	_, err := w.ReadFrom(io.MultiReader(bytes.NewReader(content), iotest.ErrReader(broken)))
	if err != broken {
		t.Fatalf("ReadFrom = %v", err)
	}
	before := out.Len()
	if err := w.Close(); err != broken {
		t.Errorf("Close = %v", err)
	}
	if out.Len() != before || before == 0 {
		t.Errorf("%d bytes, after Close %d", before, out.Len())
	}
	if _, err := decompress(t, out.Bytes()); err == nil {
		t.Error("the output decompresses")
	}
}

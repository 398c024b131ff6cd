package logdir

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/compress/zstd"

	"multilog/internal/seekable"
	"multilog/tai64n"
)

// labelled returns lines in order, some without a label, some with the label of the
// line before, and the labels that occur.
func labelled(rnd *rand.Rand, size int) (content []byte, labels []tai64n.Label) {
	l := tai64n.FromUnixNano(1_700_000_000_000_000_000)
	for len(content) < size {
		switch rnd.IntN(8) {
		case 0:
			content = append(content, "a line without a label\n"...)
			continue
		case 1:
		default:
			l.Sec += uint64(rnd.IntN(3))
			l = l.Next()
		}
		labels = append(labels, l)
		content = fmt.Appendf(content, "%v line of %d: %s\n", l, len(content), bytes.Repeat([]byte("x"), rnd.IntN(40)))
	}
	return content, labels
}

// packers make files of content, each as some compressor does.
var packers = []struct {
	name   string
	stream bool
	pack   func(t testing.TB, content []byte) []byte
}{
	{"plain", false, func(_ testing.TB, content []byte) []byte { return content }},
	{"gzip", true, func(t testing.TB, content []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write(content)
		w.Close()
		return b.Bytes()
	}},
	{"zstd", true, func(t testing.TB, content []byte) []byte {
		var b bytes.Buffer
		w, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(content)
		w.Close()
		return b.Bytes()
	}},
	{"frames", false, func(t testing.TB, content []byte) []byte { // of zstd, without a table, cut anywhere
		e, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		var file []byte
		for len(content) > 0 {
			n := min(len(content), 100_001)
			file = e.EncodeAll(content[:n], file)
			content = content[n:]
		}
		return file
	}},
	{"seekable", false, func(t testing.TB, content []byte) []byte {
		var b bytes.Buffer
		w, err := seekable.NewWriter(&b, seekable.MinLevel)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(content)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}},
}

func open(t testing.TB, file []byte) *Content {
	t.Helper()
	c, err := NewContent(bytes.NewReader(file), int64(len(file)), true)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestContentIsWhatWasPacked(t *testing.T) {
	content, _ := labelled(rand.New(rand.NewPCG(1, 1)), 3*BlockBytes+17)
	for _, p := range packers {
		t.Run(p.name, func(t *testing.T) {
			c := open(t, p.pack(t, content))
			if c.IsStream() != p.stream {
				t.Errorf("IsStream = %v", c.IsStream())
			}
			r, err := c.Stream()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
				t.Errorf("as a stream: %d bytes, %v", len(got), err)
			}
			if err := c.Spool(); err != nil {
				t.Fatal(err)
			}
			var got []byte
			for i := range c.Blocks() {
				off, size := c.Block(i)
				block, err := c.ReadBlock(i, nil)
				if err != nil || int64(len(block)) != size || off != int64(len(got)) || c.BlockAt(off) != i {
					t.Fatalf("block %d at %d: %d of %d bytes, %v", i, off, len(block), size, err)
				}
				got = append(got, block...)
			}
			if !bytes.Equal(got, content) || c.Size() != int64(len(content)) {
				t.Errorf("in blocks: %d bytes of %d", len(got), len(content))
			}
		})
	}
}

// naiveBound is LowerBound, line by line.
func naiveBound(content []byte, target tai64n.Label) int64 {
	off := 0
	for line := range bytes.Lines(content) {
		if l, ok := tai64n.Parse(line); ok && !l.Before(target) {
			return int64(off)
		}
		off += len(line)
	}
	return int64(len(content))
}

func TestLowerBound(t *testing.T) {
	rnd := rand.New(rand.NewPCG(2, 2))
	for _, size := range []int{0, 1, 200, 5000, BlockBytes - 10, BlockBytes + 10, 4*BlockBytes + 1} {
		content, labels := labelled(rnd, size)
		targets := []tai64n.Label{{}, {Sec: 1 << 62}, {Sec: 1<<63 - 1}}
		for range min(len(labels), 40) {
			l := labels[rnd.IntN(len(labels))]
			targets = append(targets, l, l.Next())
		}
		for _, p := range packers {
			c := open(t, p.pack(t, content))
			if err := c.Spool(); err != nil {
				t.Fatal(err)
			}
			for _, target := range targets {
				off, ok, err := c.LowerBound(target)
				if err != nil || ok != (len(labels) > 0) {
					t.Fatalf("%s of %d bytes: labelled %v, %v", p.name, size, ok, err)
				}
				if want := naiveBound(content, target); ok && off != want {
					t.Fatalf("%s of %d bytes, %v: %d, want %d", p.name, size, target, off, want)
				}
			}
		}
	}
}

func TestLabelBefore(t *testing.T) {
	a, b := tai64n.Label{Sec: 1 << 62}, tai64n.Label{Sec: 1<<62 + 1}
	content := fmt.Appendf(nil, "x\n%v one\n%v two\n%v three\n  more\n  and more\n", a, b, b)
	c := open(t, content)
	two := int64(bytes.Index(content, []byte("three"))) - tai64n.Len - 1
	for _, tt := range []struct {
		off          int64
		label        tai64n.Label
		count, extra int
	}{
		{0, tai64n.Label{}, 0, 0}, {2, tai64n.Label{}, 0, 0}, {32, a, 1, 0}, {two, b, 1, 0}, {int64(len(content)), b, 2, 2},
	} {
		label, count, extra, err := c.LabelBefore(tt.off)
		if label != tt.label || count != tt.count || extra != tt.extra || err != nil {
			t.Errorf("LabelBefore(%d) = %v, %d, %d, %v, want %v, %d, %d", tt.off, label, count, extra, err, tt.label, tt.count, tt.extra)
		}
	}
}

// A file that ends or is damaged anywhere causes no panic, takes no more memory than
// its size justifies, and is read up to the damage.
func FuzzTornFile(f *testing.F) {
	content, _ := labelled(rand.New(rand.NewPCG(3, 3)), 3000)
	for _, p := range packers {
		file := p.pack(f, content)
		f.Add(file)
		f.Add(file[:len(file)/2])
		f.Add(file[:len(file)-1])
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := NewContent(bytes.NewReader(file), int64(len(file)), true)
		if err != nil {
			return
		}
		defer c.Close()
		if r, err := c.Stream(); err == nil {
			io.Copy(io.Discard, io.LimitReader(r, 1<<20))
			r.Close()
		}
		c.Spool() // an error is no failure: the test is about damage
		c.LowerBound(tai64n.Label{Sec: 1 << 62})
		for i := range min(c.Blocks(), 10) {
			if block, err := c.ReadBlock(i, nil); err == nil && len(block) > maxFrameBytes {
				t.Fatalf("block of %d bytes", len(block))
			}
			c.BlockHead(i, headBytes)
		}
		c.LabelBefore(c.Size())
		c.LineStart(c.Size())
	})
}

package logdir

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"multilog/internal/seekable"
)

func pack(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := seekable.NewWriter(&b, seekable.DefaultLevel)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(content)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The first block of a frame is unpacked without the others.
func TestFirstBlock(t *testing.T) {
	lines, _ := labelled(rand.New(rand.NewPCG(1, 1)), 3<<20)
	noise := make([]byte, 3<<20)
	rand.NewChaCha8([32]byte{}).Read(noise)
	for name, content := range map[string][]byte{
		"lines":       lines,
		"short":       lines[:500],
		"one byte":    []byte("x"),
		"all alike":   []byte(strings.Repeat("x", 3<<20)),
		"no matches":  noise,
		"exact block": lines[:maxZstdBlockBytes],
	} {
		t.Run(name, func(t *testing.T) {
			file := pack(t, content)
			c := open(t, file)
			for i, f := range c.frames {
				first := firstBlock(bytes.Clone(file[f.CompressedOffset:][:f.CompressedSize]))
				if first == nil {
					t.Fatalf("frame %d of %d bytes: no first block", i, f.CompressedSize)
				}
				got, err := decoder().DecodeAll(first, make([]byte, 0, maxZstdBlockBytes+overBytes))
				want := content[f.Offset:][:min(f.Size, maxZstdBlockBytes)]
				if err != nil || len(got) < int(min(f.Size, headBytes)) || !bytes.HasPrefix(want, got) {
					t.Errorf("frame %d: %d bytes, %v", i, len(got), err)
				}
				n := int(min(f.Size, headBytes))
				if head, err := c.BlockHead(i, headBytes); err != nil || !bytes.Equal(head, want[:n]) {
					t.Errorf("head of frame %d: %d bytes, %v", i, len(head), err)
				}
				if head, err := c.BlockHead(i, 7); err != nil || !bytes.Equal(head, want[:min(n, 7)]) {
					t.Errorf("less of it: %q, %v", head, err)
				}
			}
		})
	}
}

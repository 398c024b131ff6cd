package seekable

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

// Content detects a change of any byte in front of the table, or returns the right
// content all the same.
func TestDamage(t *testing.T) {
	content := logLines(100)
	good := compress(t, small, content)
	all := frames(t, good)
	last := all[len(all)-1]
	for at := range int(last.CompressedOffset + last.CompressedSize) {
		bad := bytes.Clone(good)
		bad[at] ^= 0x10
		for i, f := range frames(t, bad) {
			hit := f.CompressedOffset <= int64(at) && int64(at) < f.CompressedOffset+f.CompressedSize
			got, err := f.Content(bytes.NewReader(bad), nil)
			switch {
			case hit && err == nil && !bytes.Equal(got, content[f.Offset:f.Offset+f.Size]):
				t.Fatalf("byte %d: frame %d has other content, and no error", at, i)
			case err != nil && (!hit || !errors.Is(err, ErrBadFrame)):
				t.Fatalf("byte %d: frame %d: %v", at, i, err)
			}
		}
	}
}

// Content detects a table that belongs to another file with frames of the same size.
func TestOtherTable(t *testing.T) {
	good := compress(t, small, []byte("one\n"))
	bad := compress(t, small, []byte("two\n"))
	frame := frames(t, bad)[0]
	if len(good) != len(bad) {
		t.Fatal("the files differ in size")
	}
	mixed := append(bytes.Clone(bad[:frame.CompressedSize]), good[frame.CompressedSize:]...)
	if _, err := frames(t, mixed)[0].Content(bytes.NewReader(mixed), nil); !errors.Is(err, ErrBadFrame) {
		t.Errorf("%v", err)
	}
	frame.Size++
	if _, err := frame.Content(bytes.NewReader(bad), nil); !errors.Is(err, ErrBadFrame) {
		t.Errorf("wrong size: %v", err)
	}
	frame.Size = MaxFrameBytes + 1
	if _, err := frame.Content(bytes.NewReader(bad), nil); err != ErrFrameTooBig {
		t.Errorf("big: %v", err)
	}
}

// A file that has become shorter is an io.ErrUnexpectedEOF.
func TestShorterFile(t *testing.T) {
	file := compress(t, small, logLines(100))
	f := frames(t, file)[1]
	r := bytes.NewReader(file[:f.CompressedOffset+10])
	if _, err := f.Content(r, nil); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Content: %v", err)
	}
	if _, err := f.Head(r, 10); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Head: %v", err)
	}
}

// A skippable frame can claim a size of gigabytes in a few bytes. Neither Content nor
// Head allocates memory for that.
func TestSkippableFrame(t *testing.T) {
	f := Frame{CompressedSize: 1 << 40}
	if got, err := f.Content(bytes.NewReader(nil), nil); len(got) != 0 || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := f.Head(bytes.NewReader(nil), 10); len(got) != 0 || err != nil {
		t.Errorf("head: %q, %v", got, err)
	}
}

// Head decompresses the first block of a frame without the others.
func TestHead(t *testing.T) {
	l, err := LevelOf(DefaultLevel)
	if err != nil {
		t.Fatal(err)
	}
	lines := logLines(50_000)
	noise := make([]byte, 3<<20)
	rand.NewChaCha8([32]byte{}).Read(noise)
	for name, content := range map[string][]byte{
		"lines":       lines,
		"short":       lines[:500],
		"one byte":    []byte("x"),
		"all alike":   bytes.Repeat([]byte("x"), 3<<20),
		"no matches":  noise,
		"exact block": lines[:maxBlockBytes],
	} {
		t.Run(name, func(t *testing.T) {
			file := compress(t, l, content)
			for i, f := range frames(t, file) {
				const headBytes = 4 << 10
				first := firstBlock(bytes.Clone(file[f.CompressedOffset:][:f.CompressedSize]))
				if first == nil {
					t.Fatalf("frame %d of %d bytes: no first block", i, f.CompressedSize)
				}
				got, err := decoder().DecodeAll(first, make([]byte, 0, maxBlockBytes+overBytes))
				want := content[f.Offset:][:min(f.Size, maxBlockBytes)]
				if err != nil || len(got) < int(min(f.Size, headBytes)) || !bytes.HasPrefix(want, got) {
					t.Errorf("frame %d: %d bytes, %v", i, len(got), err)
				}
				for _, n := range []int{7, headBytes, maxBlockBytes + 1} {
					want := content[f.Offset:][:min(f.Size, int64(n))]
					if head, err := f.Head(bytes.NewReader(file), n); err != nil || !bytes.Equal(head, want) {
						t.Errorf("%d bytes of frame %d: %d, %v", n, i, len(head), err)
					}
				}
			}
		})
	}
}

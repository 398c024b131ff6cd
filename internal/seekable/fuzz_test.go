package seekable

import (
	"bytes"
	"io"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// No content of a file causes a panic, yields a frame outside the file, or makes the
// package allocate more memory than the file's size justifies.
func FuzzParse(f *testing.F) {
	good := compress(f, Level{zstd.SpeedFastest, 1024, 1024}, logLines(40))
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(good[:100])
	f.Add(file(35, [][]uint32{{10, 100, 7}, {25, 0, 8}}, 0x80))
	f.Add(file(0, nil, 0))
	f.Add([]byte("\x5e\x2a\x4d\x18\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		size := int64(len(data))
		for _, find := range []func(io.ReaderAt, int64) ([]Frame, error){ReadTable, Scan} {
			frames, err := find(bytes.NewReader(data), size)
			end := int64(0)
			for _, fr := range frames {
				if fr.CompressedOffset != end || fr.CompressedSize <= 0 || fr.Size > fr.CompressedSize*maxRatio {
					t.Fatalf("%+v after byte %d", fr, end)
				}
				end += fr.CompressedSize
			}
			if end > size {
				t.Fatalf("frames end at %d of %d", end, size)
			}
			if err != nil {
				continue
			}
			for i, fr := range frames[:min(len(frames), 20)] {
				content, err := fr.Content(bytes.NewReader(data), nil)
				if err == nil && int64(len(content)) != fr.Size {
					t.Fatalf("frame %d: %d bytes, %+v", i, len(content), fr)
				}
				const n = 100
				if head, err := fr.Head(bytes.NewReader(data), n); err == nil && len(head) > n {
					t.Fatalf("frame %d: %d bytes of its head", i, len(head))
				}
			}
		}
	})
}

// Any content, written in any pieces at any level, can be read back as a stream and
// frame by frame.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("one\ntwo\n"), uint8(0), uint16(3))
	f.Add(logLines(50), uint8(1), uint16(1000))
	f.Add([]byte{}, uint8(1), uint16(1))
	f.Fuzz(func(t *testing.T, content []byte, level uint8, piece uint16) {
		l := levels[int(level)%2].Level // the quick encoders
		l.FrameSize, l.Window = 4096, 1024
		var out bytes.Buffer
		w, err := newWriter(&out, l)
		if err != nil {
			t.Fatal(err)
		}
		for rest := content; len(rest) > 0; {
			p := rest[:min(len(rest), int(piece)+1)]
			if n, err := w.Write(p); n != len(p) || err != nil {
				t.Fatalf("Write = %d, %v", n, err)
			}
			rest = rest[len(p):]
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err := decompress(t, out.Bytes()); err != nil || !bytes.Equal(got, content) {
			t.Fatalf("%d bytes in, %d out, %v", len(content), len(got), err)
		}
		if got := readFrames(t, out.Bytes()); !bytes.Equal(got, content) {
			t.Fatalf("%d bytes in, %d out of the frames", len(content), len(got))
		}
	})
}

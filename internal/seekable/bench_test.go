package seekable

import (
	"bytes"
	"strconv"
	"testing"
	"time"

	"multilog/bench/maillog"
)

// mailLog returns a labelled mail log of 4 MiB.
func mailLog() []byte {
	g := maillog.New(maillog.Config{Seed: 1, Gap: 5 * time.Millisecond, Start: time.Unix(1.8e9, 0)})
	b := make([]byte, 4<<20)
	g.Read(b)
	return b
}

func BenchmarkWriter(b *testing.B) {
	content := mailLog()
	for _, l := range levels {
		b.Run("level="+strconv.Itoa(l.from), func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			size := 0
			for b.Loop() {
				var out bytes.Buffer
				w, err := newWriter(&out, l.Level)
				if err != nil {
					b.Fatal(err)
				}
				w.Write(content)
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
				size = out.Len()
			}
			b.ReportMetric(float64(len(content))/float64(size), "ratio")
		})
	}
}

// BenchmarkFrame reads the content of all frames, and the beginning of each.
func BenchmarkFrame(b *testing.B) {
	content := mailLog()
	l, err := LevelOf(DefaultLevel)
	if err != nil {
		b.Fatal(err)
	}
	file := compress(b, l, content)
	all, r := frames(b, file), bytes.NewReader(file)
	b.Run("content", func(b *testing.B) {
		b.SetBytes(int64(len(content)))
		var buf []byte
		for b.Loop() {
			for _, f := range all {
				if buf, err = f.Content(r, buf); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
	b.Run("head", func(b *testing.B) {
		for b.Loop() {
			for _, f := range all {
				if _, err := f.Head(r, 4<<10); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

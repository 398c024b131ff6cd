package seekable

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"multilog/bench/maillog"
)

// mailLog is a labelled mail log of some megabytes.
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

// One line from anywhere, and all in order.
func BenchmarkReader(b *testing.B) {
	content := mailLog()
	l, err := LevelOf(DefaultLevel)
	if err != nil {
		b.Fatal(err)
	}
	r := open(b, compress(b, l, content))
	b.Run("random", func(b *testing.B) {
		rnd := rand.New(rand.NewPCG(1, 2))
		p := make([]byte, 100)
		for b.Loop() {
			if _, err := r.ReadAt(p, rnd.Int64N(r.Size()-100)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("all", func(b *testing.B) {
		b.SetBytes(r.Size())
		for b.Loop() {
			if _, err := io.Copy(io.Discard, io.NewSectionReader(r, 0, r.Size())); err != nil {
				b.Fatal(err)
			}
		}
	})
}

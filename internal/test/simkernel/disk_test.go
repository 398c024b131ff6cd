package simkernel

import (
	"math/rand/v2"
	"testing"
)

// After a power cut, too, two files never have the same number.
func TestNumbersAfterPowerCut(t *testing.T) {
	for seed := range uint64(100) {
		w := NewWorld(rand.New(rand.NewPCG(seed, 0)))
		d := w.MakeDir("./main")
		w.Link(d, "old", w.newFile(d, 0o644))
		if err := w.unlink(d, "old"); err != nil {
			t.Fatal(err)
		}
		w.link(d, "new", w.newFile(d, 0o644)) // which gets the number of old
		w.PowerCut()
		seen := map[uint64]string{}
		for _, e := range d.Entries() {
			if other := seen[e.File.Ino]; other != "" {
				t.Fatalf("seed %d: %s and %s are file %d", seed, other, e.Name, e.File.Ino)
			}
			seen[e.File.Ino] = e.Name
		}
	}
}

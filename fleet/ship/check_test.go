package ship

import (
	"context"
	"testing"
	"time"

	"multilog/fleet/layout"
	"multilog/fleet/store/simstore"
)

// A check beside a sender and a logger at work ends without an error, and finds nothing
// wrong: pieces that it has listed go when their file is finished.
func TestCheckBesideSender(t *testing.T) {
	files, live, became := 0, 0, 0
	for seed := uint64(1); seed <= 300; seed++ {
		h := newHistory(seed, func(string, ...any) {})
		first := h.stores[0]
		first.Faults, first.MayRead, first.MayDelete, first.Before = simstore.Faults{}, true, true, nil
		h.stores, h.logs = h.stores[:1], h.logs[:1]
		h.restart(0)
		for range 5 {
			for range h.rng.IntN(6) {
				h.logger.step()
			}
			h.sendBy(0)
			s := simstore.New(seed)
			s.Objects = first.Objects
			s.Before = func() {
				if h.rng.IntN(3) == 0 {
					h.logger.step()
					h.sendBy(0)
				}
			}
			s.Within = s.Before
			before := len(piecesOf(s))
			check := NewLog(theLog, h.dir, Config{Store: s, Now: h.logs[0].Now, Warn: func(layout.Log, string) {}})
			r, err := check.Check(context.Background())
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			for _, wrong := range r.Wrong {
				t.Errorf("seed %d: wrong: %s", seed, wrong)
			}
			files += r.Files
			if r.Live > 0 {
				live++
			}
			if len(piecesOf(s)) < before {
				became++
			}
		}
	}
	if files == 0 || live == 0 || became == 0 {
		t.Errorf("%d files, %d checks of pieces, %d with pieces that went: nothing was tested", files, live, became)
	}
}

func piecesOf(s *simstore.Store) (keys []string) {
	for key := range s.Objects {
		if _, ok := theLog.ParsePiece(key); ok {
			keys = append(keys, key)
		}
	}
	return keys
}

// Retention in the store may take a finished file or a gap object away between the listing and the
// reading.
func TestCheckBesideRetention(t *testing.T) {
	for request := 1; request < 12; request++ {
		d := newMemDir()
		s := simstore.New(1)
		log := NewLog(theLog, d, Config{Store: s, Keep: 1 << 20, Now: time.Now, Warn: func(layout.Log, string) {}})
		for i := 1; i <= 4; i++ {
			d.create(labelAt(i)+".s", []byte(line(i)))
		}
		if err := log.Step(context.Background()); err != nil {
			t.Fatal(err)
		}
		d.remove(labelAt(1) + ".s")
		began := s.Requests
		s.Before = func() {
			if s.Requests == began+request {
				delete(s.Objects, theLog.File(labelAt(1)+".s"))
			}
		}
		r, err := log.Check(context.Background())
		if err != nil || len(r.Wrong) > 0 {
			t.Errorf("the oldest file goes before request %d: %v, wrong %q", request, err, r.Wrong)
		}
	}
}

package layout

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"multilog/fleet/store"
	"multilog/fleet/store/simstore"
	"multilog/tai64n"
)

// linesPerFile is how many lines each file of a script has. The last of a finished file
// may never have been in a piece.
const linesPerFile = 3

// script is what a sender asks of a store, in order, for a log of a few files: as package
// ship does it, with up to three files that are not finished, and pieces that are deleted
// at any time after their file was put.
type script struct {
	ids    []ID
	labels []string
	ops    []op
}

// op is one request. It stores a line, a whole file, or none.
type op struct {
	key   string
	gone  bool // it deletes key
	lines []int
}

func scriptLabel(i int) string { return tai64n.Of(time.Unix(1_800_000_000+int64(i), 0)).String() }

func newScript(rng *rand.Rand, files int) *script {
	s := &script{}
	for i := range files {
		id, _ := IDOf([]byte(scriptLabel(10*i) + " line\n"))
		s.ids, s.labels = append(s.ids, id), append(s.labels, scriptLabel(10*i+9))
	}
	bare := make([]bool, files) // those that are sent only when they are finished, so they have no ID
	if rng.IntN(2) == 0 {
		for i := range bare {
			bare[i] = rng.IntN(4) > 0
		}
	}
	var pieces, deletes []string // of the oldest file; those that are allowed
	line := 0                    // the next one
	for oldest := 0; oldest < files || len(deletes) > 0; {
		switch choice := rng.IntN(4); {
		case choice == 0 && len(deletes) > 0:
			i := rng.IntN(len(deletes))
			s.ops = append(s.ops, op{key: deletes[i], gone: true})
			deletes = slices.Delete(deletes, i, i+1)
		case choice == 1 && oldest < files:
			if !bare[oldest] {
				s.ops = append(s.ops, op{key: log.Done(s.ids[oldest], s.labels[oldest])})
			}
			whole := op{key: log.File(s.labels[oldest] + ".s")}
			for i := range linesPerFile {
				whole.lines = append(whole.lines, oldest*linesPerFile+i)
			}
			s.ops = append(s.ops, whole)
			oldest++
			line = max(line, oldest*linesPerFile)
			deletes = slices.Concat(deletes, slices.DeleteFunc(slices.Clone(pieces), func(key string) bool {
				return !strings.HasPrefix(key, log.Pieces(s.ids[oldest-1]))
			}))
		case choice > 1 && line < min(files, oldest+3)*linesPerFile && !bare[line/linesPerFile]:
			file, n := line/linesPerFile, line%linesPerFile
			key := log.Piece(s.ids[file], scriptLabel(10*file+n), int64(n))
			s.ops = append(s.ops, op{key: key, lines: []int{line}})
			pieces = append(pieces, key)
			line++
		}
	}
	return s
}

// reading is a look beside the rest of a script.
type reading struct {
	*script
	store *simstore.Store
	next  int          // op
	have  map[int]bool // lines that were stored
}

// begin has the first ops of a script done.
func (s *script) begin(t *testing.T, seed uint64, ops int) *reading {
	r := &reading{script: s, store: simstore.New(seed), have: make(map[int]bool)}
	for range ops {
		r.step(t)
	}
	return r
}

// step has the next op done.
func (r *reading) step(t *testing.T) {
	if r.next == len(r.ops) {
		return
	}
	o := r.ops[r.next]
	r.next++
	s := simstore.New(0)
	s.Objects = r.store.Objects
	err := error(nil)
	if o.gone {
		err = s.Delete(context.Background(), o.key)
	} else {
		err = s.PutNew(context.Background(), o.key, store.Body{Data: strings.NewReader(""), SHA256: sha256.Sum256(nil)}, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range o.lines {
		r.have[line] = true
	}
}

// look looks, and returns what is wrong: each line that was there before must be shown,
// none twice, none without all lines before it.
func (r *reading) look() error {
	least := len(r.have)
	view, err := Look(context.Background(), r.store, log, "")
	if err != nil {
		return err
	}
	var lines []int
	for _, f := range view.Files {
		file := slices.Index(r.labels, f.Label)
		for i := range linesPerFile {
			lines = append(lines, file*linesPerFile+i)
		}
	}
	for _, l := range view.Live {
		for _, p := range l.Pieces {
			lines = append(lines, slices.Index(r.ids, l.ID)*linesPerFile+int(p.Off))
		}
	}
	for i, line := range lines {
		if line != i {
			return fmt.Errorf("line %d is shown where line %d belongs: %v", line, i, lines)
		}
	}
	if len(lines) < least {
		return fmt.Errorf("%d lines are shown, but %d were there before", len(lines), least)
	}
	return nil
}

// chooser goes through all sequences of choices.
type chooser struct {
	made, most []int
	at         int
}

// choose returns a number from 0 to most.
func (c *chooser) choose(most int) int {
	if c.at == len(c.made) {
		c.made, c.most = append(c.made, 0), append(c.most, most)
	}
	c.at++
	return c.made[c.at-1]
}

// next reports whether there is another sequence, and goes to it.
func (c *chooser) next() bool {
	c.at = 0
	for n := len(c.made) - 1; n >= 0; n-- {
		if c.made[n] < c.most[n] {
			c.made[n]++
			c.made, c.most = c.made[:n+1], c.most[:n+1]
			return true
		}
	}
	return false
}

// TestLookBetween looks with a few requests of a sender between the reader's, in
// every way in which they can lie, at every place of some scripts.
func TestLookBetween(t *testing.T) {
	most, scripts := 4, 2
	if testing.Short() {
		most, scripts = 2, 1
	}
	looks := 0
	for seed := range scripts {
		s := newScript(rand.New(rand.NewPCG(uint64(seed), 3)), 4)
		for begin := range s.ops {
			for c := new(chooser); ; {
				r := s.begin(t, 0, begin)
				left := most
				r.store.Before = func() {
					n := c.choose(left)
					left -= n
					for range n {
						r.step(t)
					}
				}
				if err := r.look(); err != nil {
					t.Fatalf("script %d from %d on, with %v: %v", seed, begin, c.made, err)
				}
				looks++
				if !c.next() {
					break
				}
			}
		}
	}
	t.Logf("%d looks", looks)
}

// TestLookWithin looks beside senders of any speed, also at a store whose listings are no
// moments. Some of the senders are faster than every reader.
func TestLookWithin(t *testing.T) {
	n := uint64(10000)
	if testing.Short() {
		n /= 10
	}
	for seed := uint64(1); seed <= n; seed++ {
		rng := rand.New(rand.NewPCG(seed, 4))
		files, fast := 2+rng.IntN(12), 1+rng.IntN(8)
		if rng.IntN(200) == 0 {
			files, fast = 150, 3
		}
		s := newScript(rng, files)
		r := s.begin(t, seed, rng.IntN(min(len(s.ops), 100)))
		some := func() {
			for range rng.IntN(fast) {
				r.step(t)
			}
		}
		r.store.Before = some
		if seed%2 == 0 {
			r.store.Within = some
		}
		if err := r.look(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

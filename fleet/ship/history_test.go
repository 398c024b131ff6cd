package ship

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"multilog/fleet/layout"
	"multilog/fleet/store/simstore"
)

var (
	seedFlag      = flag.Uint64("seed", 0, "replay this history, with what happens in it")
	historiesFlag = flag.Int("histories", 10000, "how many histories are run")
)

var packer, _ = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))

func pack(data []byte) []byte { return packer.EncodeAll(data, nil) }

// history is a logger, a store, and the senders between them.
type history struct {
	rng    *rand.Rand
	dir    *memDir
	logger *simLogger
	stores []*simstore.Store
	logs   []*Log
	first  string // label of what the store had first
	calm   bool   // nothing fails, and nothing happens unseen
	budget int    // of steps that the logger makes between two requests
	busy   bool   // the second sender is at work within a request of the first
	keep   int64
	say    func(format string, args ...any)
}

var theLog = layout.Log{Prefix: "logs", Host: "mx1", Name: "smtpd"}

func newHistory(seed uint64, say func(string, ...any)) *history {
	rng := rand.New(rand.NewPCG(seed, 2))
	h := &history{rng: rng, dir: newMemDir(), keep: 1 << 20, say: say}
	h.dir.blind = seed%3 == 0
	h.logger = newSimLogger(h.dir, rng)
	if rng.IntN(4) == 0 {
		h.keep = int64(rng.IntN(1000))
	}
	first := simstore.New(seed)
	often := []int{0, 5, 30, 100}[rng.IntN(4)]
	some := func() int { return often * rng.IntN(3) / 2 }
	first.Faults = simstore.Faults{Lost: some(), Unanswered: some(), Late: some(), Twice: some(), Busy: some(), Cut: some(), Kill: some()}
	first.MayDelete, first.MayRead = rng.IntN(5) > 0, rng.IntN(5) > 0
	first.Log = say
	h.stores = []*simstore.Store{first}
	if rng.IntN(3) == 0 {
		second := simstore.New(seed + 1)
		second.Faults, second.Objects, second.Log = first.Faults, first.Objects, say
		second.MayDelete, second.MayRead = first.MayDelete, first.MayRead
		h.stores = append(h.stores, second)
	}
	first.Before = h.between
	h.logs = make([]*Log, len(h.stores))
	for i := range h.logs {
		h.restart(i)
	}
	say("kind %d, n %d, keep %d, faults %+v, delete %v, read %v, senders %d", h.logger.kind, h.logger.n, h.keep, first.Faults,
		first.MayDelete, first.MayRead, len(h.logs))
	return h
}

func (h *history) restart(i int) {
	h.logs[i] = NewLog(theLog, h.dir, Config{
		Store: h.stores[i], Keep: h.keep,
		Now:  func() time.Time { return h.logger.now },
		Warn: func(_ layout.Log, text string) { h.say("sender %d: %s", i, text) },
	})
}

// between is what happens between two requests.
func (h *history) between() {
	for h.budget > 0 && h.rng.IntN(3) == 0 {
		h.budget-- // a logger that is faster than the store for ever proves nothing
		h.logger.step()
		h.say("logger:%v", h.dir)
		if h.calm {
			h.logs[0].Keep()
		}
	}
	if h.rng.IntN(2) == 0 {
		h.logs[0].Keep()
	}
	if len(h.logs) > 1 && !h.busy && h.rng.IntN(15) == 0 {
		h.busy = true
		h.sendBy(1)
		h.busy = false
	}
}

// sendBy has a sender make a step.
func (h *history) sendBy(i int) error {
	err := h.logs[i].Step(context.Background())
	h.say("sender %d: step: %v", i, err)
	if errors.Is(err, simstore.ErrKilled) {
		h.restart(i)
	}
	return err
}

// run lets it all happen; then the faults end, and everything must arrive.
func (h *history) run() error {
	for range 6 + h.rng.IntN(12) {
		for range h.rng.IntN(6) {
			h.logger.step()
			h.say("logger:%v", h.dir)
			if h.calm {
				h.logs[0].Keep()
			}
		}
		if h.rng.IntN(3) > 0 {
			h.logs[0].Keep()
		}
		h.budget = 20
		h.sendBy(0)
		if err := h.readBeside(); err != nil {
			return err
		}
		if h.rng.IntN(3) > 0 {
			continue
		}
		if err := h.check(false); err != nil {
			return err
		}
	}
	if h.calm {
		h.logger.down = false
	} else {
		h.logger.finish()
	}
	for i, s := range h.stores {
		s.Faults, s.KillAt = simstore.Faults{}, 0
		s.Before = nil
		s.Settle()
		h.say("sender %d: settled", i)
	}
	for range 2 {
		for i := range h.logs {
			for n := 0; ; n++ {
				if err := h.sendBy(i); err == nil {
					break
				} else if n == 5 {
					return fmt.Errorf("sender %d does not come to an end: %w", i, err)
				}
			}
		}
		h.logger.now = h.logger.now.Add(2 * cleanAfter)
	}
	return h.check(true)
}

// readBeside looks at the store while the sender is at work: what was there before
// must be in the view, once.
func (h *history) readBeside() error {
	s := simstore.New(0)
	s.Objects = h.stores[0].Objects
	before, err := h.contents(s)
	if err != nil {
		return err
	}
	h.budget = 10
	s.Before = func() {
		if h.rng.IntN(3) == 0 {
			h.sendBy(0)
		}
	}
	s.Within = s.Before
	after, err := h.contents(s)
	for w := range before {
		if err == nil && after[w] == 0 {
			err = fmt.Errorf("a reader beside the sender does not see the file %q, which was there", w.label)
		}
	}
	return err
}

// contents returns how often a look at the store shows each file.
func (h *history) contents(s *simstore.Store) (map[*written]int, error) {
	view, err := layout.Look(context.Background(), s, theLog, "")
	have := map[*written]int{}
	note := func(is func(*written) bool) {
		if w, findErr := h.find(is); findErr != nil {
			err = findErr
		} else if have[w]++; have[w] > 1 {
			err = fmt.Errorf("a look shows the file %q twice", w.label)
		}
	}
	for _, f := range view.Files {
		note(func(w *written) bool { return w.label == f.Label })
	}
	for _, live := range view.Live {
		note(func(w *written) bool { id, ok := w.id(); return ok && id == live.ID })
	}
	return have, err
}

// check holds the store against what the logger wrote. At the end all of it must be
// there, or a gap object instead.
func (h *history) check(end bool) error {
	s := simstore.New(0)
	s.Objects = h.stores[0].Objects
	view, err := layout.Look(context.Background(), s, theLog, "")
	if err != nil {
		return err
	}
	if h.first == "" && len(view.Files)+len(view.Live) > 0 {
		for _, f := range view.Files {
			h.first = f.Label
			break
		}
		for _, l := range view.Live {
			if h.first == "" || l.ID.Label() < h.first {
				h.first = l.ID.Label()
			}
		}
	}
	have := map[*written]string{}
	for _, f := range view.Files {
		w, err := h.find(func(w *written) bool { return w.label == f.Label })
		if err != nil {
			return fmt.Errorf("%s: %w", f.Key, err)
		}
		var plain bytes.Buffer
		if err := copyPlain(&plain, bytes.NewReader(s.Objects[f.Key].Data)); err != nil {
			return err
		}
		if !bytes.Equal(plain.Bytes(), w.data) {
			return fmt.Errorf("%s is\n%s, but was written as\n%s", f.Key, plain.Bytes(), w.data)
		}
		if other := have[w]; other != "" {
			return fmt.Errorf("%s is there as %s already", f.Key, other)
		}
		have[w] = f.Key
	}
	parts := map[*written]int{}
	for _, live := range view.Live {
		w, err := h.find(func(w *written) bool { id, ok := w.id(); return ok && id == live.ID })
		if err != nil {
			return fmt.Errorf("pieces %s: %w", live.ID, err)
		}
		if other := have[w]; other != "" {
			return fmt.Errorf("pieces %s are there, and %s", live.ID, other)
		}
		data, err := layout.ReadLive(context.Background(), s, live)
		if err != nil {
			return err
		}
		for _, p := range live.Pieces { // whole lines, and the first has the label in the key
			if !bytes.HasPrefix(w.data[min(p.Off, int64(len(w.data))):], []byte(p.First)) {
				return fmt.Errorf("%s does not begin with a line of that label", p.Key)
			}
		}
		if !bytes.HasPrefix(w.data, data) {
			return fmt.Errorf("pieces %s are\n%s, but what was written is\n%s", live.ID, data, w.data)
		}
		have[w], parts[w] = string(live.ID), len(data)
	}
	if !end {
		return nil
	}
	return h.checkEnd(s, view, have, parts)
}

func (h *history) find(is func(*written) bool) (*written, error) {
	i := slices.IndexFunc(h.logger.files, is)
	if i < 0 {
		return nil, errors.New("no such file was written")
	}
	return h.logger.files[i], nil
}

func (h *history) checkEnd(s *simstore.Store, view layout.View, have map[*written]string, parts map[*written]int) error {
	for i, w := range h.logger.files {
		whole := bytes.LastIndexByte(w.data, '\n') + 1
		_, waits := h.dir.files[w.label+".u"] // for a later one to be finished
		if size, ok := parts[w]; have[w] != "" && (!ok || size == whole) || whole == 0 && (waits || w == h.logger.current) {
			continue
		}
		if len(view.Files) > 0 && w.label != "" && w.label < view.Files[0].Label && parts[w] == 0 && w.label < h.first {
			continue // it came and went before anything of the log was sent
		}
		if !h.gap(view.Gaps, w.label) {
			return fmt.Errorf("file %d %s of %d bytes is not there (%d in pieces), and no gap object says so", i, w.label, len(w.data), parts[w])
		}
	}
	if !h.stores[0].MayDelete {
		return nil
	}
	for key := range s.Objects {
		if id, label, ok := theLog.ParseLive(key); ok && label != "" && view.Has(label) && !h.gap(view.Gaps, label) {
			return fmt.Errorf("%s of %s is left over", key, id)
		}
	}
	return nil
}

// gap reports whether a gap object says that the file label is missing.
func (h *history) gap(keys []string, label string) bool {
	return slices.ContainsFunc(keys, func(key string) bool {
		g, err := layout.ParseGap(h.stores[0].Objects[key].Data)
		return err == nil && (strings.HasPrefix(g.File, label) || g.File == "" && g.After < label && label < g.Before)
	})
}

// TestHistories runs senders and a logger, from seeds, under all the faults of
// package simstore.
func TestHistories(t *testing.T) {
	if *seedFlag != 0 {
		h := newHistory(*seedFlag, t.Logf)
		if err := h.run(); err != nil {
			t.Fatalf("%v\ndirectory:%v\nstore: %q", err, h.dir, slices.Sorted(maps.Keys(h.stores[0].Objects)))
		}
		return
	}
	n := uint64(*historiesFlag)
	if testing.Short() {
		n /= 10
	}
	requests, gaps := 0, 0
	for seed := uint64(1); seed <= n; seed++ {
		h := newHistory(seed, func(string, ...any) {})
		if err := h.run(); err != nil {
			t.Fatalf("%v\nTo replay: go test ./ship -run TestHistories -v -seed %d", err, seed)
		}
		requests += h.stores[0].Requests
		for key := range h.stores[0].Objects {
			if strings.HasPrefix(key, theLog.Gaps()) {
				gaps++
			}
		}
	}
	t.Logf("%d histories, %d requests, %d gap objects", n, requests, gaps)
}

// TestCalm has a sender see all that happens, and nothing fails: then no gap object
// may be put, and nothing warned of.
func TestCalm(t *testing.T) {
	for seed := uint64(1); seed <= 300; seed++ {
		h := newHistory(seed, func(string, ...any) {})
		h.calm, h.keep = true, 1<<20
		h.stores[0].Faults = simstore.Faults{}
		h.stores, h.logs = h.stores[:1], h.logs[:1]
		h.restart(0)
		h.logs[0].Warn = func(_ layout.Log, text string) { t.Errorf("seed %d: %s", seed, text) }
		if err := h.run(); err != nil {
			t.Errorf("seed %d: %v", seed, err)
		}
		for key := range h.stores[0].Objects {
			if strings.HasPrefix(key, theLog.Gaps()) {
				t.Errorf("seed %d: %s", seed, key)
			}
		}
	}
}

// TestKilledAtEach kills the sender at each of its requests, before the store has done it
// or after, until a history gets through.
func TestKilledAtEach(t *testing.T) {
	seeds := uint64(6)
	if testing.Short() {
		seeds = 2
	}
	runs := 0
	for seed := uint64(1); seed <= seeds; seed++ {
		for _, after := range []bool{false, true} {
			for at := 1; ; at++ {
				h := newHistory(seed, func(string, ...any) {})
				h.stores, h.logs = h.stores[:1], h.logs[:1]
				first := h.stores[0]
				first.Faults, first.KillAt, first.KillAfter = simstore.Faults{}, at, after
				if err := h.run(); err != nil {
					t.Fatalf("seed %d, killed at request %d, done %v: %v", seed, at, after, err)
				}
				runs++
				if first.Requests < at {
					break
				}
			}
		}
	}
	t.Logf("%d histories", runs)
}

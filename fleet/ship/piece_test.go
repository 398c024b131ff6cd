package ship

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"multilog/fleet/layout"
	"multilog/fleet/store"
	"multilog/fleet/store/simstore"
)

// busyStore has the logger write a line during each put.
type busyStore struct {
	*simstore.Store
	log  *memFile
	left int // lines
	puts int
}

func (s *busyStore) PutNew(ctx context.Context, key string, body store.Body, meta map[string]string) error {
	s.puts++
	if s.left > 0 {
		s.left--
		s.log.data = append(s.log.data, aLine(s.left)...)
	}
	return s.Store.PutNew(ctx, key, body, meta)
}

func aLine(number int) string { return fmt.Sprintf("@400000006b49d20a%08x a line\n", number) }

// A step of a log puts what is there when it begins, in pieces of up to 1 MiB, and does
// not go after lines that come meanwhile: each would cost a request.
func TestStepDoesNotChase(t *testing.T) {
	dir := newMemDir()
	s := &busyStore{Store: simstore.New(1), log: dir.create("current", []byte(strings.Repeat(aLine(1), 2*maxPiece/len(aLine(1))))), left: 50}
	l := NewLog(theLog, dir, Config{Store: s, Keep: 1 << 20, Now: time.Now, Warn: func(_ layout.Log, text string) { t.Error(text) }})
	for _, want := range []int{2, 1, 1} {
		s.puts = 0
		if err := l.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s.puts < 1 || s.puts > want {
			t.Errorf("a step put %d pieces, want %d", s.puts, want)
		}
	}
}

// rotatingStore has the logger finish a file during the first put: it writes two lines
// to current, goes on in next, and writes two lines there.
type rotatingStore struct {
	*simstore.Store
	dir  *memDir
	puts int
}

func (s *rotatingStore) PutNew(ctx context.Context, key string, body store.Body, meta map[string]string) error {
	if s.puts++; s.puts == 1 {
		old := s.dir.files["current"]
		old.data = append(old.data, aLine(2)+aLine(3)...)
		s.dir.rename("current", "previous")
		s.dir.rename("next", "current")
		now := s.dir.files["current"]
		now.data = append(now.data, aLine(4)+aLine(5)...)
	}
	return s.Store.PutNew(ctx, key, body, meta)
}

// The store has no lines of a file while it has not got all lines of the file before: a
// reader would show a hole.
func TestStepLeavesNoHole(t *testing.T) {
	dir := newMemDir()
	dir.create("current", []byte(aLine(0)+aLine(1)))
	dir.create("next", nil)
	s := &rotatingStore{Store: simstore.New(1), dir: dir}
	l := NewLog(theLog, dir, Config{Store: s, Keep: 1 << 20, Now: time.Now, Warn: func(_ layout.Log, text string) { t.Error(text) }})
	for _, want := range []string{aLine(0) + aLine(1), aLine(0) + aLine(1) + aLine(2) + aLine(3) + aLine(4) + aLine(5)} {
		if err := l.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := liveLines(t, s.Store); got != want {
			t.Errorf("the store has\n%swant\n%s", got, want)
		}
	}
}

// What the logger may still take back from a file holds up the files behind it.
func TestUnsettledLinesHoldUpLaterFiles(t *testing.T) {
	dir := newMemDir()
	dir.create("previous", []byte(aLine(0)+aLine(1)))
	dir.create("current", []byte(aLine(2)))
	dir.inFlight, dir.inFlightAt = dir.files["previous"], int64(len(aLine(0)))
	s := simstore.New(1)
	l := NewLog(theLog, dir, Config{Store: s, Keep: 1 << 20, Now: time.Now, Warn: func(_ layout.Log, text string) { t.Error(text) }})
	for _, want := range []string{aLine(0), aLine(0) + aLine(1) + aLine(2)} {
		if err := l.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := liveLines(t, s); got != want {
			t.Errorf("the store has\n%swant\n%s", got, want)
		}
		dir.inFlight = nil
	}
}

// liveLines returns the lines of all pieces in the store, in order.
func liveLines(t *testing.T, s *simstore.Store) string {
	view, err := layout.Look(t.Context(), s, theLog, "")
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for _, live := range view.Live {
		for _, p := range live.Pieces {
			if err := copyPlain(&all, bytes.NewReader(s.Objects[p.Key].Data)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return all.String()
}

package ship

import (
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

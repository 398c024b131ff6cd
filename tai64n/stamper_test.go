package tai64n

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"
)

// A model of the Stamper: the next label is the latest time of the clock, or one
// nanosecond after the last label if that is later, but at most a second ahead of
// the clock.
type model struct{ last, now Label }

func (m *model) advance(now Label) (back time.Duration) {
	next := m.last.Next()
	if next.Before(m.now) {
		next = m.now
	}
	if back = next.Time().Sub(now.Time()); back > time.Second {
		m.last, m.now = Label{}, now
		return back
	}
	if m.now.Before(now) {
		m.now = now
	}
	return 0
}

func (m *model) take() Label {
	l := m.last.Next()
	if l.Before(m.now) {
		l = m.now
	}
	m.last = l
	return l
}

func TestStamperAgainstModel(t *testing.T) {
	for seed := range uint64(50) {
		t.Logf("seed %d", seed)
		rnd := rand.New(rand.NewPCG(seed, 0))
		var s Stamper
		clock := int64(rnd.Uint64N(1<<62)) - 1<<61
		s.AdvanceUnixNano(clock)
		m := model{now: FromUnixNano(clock)}
		for range 100 {
			switch rnd.IntN(4) {
			case 0: // the clock stands still
			case 1: // it is set back
				clock -= rnd.Int64N([]int64{nanosPerSecond, 10 * nanosPerSecond}[rnd.IntN(2)])
			case 2:
				clock += rnd.Int64N(1000)
			case 3: // it goes to just before the end of a second
				clock += 2*nanosPerSecond - clock%nanosPerSecond - rnd.Int64N(300)
			}
			if got, want := s.AdvanceUnixNano(clock), m.advance(FromUnixNano(clock)); got != want {
				t.Fatalf("it goes back %v, want %v", got, want)
			}
			for range rnd.IntN(600) {
				checkNext(t, &s, m.take(), rnd.IntN(8) == 0)
			}
		}
	}
}

// checkNext takes the next label, as a Label or as text, and checks it.
func checkNext(t *testing.T, s *Stamper, want Label, asLabel bool) {
	t.Helper()
	if got := s.Peek(); got != want {
		t.Fatalf("Peek: %v, want %v", got, want)
	}
	if asLabel {
		if got := s.Take(); got != want {
			t.Fatalf("Take: %v, want %v", got, want)
		}
		return
	}
	dst := bytes.Repeat([]byte{'.'}, StampLen+1)
	s.Put(dst)
	if got := string(dst); got != want.String()+" ." {
		t.Fatalf("Put: %q, want %q", got, want.String()+" .")
	}
}

// Labels wait for a clock that is a second behind, and follow one that is further
// behind.
func TestStamperFollowsBack(t *testing.T) {
	at := func(sec uint64, nano uint32) Label { return Label{UnixEpoch + sec, nano} }
	var s Stamper
	s.Advance(at(1000, 500))
	for _, step := range []struct {
		now, want Label
		back      time.Duration
	}{
		{at(1000, 500), at(1000, 500), 0},
		{at(999, 501), at(1000, 501), 0},
		{at(999, 502), at(1000, 502), 0},
		{at(999, 502), at(999, 502), time.Second + 1},
		{at(10, 3), at(10, 3), 989*time.Second + 500},
		{at(10, 2), at(10, 4), 0},
		{at(10, 9), at(10, 9), 0},
	} {
		if back := s.Advance(step.now); back != step.back {
			t.Errorf("Advance(%v) = %v, want %v", step.now, back, step.back)
		}
		if got := s.Take(); got != step.want {
			t.Errorf("at %v: %v, want %v", step.now, got, step.want)
		}
	}
}

func TestZeroStamper(t *testing.T) {
	var s Stamper
	var dst [StampLen]byte
	for _, want := range []string{"@000000000000000000000000 ", "@000000000000000000000001 "} {
		if s.Put(dst[:]); string(dst[:]) != want {
			t.Errorf("%q, want %q", dst, want)
		}
	}
}

// A Stamper can start after the last label of an earlier process.
func TestStamperAdvancesBeyond(t *testing.T) {
	last := Label{7, 999_999_999}
	var s Stamper
	s.Advance(last.Next())
	s.Advance(Label{7, 5})
	if got := s.Take(); got != (Label{8, 0}) {
		t.Errorf("the label after %v is %v", last, got)
	}
}

func TestStamperAllocatesNothing(t *testing.T) {
	var s Stamper
	dst := make([]byte, StampLen)
	if n := testing.AllocsPerRun(1000, func() { s.AdvanceUnixNano(1e18); s.Put(dst); s.Take() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkStamperPut(b *testing.B) {
	var s Stamper
	var dst [StampLen]byte
	s.AdvanceUnixNano(1087290125927197500)
	b.SetBytes(StampLen)
	for b.Loop() {
		s.Put(dst[:])
	}
}

// It reads the clock once for each batch of 1,000 lines.
func BenchmarkStamperBatch(b *testing.B) {
	var s Stamper
	const lines = 1000
	dst := make([]byte, lines*StampLen)
	clock := int64(1087290125927197500)
	b.SetBytes(lines * StampLen)
	for b.Loop() {
		clock += 50_000
		s.AdvanceUnixNano(clock)
		for at := 0; at < len(dst); at += StampLen {
			s.Put(dst[at:])
		}
	}
}

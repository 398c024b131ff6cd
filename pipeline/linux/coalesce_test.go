package linux

import "testing"

// testCapacity is the capacity of a large pipe, in bytes.
const testCapacity = 1 << 20

// feed gives c count pieces of n bytes, gap nanoseconds apart. c waits for each or
// sleeps through it. feed returns the number of naps.
func feed(c *coalescer, now *int64, count int, gap int64, n int) (naps int) {
	for range count {
		if c.nap > 0 {
			naps++
			*now += c.nap
			c.came(*now, n*int(c.nap/gap))
		} else {
			*now += gap
			c.came(*now, n)
		}
	}
	return naps
}

func TestCoalescerSparse(t *testing.T) {
	c, now := coalescer{capacity: testCapacity}, int64(1e9)
	if naps := feed(&c, &now, 100, denseGap, 60); naps != 0 {
		t.Errorf("%d naps between lines that come %d ns apart", naps, denseGap)
	}
}

func TestCoalescerDense(t *testing.T) {
	for _, gap := range []int64{1000, 20_000, 200_000, denseGap - 1} {
		c, now := coalescer{capacity: testCapacity}, int64(1e9)
		if naps := feed(&c, &now, denseStreak, gap, 60); naps != 0 || c.nap != 0 {
			t.Errorf("gap %d: %d naps in the first %d pieces, then one of %d ns", gap, naps, denseStreak, c.nap)
		}
		feed(&c, &now, 1, gap, 60)
		if c.nap < shortNap || c.nap > longestNap {
			t.Errorf("gap %d: a nap of %d ns", gap, c.nap)
		}
		if naps := feed(&c, &now, 100, gap, 60); naps < 90 {
			t.Errorf("gap %d: %d naps in 100 waits of a dense stream", gap, naps)
		}
	}
}

// How late a line is logged depends on how many come. In a dense stream many come in a nap
// of a millisecond. In a thinner one the nap is longer, as far as that is allowed.
func TestCoalescerLength(t *testing.T) {
	for _, test := range []struct{ gap, nap int64 }{
		{20_000, shortNap},
		{shortNap / aimPieces, shortNap},
		{250_000, 2_500_000},
		{333_333, 3_333_330},
		{1_000_000, longestNap},
	} {
		c, now := coalescer{capacity: testCapacity}, int64(1e9)
		feed(&c, &now, denseStreak+1, test.gap, 60)
		if c.nap != test.nap {
			t.Errorf("the first nap between pieces %d ns apart is %d ns long, want %d", test.gap, c.nap, test.nap)
		}
		feed(&c, &now, 50, test.gap, 60)
		if c.nap < test.nap || c.nap > test.nap+test.nap/aimPieces*2 || c.nap > longestNap {
			t.Errorf("a later nap between pieces %d ns apart is %d ns long, want about %d", test.gap, c.nap, test.nap)
		}
	}
}

// A line after a pause is handled at once, and naps begin again soon if the stream
// continues.
func TestCoalescerPause(t *testing.T) {
	c, now := coalescer{capacity: testCapacity}, int64(1e9)
	feed(&c, &now, 50, 20_000, 60)
	if c.nap == 0 {
		t.Fatal("no naps in a dense stream")
	}
	now += c.nap
	c.came(now, 0) // nothing came during it
	if c.nap != 0 {
		t.Fatal("a nap after a nap in which nothing came")
	}
	feed(&c, &now, againStreak+1, 20_000, 60)
	if c.nap == 0 {
		t.Error("no naps in a stream that is dense again")
	}
	c.came(now+c.nap, 0)
	feed(&c, &now, 50, 1e9, 60)
	if c.nap != 0 {
		t.Error("naps between lines that come a second apart")
	}
}

// What comes during a nap fills about a quarter of the input's room at most.
func TestCoalescerNeverFillsThePipe(t *testing.T) {
	const capacity, gap, n = 64 << 10, 10_000, 4000 // 400 MB/s
	c, now := coalescer{capacity: capacity}, int64(1e9)
	feed(&c, &now, denseStreak+2, gap, n)
	for range 20 {
		if c.nap == 0 {
			feed(&c, &now, 1, gap, n)
			continue
		}
		came := int(c.nap/gap) * n
		now += c.nap
		c.came(now, min(came, capacity))
	}
	if came := int(c.nap/gap) * n; c.nap > shortNap/2 || came > capacity && c.nap > shortNap/10 {
		t.Errorf("a nap of %d ns, in which %d bytes come, but only %d fit", c.nap, came, capacity)
	}
}

func TestCoalescerOff(t *testing.T) {
	c, now := coalescer{capacity: testCapacity, off: true}, int64(1e9)
	if naps := feed(&c, &now, 200, 20_000, 60); naps != 0 {
		t.Errorf("%d naps, but naps are off", naps)
	}
	if c.gap != 20_000 {
		t.Errorf("the gap between pieces is %d ns", c.gap)
	}
}

func BenchmarkCoalescer(b *testing.B) {
	c := coalescer{capacity: testCapacity}
	b.ReportAllocs()
	now := int64(0)
	for b.Loop() {
		now += 100_000
		c.came(now, 600)
	}
}

package linux

// Times in nanoseconds.
const (
	shortNap    = 1_000_000 // the nap in a stream of 10,000 pieces a second or more
	longestNap  = 4_000_000 // the longest nap, in a thinner stream; naps delay lines as much
	denseGap    = 1_500_000 // pieces that come at shorter intervals are dense
	denseStreak = 8         // naps begin after this many dense pieces in a row
	againStreak = 2         // or after this many if the last nap was not worth it
	worthPieces = 2         // a nap in which fewer pieces come saves nothing
	aimPieces   = 10        // a nap is made so long that this many come, within its bounds
	pieceDrift  = 16        // how slowly the size of a piece follows larger pieces
)

// coalescer decides when to nap, by the way that input comes. If input keeps coming in
// small pieces, waking up for each of them costs the logger and the writer more than
// handling it. So the loop naps and meanwhile leaves the bytes in the pipe. A line that
// comes after a pause is handled at once.
//
// On any machine, waking from a nap costs the same as waking because a piece has come. So
// a nap in which several pieces come saves all of their wakes but one, and the more come,
// the less each of them costs. Those who follow the log would notice naps longer than
// longestNap.
type coalescer struct {
	off      bool  // never nap
	capacity int   // of the input, in bytes; it must never fill up
	woke     int64 // Mono when the last piece came
	gap      int64 // between the last two pieces
	streak   int
	piece    int   // size in bytes
	nap      int64 // its length; 0 if the loop waits for every piece
}

// came notes that a wait or a nap has ended at now and that n bytes have come.
func (c *coalescer) came(now int64, n int) {
	if c.nap > 0 {
		c.woke = now
		c.slept(n)
		return
	}
	c.gap, c.woke = now-c.woke, now
	c.streak++
	if c.gap >= denseGap {
		c.streak = 0
	}
	// Several pieces may have come before the loop woke, so the smallest counts.
	if c.piece == 0 || n < c.piece {
		c.piece = max(1, n)
	} else {
		c.piece += (n - c.piece) / pieceDrift
	}
	if c.streak >= denseStreak && !c.off {
		c.nap = shortNap
		if c.gap > shortNap/aimPieces {
			c.nap = min(aimPieces*c.gap, longestNap)
		}
		c.nap = c.bounded(n, c.gap)
	}
}

// slept judges a nap by the n bytes that came during it.
func (c *coalescer) slept(n int) {
	pieces := int64(n / c.piece)
	if pieces < worthPieces {
		c.nap, c.streak = 0, denseStreak-againStreak
		return
	}
	took := c.nap
	c.gap = took / pieces
	c.nap = min(max(c.gap*aimPieces, shortNap), longestNap)
	c.nap = c.bounded(n, took)
}

// bounded returns the nap, shortened so that at most a quarter of the input's capacity
// fills up during it, if bytes come as fast as the last n, which took so many
// nanoseconds.
func (c *coalescer) bounded(n int, took int64) int64 {
	if most := took * int64(c.capacity/4) / int64(max(n, 1)); c.nap > most {
		return max(most, shortNap/10)
	}
	return c.nap
}

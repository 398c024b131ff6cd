package linux

// Coalescing: when input keeps coming in small pieces, waking for each of them
// costs more than anything that is done with it, for the logger and for who
// writes to it. So the loop naps, and leaves the bytes in the pipe meanwhile.
// A line that comes after a pause is handled at once.

// Times in nanoseconds.
const (
	shortNap    = 1_000_000 // what a line may be late in a dense stream
	longestNap  = 4_000_000 // and in one that is hardly worth it
	denseGap    = 1_500_000 // pieces that are nearer to each other than this come densely
	denseStreak = 8         // so many of them in a row begin the naps
	againStreak = 2         // so many begin them again, after one nap in vain
	worthPieces = 2         // fewer than this in a nap, and it costs more than it saves
	aimPieces   = 4         // what a nap is made long enough for
	pieceDrift  = 16        // how slowly the size of a piece follows larger ones
)

// coalescer decides when to nap, from how the input comes.
type coalescer struct {
	off      bool  // never nap
	capacity int   // of the input, in bytes: it must never fill up
	woke     int64 // when the last piece came
	gap      int64 // between the last two
	streak   int
	piece    int   // bytes of a piece
	nap      int64 // how long; 0 while every piece is waited for
}

// came notes that input was waited for, and came at now; n bytes of it were
// new.
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
	// Several pieces may have come before the loop woke: the small ones tell.
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

// slept judges a nap by the n bytes that came in it.
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

// bounded is the nap, made so short that what comes in it at the pace of the
// last n bytes, which took so many nanoseconds, fills no more than a quarter of
// the input's room.
func (c *coalescer) bounded(n int, took int64) int64 {
	if most := took * int64(c.capacity/4) / int64(max(n, 1)); c.nap > most {
		return max(most, shortNap/10)
	}
	return c.nap
}

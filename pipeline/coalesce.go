package pipeline

// Coalescing: when input keeps coming in small pieces, waking for each of them
// costs more than anything that is done with it, for the logger and for who
// writes to it. So the loop naps, and leaves the bytes in the pipe meanwhile.
// A line that comes after a pause is handled at once.

const (
	longestNap  = 1_000_000 // nanoseconds: what a line may be late
	shortestNap = 100_000
	denseGap    = 350_000 // pieces that are nearer to each other than this come densely
	denseStreak = 8       // so many of them in a row begin the naps
	worthPieces = 3       // fewer than this in a nap, and it costs more than it saves
)

// coalescer decides when to nap, from how the input comes.
type coalescer struct {
	capacity int // of the input, in bytes: it must never fill up
	woke     int64
	streak   int
	piece    int // bytes that typically came when every piece was waited for
	nap      int64
	napping  bool
}

// came notes that input was waited for, and came at now; n bytes of it were
// new.
func (c *coalescer) came(now int64, n int) {
	if c.napping {
		c.slept(n)
		return
	}
	if now-c.woke < denseGap {
		c.streak++
	} else {
		c.streak = 0
	}
	c.woke = now
	c.piece += (n - c.piece) / 4
	if c.streak >= denseStreak {
		c.napping, c.nap = true, shortestNap
	}
}

// slept judges a nap by the n bytes that came in it.
func (c *coalescer) slept(n int) {
	switch {
	case n < worthPieces*c.piece && c.nap == longestNap || n == 0:
		c.napping, c.streak = false, 0
	case n > c.capacity/4:
		c.nap = max(c.nap/2, shortestNap)
	case n < c.capacity/8:
		c.nap = min(c.nap*2, longestNap)
	}
}

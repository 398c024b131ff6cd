package main

import (
	"fmt"
	"math/bits"
	"time"
)

// times counts durations in buckets an eighth apart, from 8 ns on.
type times struct {
	counts [64 * 8]int64
	n      int64
	max    time.Duration
}

func (t *times) add(d time.Duration) {
	t.counts[bucket(d)]++
	t.n++
	t.max = max(t.max, d)
}

// bucket is the index of d's bucket: its power of two and the three bits below.
func bucket(d time.Duration) int {
	v := uint64(max(d, 8)) // so that there are three bits below
	exp := bits.Len64(v) - 1
	return exp<<3 | int(v>>(exp-3)&7)
}

// quantile is a duration that q of all do not exceed, up to an eighth too long.
func (t *times) quantile(q float64) time.Duration {
	rest := int64(q * float64(t.n))
	for i, n := range t.counts {
		if rest -= n; rest < 0 {
			upper := time.Duration(9+i&7) << (i>>3 - 3)
			return min(upper, t.max)
		}
	}
	return t.max
}

func (t *times) String() string {
	return fmt.Sprintf("p50 %v, p99 %v, at most %v", t.quantile(0.5), t.quantile(0.99), t.max)
}

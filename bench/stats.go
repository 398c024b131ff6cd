package main

import (
	"math"
	"slices"
)

// A stat sums up the samples of one figure, one sample a round.
type stat struct {
	Samples []float64 `json:"samples"`
	Median  float64   `json:"median"`
	Min     float64   `json:"min"`
	Max     float64   `json:"max"`
	// Ratio is the median over the rounds of how many times better this
	// figure is than the baseline's in the same round, or, for a share, what
	// part of it; 0 when there is nothing to compare with.
	Ratio float64 `json:"ratio,omitempty"`
	// RatioMin and RatioMax are the spread of Ratio.
	RatioMin float64 `json:"ratio_min,omitempty"`
	RatioMax float64 `json:"ratio_max,omitempty"`
	// BestPeer is a ratio, as Ratio, to the peer with the best median.
	BestPeer float64 `json:"best_peer,omitempty"`
}

// newStat sums samples up. It needs at least one.
func newStat(samples []float64) stat {
	sorted := slices.Sorted(slices.Values(samples))
	return stat{Samples: samples, Median: quantile(sorted, 0.5), Min: sorted[0], Max: sorted[len(sorted)-1]}
}

// quantile is the q-quantile, 0 to 1, of sorted values, between two of them
// by linear interpolation; 0 of none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := q * float64(len(sorted)-1)
	low := int(math.Floor(at))
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (sorted[high]-sorted[low])*(at-float64(low))
}

// nearestRank is the smallest of the sorted values that at least the part q
// of them, 0 to 1, does not exceed. Tails want it rather than quantile:
// it is a value that was seen.
func nearestRank[T int64 | uint32](sorted []T, q float64) T {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// better compares a figure with the baseline's: by how many times it is
// better, or, for share, what part of the baseline it is.
func better(value, base float64, m metric) float64 {
	switch {
	case m.lower && value > 0:
		return base / value
	case !m.lower && base > 0:
		return value / base
	}
	return 0
}

// ratios compares s with base, round by round; nil when there is nothing to
// compare.
func (s stat) ratios(base stat, m metric) *stat {
	var ratios []float64
	for i := range min(len(s.Samples), len(base.Samples)) {
		if r := better(s.Samples[i], base.Samples[i], m); r > 0 {
			ratios = append(ratios, r)
		}
	}
	if len(ratios) == 0 {
		return nil
	}
	r := newStat(ratios)
	return &r
}

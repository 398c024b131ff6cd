package race

import (
	"fmt"
	"slices"
)

// A Stat sums up the samples of one figure, one sample a round.
type Stat struct {
	Samples []float64 `json:"samples"`
	// Value is what tables and charts show: the median of the samples or the
	// longest of them, as the metric says. Min and Max are their spread.
	Value float64 `json:"value"`
	Min   float64 `json:"min"`
	Max   float64 `json:"max"`
	// Ratio is by how many times the figure is better than the baseline's, or what
	// part of it, for a share; 0 when there is nothing to compare with. It is the
	// median over the rounds, each compared with the same round of the baseline;
	// RatioMin and RatioMax are its spread. Of the longest it is the ratio of the two
	// values, and has no spread.
	Ratio    float64 `json:"ratio,omitempty"`
	RatioMin float64 `json:"ratio_min,omitempty"`
	RatioMax float64 `json:"ratio_max,omitempty"`
	// BestPeer is such a ratio to the peer whose value is the best.
	BestPeer float64 `json:"best_peer,omitempty"`
}

// newStat sums up samples, of which there must be one at least.
func newStat(samples []float64, of Of) Stat {
	sorted := slices.Sorted(slices.Values(samples))
	s := Stat{Samples: samples, Value: median(sorted), Min: sorted[0], Max: sorted[len(sorted)-1]}
	if of == Longest {
		s.Value = s.Max
	}
	return s
}

// median returns the median of sorted values: between two of them, their mean.
func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// better returns by how many times value is better than base; 0 where that is not
// defined.
func better(value, base float64, m Metric) float64 {
	switch {
	case m.Lower && value > 0:
		return base / value
	case !m.Lower && base > 0:
		return value / base
	}
	return 0
}

// ratios compares s with base and returns the ratio and its spread; 0 when there
// is nothing to compare.
func (s Stat) ratios(base Stat, m Metric) (ratio, least, most float64) {
	if m.Of == Longest {
		r := better(s.Value, base.Value, m)
		return r, r, r
	}
	var ratios []float64
	for i := range min(len(s.Samples), len(base.Samples)) {
		if r := better(s.Samples[i], base.Samples[i], m); r > 0 {
			ratios = append(ratios, r)
		}
	}
	if len(ratios) == 0 {
		return 0, 0, 0
	}
	slices.Sort(ratios)
	return median(ratios), ratios[0], ratios[len(ratios)-1]
}

// Show returns the value with its unit, and behind it the spread, if the metric
// leads and there are several rounds.
func (m Metric) Show(s Stat) string {
	text := m.Unit.Show(s.Value)
	if m.Leads && len(s.Samples) > 1 {
		text += fmt.Sprintf(" (%s..%s)", m.Unit.Show(s.Min), m.Unit.Show(s.Max))
	}
	return text
}

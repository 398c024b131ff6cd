package lockpage

import (
	"sync/atomic"
	"time"
)

// Activity is what a page tells, besides Counters, of what the logger does now and did a
// moment ago, and how long its work has taken since Started.
type Activity struct {
	PendingLimit uint64 // how many files may be pending before the logger waits
	RoomSince    int64  // since when the logger waits for room to rotate, in nanoseconds since 1970; 0 if it does not
	PauseSince   int64  // since when writing to the directory fails; 0 if it does not

	Batches   Histogram // of the time from the first record of a batch to the end of its consume
	Syncs     Histogram // of fsyncs of finished files
	RoomWaits Histogram // of waits for room to rotate

	Rates [RateSlots]rateSlot
}

// Bounds are the upper bounds of a histogram's buckets but the last, in nanoseconds.
var Bounds = [...]int64{
	100e3, 250e3, 500e3, 1e6, 2.5e6, 5e6, 10e6, 25e6, 50e6, 100e6, 250e6, 500e6, 1e9, 2.5e9, 5e9, 10e9,
}

// Histogram counts durations.
type Histogram struct {
	Sum     uint64                  // nanoseconds
	Buckets [len(Bounds) + 1]uint64 // durations up to Bounds[i] and above Bounds[i-1]; the last has the longest
}

// Add counts a duration, in nanoseconds.
func (h *Histogram) Add(took int64) {
	i := 0
	for i < len(Bounds) && took > Bounds[i] {
		i++
	}
	Add(&h.Buckets[i], 1)
	Add(&h.Sum, uint64(max(0, took)))
}

// Count returns how many durations were counted.
func (h *Histogram) Count() (n uint64) {
	for _, b := range h.Buckets {
		n += b
	}
	return n
}

// The page keeps how many lines came in each of the last RateSlots periods of RateSlot.
const (
	RateSlots = 24
	RateSlot  = 5 * time.Second
)

// rateSlot is the lines of one period.
type rateSlot struct {
	Period uint32 // its number, counted from 1970
	Lines  uint32
}

// CountLines counts lines that came at now, in nanoseconds since 1970.
func (a *Activity) CountLines(now int64, lines int) {
	period := uint64(max(0, now)) / uint64(RateSlot)
	s := &a.Rates[period%RateSlots]
	if s.Period != uint32(period) {
		atomic.StoreUint32(&s.Lines, 0)
		atomic.StoreUint32(&s.Period, uint32(period))
	}
	atomic.StoreUint32(&s.Lines, s.Lines+uint32(lines))
}

// RatesBefore returns the lines per second of the whole periods before the time now, the
// oldest first. They are at most RateSlots - 1: those that began after the logger was
// started. A period in which nothing came, or which the page does not have, is 0.
func (s *Status) RatesBefore(now time.Time) (rates []float64) {
	current := max(0, now.UnixNano()) / int64(RateSlot)
	for p := max(0, current-RateSlots+1); p < current; p++ {
		if p*int64(RateSlot) < s.Started.UnixNano() {
			continue
		}
		lines := 0.0
		if slot := s.Activity.Rates[p%RateSlots]; slot.Period == uint32(p) {
			lines = float64(slot.Lines)
		}
		rates = append(rates, lines/RateSlot.Seconds())
	}
	return rates
}

// bound brings what a page says into bounds.
func (a *Activity) bound() {
	a.RoomSince, a.PauseSince = max(0, a.RoomSince), max(0, a.PauseSince)
	for _, h := range []*Histogram{&a.Batches, &a.Syncs, &a.RoomWaits} {
		h.Sum = min(h.Sum, maxTime)
		for i := range h.Buckets {
			h.Buckets[i] = min(h.Buckets[i], maxTime/uint64(len(h.Buckets)))
		}
	}
}

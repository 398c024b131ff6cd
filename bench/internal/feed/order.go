package feed

import (
	"math"
	"slices"

	"multilog/bench/maillog"
)

// Order tells a producer what to write to its standard output, which is a pipe.
type Order struct {
	Bytes int // of the input; a Feed sets it

	// Chunk is the number of bytes in a write, for a producer that writes as fast as
	// the logger reads; 0 means one write for each line. With Mail it is the maximum.
	Chunk int

	// Part is the number of bytes that a producer of chunks writes one second before
	// all others: the beginning of a line.
	Part int

	// PipeBytes, if positive, is the capacity that the pipe gets when the logger is
	// ready, whatever the logger has made of it.
	PipeBytes int

	// Rate, if positive, is the number of lines a second, one write each, on an
	// absolute schedule; Lines is the total number. The input starts again at its end.
	Rate  float64
	Lines int

	Mail  Mail  // if it has bytes: write a mail log instead of an input
	Watch Watch // if it has a path: find out when lines can be read

	// Timed means that the duration of each write is measured. Then the pipe does not
	// block: the producer waits in poll(2) while it is full. With Chunk and without
	// Mail, writes block.
	Timed bool
}

// A Mail is a made-up mail log that a producer writes, in writes of whole lines.
type Mail struct {
	Config maillog.Config
	Bytes  int64   // in all, about
	Pace   float64 // bytes a second
}

// Watch says where a producer's lines appear.
type Watch struct {
	Path      string // of the file, relative to the directory of the run
	LineBytes int    // of each line there
}

// Produced is a producer's result. Times are CLOCK_MONOTONIC in nanoseconds.
type Produced struct {
	Start   int64 // before the first write
	End     int64 // after the last write
	Drained int64 // when the pipe was found empty after it
	Lines   int
	Bytes   int64
	Writes  Writes    // if the order was Timed
	Seen    Quantiles // from a write until its line could be read, if it had a Watch
}

// A Writes says how long writes took, in nanoseconds.
type Writes struct {
	Quantiles
	Full        int   // how often the pipe was full
	FullTotal   int64 // for how long in all
	FullLongest int64 // and for how long at most
}

// Quantiles of durations in nanoseconds.
type Quantiles struct{ P50, P90, P99, P999, Max int64 }

// newQuantiles sorts the values.
func newQuantiles(values []int64) Quantiles {
	slices.Sort(values)
	q := func(p float64) int64 { return NearestRank(values, p) }
	return Quantiles{q(0.5), q(0.9), q(0.99), q(0.999), q(1)}
}

// NearestRank returns the smallest of the sorted values that is at least as large as
// the part q (0 to 1) of them, or 0 if there are none. It is one of the values, as a
// tail should be.
func NearestRank(sorted []int64, q float64) int64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

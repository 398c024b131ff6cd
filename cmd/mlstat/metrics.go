package main

import "multilog/rotate/lockpage"

// A metric is one number about a directory.
type metric struct {
	name, kind, unit, help string
	value                  func(l look) float64
}

// counter returns a metric that only grows while a logger runs. A counter of seconds is
// given in nanoseconds.
func counter(name, unit, help string, get func(c *lockpage.Counters) uint64) metric {
	return metric{name, "counter", unit, help, func(l look) float64 {
		n := float64(get(&l.Counters))
		if unit == "seconds" {
			n /= 1e9
		}
		return n
	}}
}

// gauge returns a metric that may also shrink. A gauge of seconds is given in
// nanoseconds.
func gauge(name, unit, help string, get func(c *lockpage.Counters) uint64) metric {
	m := counter(name, unit, help, get)
	m.kind = "gauge"
	return m
}

// metrics are all metrics, under the names that programs see.
var metrics = []metric{
	{"up", "gauge", "", "1 if this logger holds the directory, otherwise 0", func(l look) float64 {
		if l.Alive {
			return 1
		}
		return 0
	}},
	{"started_seconds", "gauge", "seconds", "time at which the logger was started, since 1970", func(l look) float64 {
		return float64(l.Started.UnixNano()) / 1e9
	}},
	counter("read_bytes", "bytes", "bytes taken from standard input", func(c *lockpage.Counters) uint64 { return c.BytesIn }),
	counter("read_lines", "", "lines taken from standard input", func(c *lockpage.Counters) uint64 { return c.LinesIn }),
	counter("selected_lines", "", "lines selected for the directory", func(c *lockpage.Counters) uint64 { return c.LinesSelected }),
	counter("written_bytes", "bytes", "bytes written to the directory", func(c *lockpage.Counters) uint64 { return c.BytesWritten }),
	counter("batches", "", "batches of input", func(c *lockpage.Counters) uint64 { return c.Batches }),
	counter("rotations", "", "rotations, each of which finishes a file", func(c *lockpage.Counters) uint64 { return c.Rotations }),
	gauge("pending_files", "", "finished files that are not safe yet", func(c *lockpage.Counters) uint64 { return c.Pending }),
	counter("syncs", "", "fsyncs of finished files", func(c *lockpage.Counters) uint64 { return c.Syncs }),
	gauge("sync_last_seconds", "seconds", "time of the last fsync", func(c *lockpage.Counters) uint64 { return c.SyncLast }),
	gauge("sync_longest_seconds", "seconds", "time of the longest fsync", func(c *lockpage.Counters) uint64 { return c.SyncLongest }),
	gauge("batch_longest_seconds", "seconds", "time of the longest batch", func(c *lockpage.Counters) uint64 { return c.BatchLongest }),
	counter("room_waits", "", "times that the logger waited for room to rotate", func(c *lockpage.Counters) uint64 { return c.RoomWaits }),
	counter("room_waited_seconds", "seconds", "time that the logger waited for room to rotate", func(c *lockpage.Counters) uint64 { return c.RoomWaited }),
	counter("processor_runs", "", "runs of the processor", func(c *lockpage.Counters) uint64 { return c.ProcessorRuns }),
	counter("processor_failures", "", "runs of the processor that failed", func(c *lockpage.Counters) uint64 { return c.ProcessorBad }),
	counter("write_pauses", "", "writes that failed and were retried", func(c *lockpage.Counters) uint64 { return c.WritePauses }),
}

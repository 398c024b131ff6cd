package main

import (
	"time"

	"multilog/rotate/lockpage"
)

// A metric is one number about a directory or, if histogram is set, a histogram of
// durations.
type metric struct {
	name, kind, unit, help string

	value     func(l look) float64
	histogram func(a *lockpage.Activity) *lockpage.Histogram
}

// counter returns a metric that only grows while a logger runs. A counter of seconds is
// given in nanoseconds.
func counter(name, unit, help string, get func(c *lockpage.Counters) uint64) metric {
	return metric{name: name, kind: "counter", unit: unit, help: help, value: func(l look) float64 {
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

// instant returns a metric that is a time, in seconds since 1970, or 0. get returns
// nanoseconds.
func instant(name, help string, get func(l look) int64) metric {
	return metric{name: name, kind: "gauge", unit: "seconds", help: help, value: func(l look) float64 { return float64(get(l)) / 1e9 }}
}

// boolean returns a metric that is 1 or 0.
func boolean(name, help string, get func(l look) bool) metric {
	return metric{name: name, kind: "gauge", help: help, value: func(l look) float64 {
		if get(l) {
			return 1
		}
		return 0
	}}
}

func histogram(name, help string, get func(a *lockpage.Activity) *lockpage.Histogram) metric {
	return metric{name: name, kind: "histogram", unit: "seconds", help: help, histogram: get}
}

// now returns a time that the page tells of the present, or 0 if its logger is gone.
func now(l look, since int64) int64 {
	if !l.Alive {
		return 0
	}
	return since
}

// metrics are all metrics, under the names that programs see.
var metrics = []metric{
	boolean("up", "1 if this logger holds the directory, otherwise 0", func(l look) bool { return l.Alive }),
	instant("started_seconds", "time at which the logger was started, since 1970", func(l look) int64 { return l.Started.UnixNano() }),
	instant("last_line_seconds", "time at which the last lines came, since 1970, or 0", func(l look) int64 { return l.Counters.LastBatch }),
	counter("read_bytes", "bytes", "bytes taken from standard input", func(c *lockpage.Counters) uint64 { return c.BytesIn }),
	counter("read_lines", "", "lines taken from standard input", func(c *lockpage.Counters) uint64 { return c.LinesIn }),
	counter("selected_lines", "", "lines selected for the directory", func(c *lockpage.Counters) uint64 { return c.LinesSelected }),
	counter("written_bytes", "bytes", "bytes written to the directory", func(c *lockpage.Counters) uint64 { return c.BytesWritten }),
	counter("batches", "", "batches of input", func(c *lockpage.Counters) uint64 { return c.Batches }),
	histogram("batch_duration_seconds", "time of a batch, from its record to its consume", func(a *lockpage.Activity) *lockpage.Histogram { return &a.Batches }),
	counter("rotations", "", "rotations, each of which finishes a file", func(c *lockpage.Counters) uint64 { return c.Rotations }),
	gauge("pending_files", "", "finished files that are not safe yet", func(c *lockpage.Counters) uint64 { return c.Pending }),
	{name: "pending_files_limit", kind: "gauge", help: "pending files at which the logger waits", value: func(l look) float64 { return float64(l.Activity.PendingLimit) }},
	instant("pending_since_seconds", "time at which the oldest pending file came to its stage, since 1970, or 0", func(l look) int64 {
		if len(l.Files) == 0 {
			return 0
		}
		return now(l, l.Files[0].Since.UnixNano())
	}),
	counter("syncs", "", "fsyncs of finished files", func(c *lockpage.Counters) uint64 { return c.Syncs }),
	histogram("sync_duration_seconds", "time of an fsync of a finished file", func(a *lockpage.Activity) *lockpage.Histogram { return &a.Syncs }),
	gauge("sync_last_seconds", "seconds", "time of the last fsync", func(c *lockpage.Counters) uint64 { return c.SyncLast }),
	gauge("sync_longest_seconds", "seconds", "time of the longest fsync", func(c *lockpage.Counters) uint64 { return c.SyncLongest }),
	gauge("batch_longest_seconds", "seconds", "time of the longest batch", func(c *lockpage.Counters) uint64 { return c.BatchLongest }),
	counter("room_waits", "", "times that the logger waited for room to rotate", func(c *lockpage.Counters) uint64 { return c.RoomWaits }),
	counter("room_waited_seconds", "seconds", "time that the logger waited for room to rotate", func(c *lockpage.Counters) uint64 { return c.RoomWaited }),
	histogram("room_wait_duration_seconds", "time of a wait for room to rotate", func(a *lockpage.Activity) *lockpage.Histogram { return &a.RoomWaits }),
	instant("waiting_since_seconds", "time since which the logger waits for room to rotate, since 1970, or 0", func(l look) int64 { return now(l, l.Activity.RoomSince) }),
	counter("processor_runs", "", "runs of the processor", func(c *lockpage.Counters) uint64 { return c.ProcessorRuns }),
	counter("processor_failures", "", "runs of the processor that failed", func(c *lockpage.Counters) uint64 { return c.ProcessorBad }),
	boolean("processor_failing", "1 if the last run of the processor has failed, otherwise 0", func(l look) bool {
		return l.Alive && len(l.Files) > 0 && l.Files[0].Failing && l.Files[0].Stage == lockpage.StageProcessing
	}),
	boolean("pending_failing", "1 if the last try to make the oldest pending file safe has failed, otherwise 0", func(l look) bool {
		return l.Alive && len(l.Files) > 0 && l.Files[0].Failing
	}),
	counter("write_pauses", "", "writes that failed and were retried", func(c *lockpage.Counters) uint64 { return c.WritePauses }),
	instant("write_failing_since_seconds", "time since which writing to the directory fails, since 1970, or 0", func(l look) int64 { return now(l, l.Activity.PauseSince) }),
}

// seconds returns a bound of a histogram.
func seconds(bound int64) float64 { return time.Duration(bound).Seconds() }

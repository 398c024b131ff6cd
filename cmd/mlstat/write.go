package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"multilog/internal/visible"
	"multilog/rotate/lockpage"
)

// The three ways to show a status: a table for people, JSON, OpenMetrics.

// writeTable shows what people want to know. Rates are those since before, or,
// without it, since the logger was started.
func writeTable(w io.Writer, looks, before []glance) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "DIRECTORY\tLOGGER\tUP\tIN\tLINES\tSELECTED\tWRITTEN\tRATE\tROTATED\tPENDING\tFSYNC last/max\tBATCH max\tWAITED\tTROUBLE\tI/O")
	for _, l := range looks {
		c := &l.Counters
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s/%s\t%s\t%s\t%s\t%s\n",
			visible.Text(l.Dir), loggerCell(l), up(l), humanize.IBytes(c.BytesIn), count(c.LinesIn), count(c.LinesSelected),
			humanize.IBytes(c.BytesWritten), rate(l, before), c.Rotations, c.Pending,
			took(c.SyncLast), took(c.SyncLongest), took(c.BatchLongest), took(c.RoomWaited), trouble(c), backend(l))
	}
	_ = t.Flush()
}

// loggerCell returns the cell of the column LOGGER.
func loggerCell(l glance) string {
	switch {
	case l.Alive:
		return fmt.Sprintf("pid %d", l.PID)
	case l.Holder.PID != 0:
		return fmt.Sprintf("another's, pid %d", l.Holder.PID)
	case l.Holder.Held:
		return "another's"
	case l.PID == 0:
		return "none"
	default:
		return "gone"
	}
}

func up(l glance) string {
	if !l.Alive {
		return "-"
	}
	return l.at.Sub(l.Started).Round(time.Second).String()
}

func count(n uint64) string {
	if n < 100_000 {
		return humanize.Comma(int64(n))
	}
	v, unit := humanize.ComputeSI(float64(n))
	return fmt.Sprintf("%.1f%s", v, unit)
}

func took(ns uint64) string {
	d := time.Duration(ns)
	switch {
	case d >= time.Second:
		d = d.Round(10 * time.Millisecond)
	case d >= time.Millisecond:
		d = d.Round(10 * time.Microsecond)
	default:
		d = d.Round(time.Microsecond)
	}
	return d.String()
}

// rate is lines per second.
func rate(l glance, before []glance) string {
	lines, since := l.Counters.LinesIn, l.Started
	for _, b := range before {
		if b.Dir == l.Dir && b.PID == l.PID && b.Counters.LinesIn <= lines {
			lines, since = lines-b.Counters.LinesIn, b.at
		}
	}
	end := l.at
	if !l.Alive {
		end = time.Unix(0, l.Counters.LastBatch)
	}
	seconds := end.Sub(since).Seconds()
	if l.PID == 0 || seconds <= 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f/s", float64(lines)/seconds)
}

func trouble(c *lockpage.Counters) string {
	var parts []string
	if c.WritePauses > 0 {
		parts = append(parts, fmt.Sprintf("%d writes tried again", c.WritePauses))
	}
	if c.ProcessorBad > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d processor runs failed", c.ProcessorBad, c.ProcessorRuns))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

func backend(l glance) string {
	if l.Backend == "" {
		return "-"
	}
	return visible.Text(l.Backend)
}

// object is the JSON of a directory. Times are in seconds.
type object struct {
	Dir     string    `json:"dir"`
	Alive   bool      `json:"alive"`
	PID     int       `json:"pid,omitempty"`
	Other   int       `json:"other_pid,omitempty"` // of another program that holds the directory
	Started time.Time `json:"started,omitzero"`
	Backend string    `json:"io,omitempty"`

	Metrics map[string]float64 `json:"metrics,omitempty"`
}

func writeJSON(w io.Writer, looks []glance) {
	e := json.NewEncoder(w)
	for _, l := range looks {
		o := object{Dir: l.Dir, Alive: l.Alive, PID: l.PID, Started: l.Started, Backend: l.Backend}
		if !l.Alive {
			o.Other = l.Holder.PID
		}
		if l.PID != 0 {
			o.Metrics = map[string]float64{}
			for _, m := range metrics {
				o.Metrics[m.name] = m.value(l)
			}
		}
		_ = e.Encode(o)
	}
}

// metric is one number about a directory.
type metric struct {
	name, kind, unit, help string
	value                  func(l glance) float64
}

func counter(name, unit, help string, get func(c *lockpage.Counters) uint64) metric {
	return metric{name, "counter", unit, help, func(l glance) float64 {
		n := float64(get(&l.Counters))
		if unit == "seconds" {
			n /= 1e9
		}
		return n
	}}
}

func gauge(name, unit, help string, get func(c *lockpage.Counters) uint64) metric {
	m := counter(name, unit, help, get)
	m.kind = "gauge"
	return m
}

// metrics are all numbers, under the names that programs see.
var metrics = []metric{
	{"up", "gauge", "", "whether this logger holds the directory", func(l glance) float64 {
		if l.Alive {
			return 1
		}
		return 0
	}},
	{"started_seconds", "gauge", "seconds", "when the logger was started, since 1970", func(l glance) float64 {
		return float64(l.Started.UnixNano()) / 1e9
	}},
	counter("read_bytes", "bytes", "bytes taken from standard input", func(c *lockpage.Counters) uint64 { return c.BytesIn }),
	counter("read_lines", "", "lines taken from standard input", func(c *lockpage.Counters) uint64 { return c.LinesIn }),
	counter("selected_lines", "", "lines that went to the directory", func(c *lockpage.Counters) uint64 { return c.LinesSelected }),
	counter("written_bytes", "bytes", "bytes written to the directory", func(c *lockpage.Counters) uint64 { return c.BytesWritten }),
	counter("batches", "", "batches of input", func(c *lockpage.Counters) uint64 { return c.Batches }),
	counter("rotations", "", "files finished", func(c *lockpage.Counters) uint64 { return c.Rotations }),
	gauge("pending_files", "", "finished files that are not safe yet", func(c *lockpage.Counters) uint64 { return c.Pending }),
	counter("syncs", "", "fsyncs of finished files", func(c *lockpage.Counters) uint64 { return c.Syncs }),
	gauge("sync_last_seconds", "seconds", "time of the last fsync", func(c *lockpage.Counters) uint64 { return c.SyncLast }),
	gauge("sync_longest_seconds", "seconds", "time of the longest fsync", func(c *lockpage.Counters) uint64 { return c.SyncLongest }),
	gauge("batch_longest_seconds", "seconds", "longest time that a batch took", func(c *lockpage.Counters) uint64 { return c.BatchLongest }),
	counter("room_waits", "", "times the loop waited for room to rotate", func(c *lockpage.Counters) uint64 { return c.RoomWaits }),
	counter("room_waited_seconds", "seconds", "time the loop waited for room", func(c *lockpage.Counters) uint64 { return c.RoomWaited }),
	counter("processor_runs", "", "runs of the processor", func(c *lockpage.Counters) uint64 { return c.ProcessorRuns }),
	counter("processor_failures", "", "runs of the processor that failed", func(c *lockpage.Counters) uint64 { return c.ProcessorBad }),
	counter("write_pauses", "", "writes that failed and were tried again", func(c *lockpage.Counters) uint64 { return c.WritePauses }),
}

// writeOpenMetrics writes the text format of OpenMetrics 1.0.
func writeOpenMetrics(w io.Writer, looks []glance) {
	for _, m := range metrics {
		name := "multilog_" + m.name
		fmt.Fprintf(w, "# TYPE %s %s\n", name, m.kind)
		if m.unit != "" {
			fmt.Fprintf(w, "# UNIT %s %s\n", name, m.unit)
		}
		fmt.Fprintf(w, "# HELP %s %s.\n", name, m.help)
		suffix := ""
		if m.kind == "counter" {
			suffix = "_total"
		}
		for _, l := range looks {
			if l.PID != 0 {
				fmt.Fprintf(w, "%s%s{dir=\"%s\"} %.16g\n", name, suffix, labelValue(l.Dir), m.value(l))
			}
		}
	}
	fmt.Fprintln(w, "# EOF")
}

var escape = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

// labelValue is name as OpenMetrics has it between quotes: UTF-8. Else nobody takes
// the whole output.
func labelValue(name string) string { return escape.Replace(visible.UTF8(name)) }

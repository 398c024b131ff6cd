package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"multilog/internal/visible"
	"multilog/rotate/lockpage"
)

// A column is one column of the wide table.
type column struct {
	title string
	cell  func(l look) string
}

// columns returns the columns of the wide table. Rates are those since before.
func columns(before []look) []column {
	return []column{
		{"DIRECTORY", func(l look) string { return visible.Text(l.Dir) }},
		{"LOGGER", loggerCell},
		{"STATE", stateCell},
		{"IN", func(l look) string { return humanize.IBytes(l.Counters.BytesIn) }},
		{"LINES", func(l look) string { return count(l.Counters.LinesIn) }},
		{"SELECTED", func(l look) string { return count(l.Counters.LinesSelected) }},
		{"WRITTEN", func(l look) string { return humanize.IBytes(l.Counters.BytesWritten) }},
		{"LINES/s", func(l look) string { return rateCell(l, before) }},
		{"LAST", lastCell},
		{"ROTATED", func(l look) string { return fmt.Sprint(l.Counters.Rotations) }},
		{"PENDING", pendingCell},
		{"STAGE", stage},
		{"FSYNC last/p99/max", func(l look) string {
			return took(l.Counters.SyncLast) + "/" + p99(&l.Activity.Syncs, l.Counters.SyncLongest) + "/" + took(l.Counters.SyncLongest)
		}},
		{"BATCH p99/max", func(l look) string {
			return p99(&l.Activity.Batches, l.Counters.BatchLongest) + "/" + took(l.Counters.BatchLongest)
		}},
		{"WAITED", func(l look) string { return took(l.Counters.RoomWaited) }},
		{"TROUBLE", func(l look) string {
			if parts := troubles(l); len(parts) > 0 {
				return strings.Join(parts, "; ")
			}
			return "-"
		}},
		{"I/O", backend},
	}
}

// writeLong writes all figures, one line for each directory. before is the look before
// this one, or nil.
func writeLong(w io.Writer, looks, before []look) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	shown := columns(before)
	row := make([]string, len(shown))
	for i, c := range shown {
		row[i] = c.title
	}
	fmt.Fprintln(t, strings.Join(row, "\t"))
	for _, l := range looks {
		for i, c := range shown {
			row[i] = c.cell(l)
		}
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	_ = t.Flush()
}

func loggerCell(l look) string {
	switch {
	case l.Alive:
		return fmt.Sprintf("pid %d", l.PID)
	case l.Holder.PID != 0:
		return fmt.Sprintf("another's, pid %d", l.Holder.PID)
	case l.Holder.Held:
		return "another's"
	}
	return "-"
}

// stage returns how far the oldest file is that is full and not safe yet, and for how
// long it has been there.
func stage(l look) string {
	if len(l.Files) == 0 || !l.Alive {
		return "-"
	}
	f := l.Files[0]
	text := fmt.Sprintf("%v %v", f.Stage, max(0, l.at.Sub(f.Since)).Round(time.Second))
	if f.Failing {
		text += ", failing"
	}
	return text
}

// p99 returns the upper bound of the bucket that has the 99th percentile, but no more than
// the longest, in nanoseconds.
func p99(h *lockpage.Histogram, longest uint64) string {
	n := h.Count()
	below := uint64(0)
	for i, b := range h.Buckets[:len(lockpage.Bounds)] {
		if below += b; n > 0 && below >= n-n/100 {
			return took(min(uint64(lockpage.Bounds[i]), longest))
		}
	}
	return took(longest)
}

func backend(l look) string {
	if l.Backend == "" {
		return "-"
	}
	return visible.Text(l.Backend)
}

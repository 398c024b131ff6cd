package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"multilog/internal/visible"
)

// A column is one column of the table.
type column struct {
	title string
	cell  func(l look) string
}

// columns returns the columns of the table. Rates are those since before or, for a
// directory that is not in it, since the logger was started.
func columns(before []look) []column {
	return []column{
		{"DIRECTORY", func(l look) string { return visible.Text(l.Dir) }},
		{"LOGGER", loggerCell},
		{"UP", up},
		{"IN", func(l look) string { return humanize.IBytes(l.Counters.BytesIn) }},
		{"LINES", func(l look) string { return count(l.Counters.LinesIn) }},
		{"SELECTED", func(l look) string { return count(l.Counters.LinesSelected) }},
		{"WRITTEN", func(l look) string { return humanize.IBytes(l.Counters.BytesWritten) }},
		{"RATE", func(l look) string { return rate(l, before) }},
		{"ROTATED", func(l look) string { return fmt.Sprint(l.Counters.Rotations) }},
		{"PENDING", func(l look) string { return fmt.Sprint(l.Counters.Pending) }},
		{"STAGE", stage},
		{"FSYNC last/max", func(l look) string { return took(l.Counters.SyncLast) + "/" + took(l.Counters.SyncLongest) }},
		{"BATCH max", func(l look) string { return took(l.Counters.BatchLongest) }},
		{"WAITED", func(l look) string { return took(l.Counters.RoomWaited) }},
		{"TROUBLE", trouble},
		{"I/O", backend},
	}
}

// writeTable writes what people want to know, one line for each directory. before is the
// look before this one, or nil.
func writeTable(w io.Writer, looks, before []look) {
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
	case l.PID == 0:
		return "none"
	default:
		return "gone"
	}
}

func up(l look) string {
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

// rate returns lines per second.
func rate(l look, before []look) string {
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

func trouble(l look) string {
	c := &l.Counters
	var parts []string
	if c.WritePauses > 0 {
		parts = append(parts, fmt.Sprintf("%d writes retried", c.WritePauses))
	}
	if c.ProcessorBad > 0 {
		parts = append(parts, fmt.Sprintf("%d of %d processor runs failed", c.ProcessorBad, c.ProcessorRuns))
	}
	if len(parts) == 0 {
		return "-"
	}
	return strings.Join(parts, ", ")
}

func backend(l look) string {
	if l.Backend == "" {
		return "-"
	}
	return visible.Text(l.Backend)
}

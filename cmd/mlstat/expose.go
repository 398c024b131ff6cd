package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"multilog/internal/visible"
	"multilog/rotate/lockpage"
)

// An exposition is a format of metrics.
type exposition int

const (
	openMetrics exposition = iota // OpenMetrics 1.0: a counter's name has no _total but in its samples
	prometheus                    // Prometheus' text format 0.0.4, which node_exporter's textfile collector reads
)

// writeMetrics writes all metrics of all directories.
func writeMetrics(w io.Writer, looks []look, format exposition) {
	for _, m := range metrics {
		name, total := "multilog_"+m.name, ""
		if m.kind == "counter" {
			total = "_total"
		}
		if format == prometheus {
			name, total = name+total, ""
		}
		if format == openMetrics && m.unit != "" {
			fmt.Fprintf(w, "# TYPE %s %s\n# UNIT %[1]s %[3]s\n# HELP %[1]s %[4]s.\n", name, m.kind, m.unit, m.help)
		} else {
			fmt.Fprintf(w, "# TYPE %s %s\n# HELP %[1]s %[3]s.\n", name, m.kind, m.help)
		}
		for _, l := range looks {
			switch dir := labelValue(l.Dir); {
			case l.PID == 0:
			case m.histogram != nil:
				writeHistogram(w, name, dir, m.histogram(&l.Activity))
			default:
				fmt.Fprintf(w, "%s%s{dir=\"%s\"} %.16g\n", name, total, dir, m.value(l))
			}
		}
	}
	if format == openMetrics {
		fmt.Fprintln(w, "# EOF")
	}
}

// writeHistogram writes the samples of a histogram. Each bucket counts those below it, too.
func writeHistogram(w io.Writer, name, dir string, h *lockpage.Histogram) {
	n := uint64(0)
	for i, b := range h.Buckets {
		n += b
		bound := "+Inf"
		if i < len(lockpage.Bounds) {
			bound = strconv.FormatFloat(seconds(lockpage.Bounds[i]), 'f', -1, 64)
			if !strings.Contains(bound, ".") {
				bound += ".0" // as OpenMetrics wants it
			}
		}
		fmt.Fprintf(w, "%s_bucket{dir=\"%s\",le=\"%s\"} %d\n", name, dir, bound, n)
	}
	fmt.Fprintf(w, "%s_sum{dir=\"%s\"} %.16g\n%[1]s_count{dir=\"%[2]s\"} %[4]d\n", name, dir, float64(h.Sum)/1e9, n)
}

// escape escapes the value of a label.
var escape = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

// labelValue returns name as the value of a label, for between the quotes. It must be
// UTF-8, or readers refuse the whole output.
func labelValue(name string) string { return escape.Replace(visible.UTF8(name)) }

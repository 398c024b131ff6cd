package main

import (
	"fmt"
	"io"
	"strings"

	"multilog/internal/visible"
)

// writeOpenMetrics writes all metrics of all directories in the text format of
// OpenMetrics 1.0.
func writeOpenMetrics(w io.Writer, looks []look) {
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

// escape escapes the value of a label.
var escape = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

// labelValue returns name as the value of a label, for between the quotes. It must be
// UTF-8, or readers refuse the whole output.
func labelValue(name string) string { return escape.Replace(visible.UTF8(name)) }

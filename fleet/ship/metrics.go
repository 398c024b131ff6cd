package ship

import (
	"fmt"
	"os"
	"strings"
	"time"
)

// metrics are the figures of a log.
var metrics = []struct {
	name, kind, unit, help string
	value                  func(s Stats, now time.Time) float64
}{
	{"lag_seconds", "gauge", "seconds", "Time since everything that was logged was in the store", func(s Stats, now time.Time) float64 { return max(0, now.Sub(s.Complete).Seconds()) }},
	{"lag_bytes", "gauge", "bytes", "Finished files that were not in the store when they were last looked at", func(s Stats, _ time.Time) float64 { return float64(s.LagBytes) }},
	{"kept_bytes", "gauge", "bytes", "What the logger has removed and is kept until it is in the store", func(s Stats, _ time.Time) float64 { return float64(s.KeptBytes) }},
	{"requests", "counter", "", "Requests to the store", func(s Stats, _ time.Time) float64 { return float64(s.Requests) }},
	{"retries", "counter", "", "Steps that failed and were tried again", func(s Stats, _ time.Time) float64 { return float64(s.Retries) }},
	{"files", "counter", "", "Finished files that were put into the store", func(s Stats, _ time.Time) float64 { return float64(s.Files) }},
	{"pieces", "counter", "", "Pieces of unfinished files that were put into the store", func(s Stats, _ time.Time) float64 { return float64(s.Pieces) }},
	{"gaps", "counter", "", "Gap objects that were put into the store: lines are missing, or may be", func(s Stats, _ time.Time) float64 { return float64(s.Gaps) }},
	{"sent_bytes", "counter", "bytes", "Bytes of the objects that were put", func(s Stats, _ time.Time) float64 { return float64(s.SentBytes) }},
}

// Metrics returns the figures of logs in the text format of OpenMetrics 1.0.
func Metrics(logs []*Log, now time.Time) string {
	stats := make([]Stats, len(logs))
	for i, l := range logs {
		stats[i] = l.Stats()
	}
	var out strings.Builder
	for _, m := range metrics {
		name, suffix := "mlship_"+m.name, ""
		fmt.Fprintf(&out, "# TYPE %s %s\n", name, m.kind)
		if m.unit != "" {
			fmt.Fprintf(&out, "# UNIT %s %s\n", name, m.unit)
		}
		fmt.Fprintf(&out, "# HELP %s %s.\n", name, m.help)
		if m.kind == "counter" {
			suffix = "_total"
		}
		for i, l := range logs {
			fmt.Fprintf(&out, "%s%s{host=\"%s\",log=\"%s\"} %.16g\n", name, suffix, l.log.Host, l.log.Name, m.value(stats[i], now))
		}
	}
	out.WriteString("# EOF\n")
	return out.String()
}

// WriteMetrics puts the figures into a file: all of them or none.
func WriteMetrics(path string, logs []*Log, now time.Time) error {
	if err := os.WriteFile(path+newSuffix, []byte(Metrics(logs, now)), 0o644); err != nil {
		return err
	}
	return os.Rename(path+newSuffix, path)
}

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"multilog/cmd/mlcat/internal/engine"
	"multilog/cmd/mlcat/internal/histogram"
	"multilog/cmd/mlcat/internal/leap"
	"multilog/cmd/mlcat/internal/render"
	"multilog/cmd/mlcat/internal/source"
	"multilog/internal/console"
	"multilog/internal/visible"
	"multilog/tai64n/localtime"
)

// tally counts the wanted lines of logs. It calls take with them, if that is not nil, log by log.
func (p *program) tally(logs []*source.Source, take func(*render.Lines)) (counts []int) {
	style := *p.style
	style.Format = render.Nothing
	counts = make([]int, len(logs))
	engine.Tally(logs, &style, func(log *source.Source, lines *render.Lines) {
		counts[log.Number] += lines.Count
		p.shown += lines.Count
		if take != nil {
			take(lines)
		}
	})
	return counts
}

// showCount prints the number of lines: of one log, or of each of several, as wc does.
func (p *program) showCount(logs []*source.Source) error {
	counts := p.tally(logs, nil)
	if p.format.Name == "json" {
		to := json.NewEncoder(p.out)
		for i, n := range counts {
			from := p.style.Logs[i]
			err := to.Encode(struct {
				Dir   string `json:"dir,omitempty"`
				Host  string `json:"host,omitempty"`
				Log   string `json:"log,omitempty"`
				Lines int    `json:"lines"`
			}{from.Dir, from.Host, from.Log, n})
			if err != nil {
				return err
			}
		}
		return nil
	}
	named := p.names == "always" || p.names == "auto" && len(logs) > 1
	if !named {
		_, err := fmt.Fprintln(p.out, p.shown)
		return err
	}
	width := len(fmt.Sprint(p.shown))
	var text strings.Builder
	for i, n := range counts {
		fmt.Fprintf(&text, "%*d %s\n", width, n, visible.Text(p.style.Logs[i].Name))
	}
	if len(logs) > 1 {
		fmt.Fprintf(&text, "%*d total\n", width, p.shown)
	}
	_, err := p.out.Write([]byte(text.String()))
	return err
}

// showHistogram prints how many lines there are in each minute, hour or day.
func (p *program) showHistogram(logs []*source.Source) error {
	zone := p.style.Zone
	if p.format.UTC {
		zone = localtime.New("UTC0", "")
	}
	h := histogram.New(zone.Offset)
	unknown := 0
	p.tally(logs, func(lines *render.Lines) {
		for i := range lines.Marks {
			m := &lines.Marks[i]
			label := m.Label
			if p.tai {
				label = leap.FromTAI(label)
			}
			if m.Known {
				h.Add(label.Unix())
			} else {
				unknown++
			}
		}
	})
	if unknown > 0 {
		p.failed = true
		say(console.Warning, fmt.Sprintf("the times of %d lines are not known: the histogram is without them", unknown))
	}
	unit := h.Fitting()
	for u, name := range map[histogram.Unit]string{histogram.Minute: "minute", histogram.Hour: "hour", histogram.Day: "day"} {
		if name == p.unit {
			unit = u
		}
	}
	buckets := h.Buckets(unit)
	if p.format.Name == "json" {
		to := json.NewEncoder(p.out)
		for _, b := range buckets {
			err := to.Encode(struct {
				Time  string `json:"time"`
				Lines int    `json:"lines"`
			}{time.Unix(b.Unix, 0).UTC().Format(time.RFC3339), b.Lines})
			if err != nil {
				return err
			}
		}
		return nil
	}
	columns := 0 // no bars
	if isTerminal(1) {
		columns = terminalColumns()
	}
	_, err := p.out.Write(histogram.Text(buckets, unit, columns, isUTF8()))
	return err
}

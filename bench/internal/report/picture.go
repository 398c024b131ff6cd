package report

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"multilog/bench/internal/race"
)

// picture is an SVG file that stands alone, for other pages: some cases of a scenario,
// one below the other. It contains its colours, light and dark.
type picture struct {
	file, title, scenario string
	cases                 []string
	metric                string // its key; empty: ranges from p50 to the longest
}

// pictures returns the pictures of a report. Those without results are not drawn.
func pictures() []picture {
	return []picture{
		{"throughput.svg", "as fast as it goes: bytes a second", "throughput", []string{"pipe-64k-plain-63", "pipe-64k-t-63", "pipe-64k-mail"}, "speed"},
		{"cpu.svg", "what a line costs: CPU of the logger", "throughput", []string{"pipe-64k-plain-63", "pipe-64k-t-63", "pipe-64k-mail"}, "cpu-line"},
		{"stall.svg", "how long the service waits for its logger", "stall", []string{"none", "hog", "processor", "slow-disk"}, ""},
	}
}

// Measures of a picture, in SVG units.
const (
	pictureMargin = 18
	pictureTitle  = 44 // room for the title and the machine
	panelTitle    = 22
	panelGap      = 10
)

// writePictures writes the pictures for which there are results into dir.
func writePictures(dir string, res Results, colors map[string]mark) error {
	for _, p := range pictures() {
		i := slices.IndexFunc(res.Scenarios, func(s race.Result) bool { return s.Name == p.scenario })
		if i < 0 {
			continue
		}
		if text := p.draw(res.Scenarios[i], res, colors); text != "" {
			if err := os.WriteFile(filepath.Join(dir, p.file), []byte(text), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// draw returns the picture; it is empty where the scenario has none of its cases.
func (p picture) draw(s race.Result, res Results, colors map[string]mark) string {
	var cases []race.CaseResult
	for _, c := range s.Cases {
		if slices.Contains(p.cases, c.Name) {
			cases = append(cases, c)
		}
	}
	var out svg
	y := 0.0
	scale := rangeScale(cases...)
	for _, c := range cases {
		var panel svg
		height := 0.0
		if p.metric == "" {
			height = panel.ranges(y+panelTitle, c, scale, colors)
		} else if i := slices.IndexFunc(s.Metrics, func(m race.Metric) bool { return m.Key == p.metric }); i >= 0 {
			height = panel.bars(y+panelTitle, s, c, s.Metrics[i], colors)
		}
		if height == 0 {
			continue
		}
		out.text(0, y+12, "panel", "start", c.Title)
		if p.metric == "" {
			out.ticks(y+panelTitle, height, scale, race.Nanoseconds)
			height += axisHeight
		}
		out.WriteString(panel.String())
		y += panelTitle + height + panelGap
	}
	if y == 0 {
		return ""
	}
	return p.frame(out.String(), y, s, res.Machine, res.Quick)
}

// frame puts what is drawn on a card with a title.
func (p picture) frame(inside string, height float64, s race.Result, on Machine, quick bool) string {
	note := fmt.Sprintf("%s, %d cores, %s; ", on.CPU, on.Cores, on.Filesystem)
	if i := slices.IndexFunc(s.Metrics, func(m race.Metric) bool { return m.Key == p.metric }); i >= 0 {
		m := s.Metrics[i]
		note += fmt.Sprintf("%s: %s, whiskers: least to most, in brackets: %s", direction(m), statistic(m), s.Compare.Title(s.Baseline))
	} else {
		note += "lower is better: dots are p50, p99, p99.9 (medians of the rounds) and the longest of all rounds"
	}
	if quick {
		note += "; a quick run"
	}
	width, total := chartWidth+2*pictureMargin, height+pictureTitle+2*pictureMargin
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %.0f" width="%d" height="%.0f" role="img" aria-label="%s">`+"\n",
		width, total, width, total, html.EscapeString(p.title))
	fmt.Fprintf(&out, "<style>\n%s</style>\n", pictureStyle())
	fmt.Fprintf(&out, `<rect x="0.5" y="0.5" width="%d" height="%.0f" rx="10" class="card"/>`+"\n", width-1, total-1)
	fmt.Fprintf(&out, `<text x="%d" y="%d" class="title">%s</text>`+"\n", pictureMargin, pictureMargin+14, html.EscapeString(p.title))
	fmt.Fprintf(&out, `<text x="%d" y="%d" class="tick">%s</text>`+"\n", pictureMargin, pictureMargin+32, html.EscapeString(note))
	fmt.Fprintf(&out, `<g transform="translate(%d %d)">`+"\n%s</g>\n</svg>\n", pictureMargin, pictureMargin+pictureTitle, inside)
	return out.String()
}

// pictureStyle returns the part of the pages' style sheet that a picture needs: its
// colours and all rules for charts.
func pictureStyle() string {
	_, style, _ := strings.Cut(pageSource, "<style>\n")
	style, _, _ = strings.Cut(style, "</style>")
	var out strings.Builder
	depth := 0
	for line := range strings.Lines(style) {
		variables := strings.HasPrefix(line, ":root") || strings.HasPrefix(line, "@media")
		if depth > 0 || variables || strings.HasPrefix(line, "svg ") || strings.HasPrefix(line, ".c0") || strings.HasPrefix(line, ".s0") {
			out.WriteString(line)
		}
		if depth > 0 || variables {
			depth += strings.Count(line, "{") - strings.Count(line, "}")
		}
	}
	out.WriteString("text { font: 12px system-ui, -apple-system, \"Segoe UI\", sans-serif; }\n" +
		"svg .card { fill: var(--card); stroke: var(--line); }\nsvg .title { font-size: 16px; font-weight: 650; }\nsvg .panel { font-weight: 600; }\n")
	return out.String()
}

package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"

	"multilog/bench/internal/race"
)

// Measures of a chart, in SVG units. Charts are SVG elements in a page; their colours
// are variables of its style sheet, so that they follow its light or dark scheme.
const (
	chartWidth   = 760
	labelWidth   = 165
	valueWidth   = 190
	barHeight    = 18
	barGap       = 8
	axisHeight   = 26
	linesHeight  = 300
	linesLeft    = 78
	linesRight   = 150
	palette      = 8 // colours in the style sheet
	logDecadeMin = 1 // decades that a logarithmic axis shows at least
)

// A mark is a contender in a chart.
type mark struct {
	Name  string
	Color int
}

// marks gives each name a colour.
func marks(names []string) map[string]mark {
	out := map[string]mark{}
	for i, name := range names {
		out[name] = mark{name, i % palette}
	}
	return out
}

// An svg is a chart that is being drawn.
type svg struct{ strings.Builder }

func (s *svg) add(format string, args ...any) { fmt.Fprintf(s, format+"\n", args...) }

func (s *svg) text(x, y float64, class, anchor, text string) {
	s.add(`<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">%s</text>`, x, y, class, anchor, html.EscapeString(text))
}

// finish returns the chart as an element, height units high, with a title for
// screen readers.
func (s *svg) finish(height float64, title string) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %d %.0f" role="img" aria-label="%s">`+"\n%s</svg>",
		chartWidth, height, html.EscapeString(title), s.String()))
}

// direction says in which direction a metric is better.
func direction(m race.Metric) string {
	if m.Lower {
		return "lower is better"
	}
	return "higher is better"
}

// statistic says which number of the rounds a metric shows.
func statistic(m race.Metric) string {
	if m.Of == race.Longest {
		return "the longest of all rounds"
	}
	return "median of the rounds"
}

// bars draws a figure of all rows as bars, with whiskers from the least to the
// most.
func bars(s race.Result, c race.CaseResult, m race.Metric, colors map[string]mark) template.HTML {
	var out svg
	height := out.bars(0, s, c, m, colors)
	if height == 0 {
		return ""
	}
	return out.finish(height, c.Title+": "+m.Title)
}

// bars draws from y on and returns the height; 0 when there is nothing to draw.
func (s *svg) bars(y float64, sc race.Result, c race.CaseResult, m race.Metric, colors map[string]mark) (height float64) {
	var rows []race.Row
	top := 0.0
	for _, r := range c.Rows {
		if figure, ok := r.Figures[m.Key]; ok {
			rows = append(rows, r)
			top = max(top, figure.Max)
		}
	}
	if len(rows) == 0 || top <= 0 {
		return 0
	}
	width := float64(chartWidth - labelWidth - valueWidth)
	for i, r := range rows {
		figure := r.Figures[m.Key]
		y := y + float64(i*(barHeight+barGap))
		middle := y + barHeight/2
		length := max(figure.Value/top*width, 1)
		s.text(labelWidth-10, middle+4, "name", "end", r.Contender)
		s.add(`<g><title>%s: %s</title><rect x="%d" y="%.1f" width="%.1f" height="%d" rx="3" class="c%d"/>`,
			html.EscapeString(r.Contender), html.EscapeString(m.Show(figure)), labelWidth, y, length, barHeight, colors[r.Contender].Color)
		if low, high := labelWidth+figure.Min/top*width, labelWidth+figure.Max/top*width; high-low > 1 {
			s.add(`<path d="M%.1f %.1fH%.1fM%.1f %.1fv8M%.1f %.1fv8" class="whisker"/>`, low, middle, high, low, middle-4, high, middle-4)
		}
		s.add(`</g>`)
		text := m.Unit.Show(figure.Value)
		if figure.Ratio > 0 && r.Contender != sc.Baseline {
			text += "  (" + sc.Compare.Show(figure.Ratio) + ")"
		}
		s.text(labelWidth+max(length, figure.Max/top*width)+8, middle+4, "value", "start", text)
	}
	return float64(len(rows) * (barHeight + barGap))
}

// quantileKeys returns the keys of the quantiles that a range chart shows, where
// they exist: the last one is that of the longest.
func quantileKeys() []string { return []string{"p50", "p99", "p999", longestKey} }

// longestKey is the key of the longest, and the sizes of the dots.
const (
	longestKey = "max"
	longestDot = 6
	rangeDot   = 4
)

// ranges draws, on a logarithmic axis, from p50 to the longest, with the quantiles
// between.
func ranges(c race.CaseResult, colors map[string]mark) template.HTML {
	scale := rangeScale(c)
	var out, drawn svg
	height := drawn.ranges(0, c, scale, colors)
	if height == 0 {
		return ""
	}
	out.ticks(0, height, scale, race.Nanoseconds)
	out.WriteString(drawn.String())
	return out.finish(height+axisHeight, c.Title+": p50 to longest")
}

// rangeScale returns a scale that has room for the ranges of some cases.
func rangeScale(cases ...race.CaseResult) logScale {
	scale := logScale{from: math.Inf(1), to: math.Inf(-1), left: labelWidth, right: chartWidth - valueWidth}
	for _, c := range cases {
		for _, r := range c.Rows {
			if lowest, ok := lowestQuantile(r); ok {
				scale.cover(lowest)
				scale.cover(r.Figures[longestKey].Value)
			}
		}
	}
	scale.round()
	return scale
}

// lowestQuantile returns where the range of a row begins, and whether it has one.
func lowestQuantile(r race.Row) (float64, bool) {
	for _, key := range quantileKeys() {
		if figure, ok := r.Figures[key]; ok {
			return figure.Value, key != longestKey
		}
	}
	return 0, false
}

// ticks draws the decades of a scale from y to y+height, and their values below.
func (s *svg) ticks(y, height float64, scale logScale, u race.Unit) {
	for v := range scale.decades() {
		x := scale.at(v)
		s.add(`<path d="M%.1f %.1fv%.1f" class="grid"/>`, x, y, height)
		s.text(x, y+height+16, "tick", "middle", u.Show(v))
	}
}

// ranges draws from y on and returns the height; 0 when there is nothing to draw.
func (s *svg) ranges(y float64, c race.CaseResult, scale logScale, colors map[string]mark) (height float64) {
	n := 0
	for _, r := range c.Rows {
		lowest, ok := lowestQuantile(r)
		if !ok {
			continue
		}
		middle := y + float64(n*(barHeight+barGap)) + barHeight/2
		n++
		longest := r.Figures[longestKey].Value
		to := scale.at(longest)
		s.text(labelWidth-10, middle+4, "name", "end", r.Contender)
		s.add(`<path d="M%.1f %.1fH%.1f" class="s%d range"/>`, scale.at(lowest), middle, to, colors[r.Contender].Color)
		for _, key := range quantileKeys() {
			figure, ok := r.Figures[key]
			if !ok {
				continue
			}
			v, dot := figure.Value, rangeDot
			if key == longestKey {
				dot = longestDot
			}
			s.add(`<circle cx="%.1f" cy="%.1f" r="%d" class="c%d"><title>%s %s: %s</title></circle>`,
				scale.at(v), middle, dot, colors[r.Contender].Color, html.EscapeString(r.Contender), key, race.Nanoseconds.Show(v))
		}
		s.text(to+12, middle+4, "value", "start", "longest "+race.Nanoseconds.Show(longest))
	}
	return float64(n * (barHeight + barGap))
}

// A logScale maps positive values to positions.
type logScale struct{ from, to, left, right float64 }

func (l *logScale) cover(v float64) {
	if v > 0 {
		l.from, l.to = min(l.from, v), max(l.to, v)
	}
}

// round extends the scale to whole decades.
func (l *logScale) round() {
	if l.from > l.to {
		l.from, l.to = 1, 10
	}
	l.from = math.Pow(10, math.Floor(math.Log10(l.from)))
	l.to = math.Pow(10, math.Ceil(math.Log10(l.to)))
	if math.Log10(l.to/l.from) < logDecadeMin {
		l.to = l.from * 10
	}
}

func (l *logScale) at(v float64) float64 {
	v = min(max(v, l.from), l.to)
	return l.left + math.Log10(v/l.from)/math.Log10(l.to/l.from)*(l.right-l.left)
}

// decades returns 1, 10, 100 ... as far as they are on the scale.
func (l *logScale) decades() func(func(float64) bool) {
	return func(yield func(float64) bool) {
		for e := math.Round(math.Log10(l.from)); e <= math.Round(math.Log10(l.to)); e++ {
			if !yield(math.Pow(10, e)) {
				return
			}
		}
	}
}

// A line is the points of a contender.
type line struct {
	mark
	x, y []float64
}

// lines draws a figure over the axis of a series of cases. Both scales are
// logarithmic.
func lines(cases []race.CaseResult, m race.Metric, colors map[string]mark) template.HTML {
	xs := logScale{from: math.Inf(1), to: math.Inf(-1), left: linesLeft, right: chartWidth - linesRight}
	ys := logScale{from: math.Inf(1), to: math.Inf(-1), left: linesHeight, right: 10}
	var all []*line
	for _, c := range cases {
		x := max(c.X, 0.5) // where 0 is, on a scale that has none
		for _, r := range c.Rows {
			figure, ok := r.Figures[m.Key]
			if !ok || figure.Value <= 0 {
				continue
			}
			i := slices.IndexFunc(all, func(l *line) bool { return l.Name == r.Contender })
			if i < 0 {
				i, all = len(all), append(all, &line{mark: colors[r.Contender]})
			}
			all[i].x, all[i].y = append(all[i].x, x), append(all[i].y, figure.Value)
			xs.cover(x)
			ys.cover(figure.Value)
		}
	}
	if len(all) == 0 {
		return ""
	}
	if xs.from == xs.to {
		xs.to = xs.from * 10
	}
	ys.round()
	var out svg
	for v := range ys.decades() {
		y := ys.at(v)
		out.add(`<path d="M%d %.1fH%d" class="grid"/>`, linesLeft, y, chartWidth-linesRight)
		out.text(linesLeft-8, y+4, "tick", "end", m.Unit.Show(v))
	}
	last := math.Inf(-1)
	for _, c := range cases {
		x := xs.at(max(c.X, 0.5))
		out.add(`<path d="M%.1f 10V%d" class="grid"/>`, x, linesHeight)
		if x-last > 48 { // room for a number
			out.text(x, linesHeight+18, "tick", "middle", race.ThreeDigits(c.X))
			last = x
		}
	}
	drawLines(&out, all, xs, ys, m)
	out.text((linesLeft+chartWidth-linesRight)/2, linesHeight+38, "tick", "middle", cases[0].Axis)
	return out.finish(linesHeight+46, m.Title+" by "+cases[0].Axis)
}

// drawLines draws the lines, and the name of each where it ends; names keep a
// distance.
func drawLines(out *svg, all []*line, xs, ys logScale, m race.Metric) {
	type end struct {
		*line
		y float64
	}
	var ends []end
	for _, l := range all {
		var path strings.Builder
		for i := range l.x {
			fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(i, 1)], xs.at(l.x[i]), ys.at(l.y[i]))
		}
		out.add(`<path d="%s" class="s%d"/>`, path.String(), l.Color)
		for i := range l.x {
			out.add(`<circle cx="%.1f" cy="%.1f" r="4" class="c%d"><title>%s: %s</title></circle>`,
				xs.at(l.x[i]), ys.at(l.y[i]), l.Color, html.EscapeString(l.Name), m.Unit.Show(l.y[i]))
		}
		ends = append(ends, end{l, ys.at(l.y[len(l.y)-1])})
	}
	slices.SortFunc(ends, func(a, b end) int { return int(a.y*10) - int(b.y*10) })
	floor := 0.0
	for _, e := range ends {
		y := max(e.y, floor)
		floor = y + 16
		out.text(chartWidth-linesRight+12, y+4, fmt.Sprintf("name t%d", e.Color), "start", e.Name)
	}
}

package main

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"
)

// Charts are SVG elements inside the page; their colours are the page's
// variables, so that they follow its light or dark scheme.

// Measures of a chart, in SVG units.
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
	name  string
	color int
}

// marks gives every contender its colour.
func marks(names []string) map[string]mark {
	out := map[string]mark{}
	for i, name := range names {
		out[name] = mark{name, i % palette}
	}
	return out
}

// An svg is a chart in the making.
type svg struct{ strings.Builder }

func (s *svg) add(format string, args ...any) { fmt.Fprintf(s, format+"\n", args...) }

func (s *svg) text(x, y float64, class, anchor, text string) {
	s.add(`<text x="%.1f" y="%.1f" class="%s" text-anchor="%s">%s</text>`, x, y, class, anchor, html.EscapeString(text))
}

// finish wraps the chart, height units high, and tells those who don't see it
// what it is.
func (s *svg) finish(height float64, title string) template.HTML {
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 %d %.0f" role="img" aria-label="%s">`+"\n%s</svg>",
		chartWidth, height, html.EscapeString(title), s.String()))
}

// bars draws a figure of all rows as bars, with whiskers from minimum to maximum.
func bars(s *scenario, c caseResult, m metric, colors map[string]mark) template.HTML {
	var out svg
	height := out.bars(0, s, c, m, colors)
	if height == 0 {
		return ""
	}
	return out.finish(height, c.Title+": "+m.title)
}

// bars draws from y on and returns how high that is; 0 when there is nothing to
// draw.
func (s *svg) bars(y float64, sc *scenario, c caseResult, m metric, colors map[string]mark) (height float64) {
	var rows []row
	top := 0.0
	for _, r := range c.Rows {
		if figure, ok := r.Figures[m.key]; ok {
			rows = append(rows, r)
			top = max(top, figure.Max)
		}
	}
	if len(rows) == 0 || top <= 0 {
		return 0
	}
	width := float64(chartWidth - labelWidth - valueWidth)
	for i, r := range rows {
		figure := r.Figures[m.key]
		y := y + float64(i*(barHeight+barGap))
		middle := y + barHeight/2
		length := max(figure.Median/top*width, 1)
		s.text(labelWidth-10, middle+4, "name", "end", r.Contender)
		s.add(`<g><title>%s: %s</title><rect x="%d" y="%.1f" width="%.1f" height="%d" rx="3" class="c%d"/>`,
			html.EscapeString(r.Contender), html.EscapeString(m.show(r)), labelWidth, y, length, barHeight, colors[r.Contender].color)
		if low, high := labelWidth+figure.Min/top*width, labelWidth+figure.Max/top*width; high-low > 1 {
			s.add(`<path d="M%.1f %.1fH%.1fM%.1f %.1fv8M%.1f %.1fv8" class="whisker"/>`, low, middle, high, low, middle-4, high, middle-4)
		}
		s.add(`</g>`)
		text := m.unit.show(figure.Median)
		if figure.Ratio > 0 && r.Contender != sc.baseline {
			text += "  (" + sc.showRatio(figure.Ratio) + ")"
		}
		s.text(labelWidth+max(length, figure.Max/top*width)+8, middle+4, "value", "start", text)
	}
	return float64(len(rows) * (barHeight + barGap))
}

// rangeKeys are the quantiles that a range chart shows, where they exist, and
// rangeDots how large.
var (
	rangeKeys = []string{"p50", "p99", "p999", "max"}
	rangeDots = map[string]int{"p50": 4, "p99": 4, "p999": 4, "max": 6}
)

// ranges draws, on a logarithmic axis, from the median to the longest of all
// rounds, with the quantiles between.
func ranges(c caseResult, colors map[string]mark) template.HTML {
	scale := rangeScale(c)
	var out, drawn svg
	height := drawn.ranges(0, c, scale, colors)
	if height == 0 {
		return ""
	}
	out.ticks(0, height, scale, nanoseconds)
	out.WriteString(drawn.String())
	return out.finish(height+axisHeight, c.Title+": p50 to longest")
}

// rangeScale is a scale on which all that is to be seen of some cases finds
// room.
func rangeScale(cases ...caseResult) logScale {
	scale := logScale{from: math.Inf(1), to: math.Inf(-1), left: labelWidth, right: chartWidth - valueWidth}
	for _, c := range cases {
		for _, r := range c.Rows {
			if lowest, ok := lowestQuantile(r); ok {
				scale.cover(lowest)
				scale.cover(r.Figures["max"].Max)
			}
		}
	}
	scale.round()
	return scale
}

// lowestQuantile is where a row's range begins.
func lowestQuantile(r row) (float64, bool) {
	for _, key := range rangeKeys {
		if figure, ok := r.Figures[key]; ok {
			return figure.Median, key != "max"
		}
	}
	return 0, false
}

// ticks draws a scale's decades behind what is between y and y+height, and what
// they mean below.
func (s *svg) ticks(y, height float64, scale logScale, u unit) {
	for v := range scale.decades() {
		x := scale.at(v)
		s.add(`<path d="M%.1f %.1fv%.1f" class="grid"/>`, x, y, height)
		s.text(x, y+height+16, "tick", "middle", u.show(v))
	}
}

// ranges draws from y on and returns how high that is.
func (s *svg) ranges(y float64, c caseResult, scale logScale, colors map[string]mark) (height float64) {
	n := 0
	for _, r := range c.Rows {
		lowest, ok := lowestQuantile(r)
		if !ok {
			continue
		}
		middle := y + float64(n*(barHeight+barGap)) + barHeight/2
		n++
		longest := r.Figures["max"].Max
		to := scale.at(longest)
		s.text(labelWidth-10, middle+4, "name", "end", r.Contender)
		s.add(`<path d="M%.1f %.1fH%.1f" class="s%d range"/>`, scale.at(lowest), middle, to, colors[r.Contender].color)
		for _, key := range rangeKeys {
			figure, ok := r.Figures[key]
			if !ok {
				continue
			}
			v := figure.Median
			if key == "max" {
				v = longest
			}
			s.add(`<circle cx="%.1f" cy="%.1f" r="%d" class="c%d"><title>%s %s: %s</title></circle>`,
				scale.at(v), middle, rangeDots[key], colors[r.Contender].color, html.EscapeString(r.Contender), key, nanoseconds.show(v))
		}
		s.text(to+12, middle+4, "value", "start", "longest "+nanoseconds.show(longest))
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

// decades goes through 1, 10, 100 ... of the scale.
func (l *logScale) decades() func(func(float64) bool) {
	return func(yield func(float64) bool) {
		for e := math.Round(math.Log10(l.from)); e <= math.Round(math.Log10(l.to)); e++ {
			if !yield(math.Pow(10, e)) {
				return
			}
		}
	}
}

// A line is a contender's points.
type line struct {
	mark
	x, y []float64
}

// lines draws a figure over the axis of the cases of a series, both scales
// logarithmic.
func lines(cases []caseResult, m metric, colors map[string]mark) template.HTML {
	xs := logScale{from: math.Inf(1), to: math.Inf(-1), left: linesLeft, right: chartWidth - linesRight}
	ys := logScale{from: math.Inf(1), to: math.Inf(-1), left: linesHeight, right: 10}
	var all []*line
	for _, c := range cases {
		x := max(c.X, 0.5) // where 0 is, on a scale that has none
		for _, r := range c.Rows {
			figure, ok := r.Figures[m.key]
			if !ok || figure.Median <= 0 {
				continue
			}
			i := slices.IndexFunc(all, func(l *line) bool { return l.name == r.Contender })
			if i < 0 {
				i, all = len(all), append(all, &line{mark: colors[r.Contender]})
			}
			all[i].x, all[i].y = append(all[i].x, x), append(all[i].y, figure.Median)
			xs.cover(x)
			ys.cover(figure.Median)
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
		out.text(linesLeft-8, y+4, "tick", "end", m.unit.show(v))
	}
	last := math.Inf(-1)
	for _, c := range cases {
		x := xs.at(max(c.X, 0.5))
		out.add(`<path d="M%.1f 10V%d" class="grid"/>`, x, linesHeight)
		if x-last > 48 { // room for a number
			out.text(x, linesHeight+18, "tick", "middle", threeDigits(c.X))
			last = x
		}
	}
	drawLines(&out, all, xs, ys, m)
	out.text((linesLeft+chartWidth-linesRight)/2, linesHeight+38, "tick", "middle", cases[0].Axis)
	return out.finish(linesHeight+46, m.title+" by "+cases[0].Axis)
}

// drawLines draws the lines, and their names where they end, not one over the
// other.
func drawLines(out *svg, all []*line, xs, ys logScale, m metric) {
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
		out.add(`<path d="%s" class="s%d"/>`, path.String(), l.color)
		for i := range l.x {
			out.add(`<circle cx="%.1f" cy="%.1f" r="4" class="c%d"><title>%s: %s</title></circle>`,
				xs.at(l.x[i]), ys.at(l.y[i]), l.color, html.EscapeString(l.name), m.unit.show(l.y[i]))
		}
		ends = append(ends, end{l, ys.at(l.y[len(l.y)-1])})
	}
	slices.SortFunc(ends, func(a, b end) int { return int(a.y*10) - int(b.y*10) })
	floor := 0.0
	for _, e := range ends {
		y := max(e.y, floor)
		floor = y + 16
		out.text(chartWidth-linesRight+12, y+4, fmt.Sprintf("name t%d", e.color), "start", e.name)
	}
}

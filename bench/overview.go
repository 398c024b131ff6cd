package main

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"unicode/utf8"
)

// Measures of the overview's charts, in SVG units.
const (
	ratioLabelWidth = 400
	ratioRight      = 24
	ratioRowHeight  = 20
	ratioDot        = 5
)

// ratios draws, for each case and figure of a scenario, how everyone compares
// with the baseline: a dot for each, its spread behind it, to the right of the
// line at 1 what is better, or, where it is about gains, what gains.
func ratios(s scenarioResult, colors map[string]mark) template.HTML {
	type ratioRow struct {
		title string
		key   string
		rows  []row
	}
	var all []ratioRow
	scale := logScale{from: 1, to: 1, left: ratioLabelWidth, right: chartWidth - ratioRight}
	for _, c := range s.Cases {
		for _, m := range s.scenario.metrics {
			var rows []row
			for _, r := range c.Rows {
				if f := r.Figures[m.key]; m.leads && f.Ratio > 0 && r.Contender != s.scenario.baseline {
					rows = append(rows, r)
					scale.cover(f.RatioMin)
					scale.cover(f.RatioMax)
				}
			}
			if len(rows) > 0 {
				all = append(all, ratioRow{shorten(c.Title) + ": " + m.title, m.key, rows})
			}
		}
	}
	if len(all) == 0 {
		return ""
	}
	place := func(ratio float64) float64 { return scale.at(ratio) }
	if s.scenario.gains { // without it: the other way round
		scale.from, scale.to = 1/scale.to, 1/scale.from
		place = func(ratio float64) float64 { return scale.at(1 / ratio) }
	}
	scale.from, scale.to = scale.from/1.15, scale.to*1.15
	var out svg
	height := float64(len(all) * ratioRowHeight)
	last := math.Inf(-1)
	for v := range scale.steps() {
		x := scale.at(v)
		class := "grid"
		if v == 1 {
			class = "whisker"
		}
		out.add(`<path d="M%.1f 0v%.1f" class="%s"/>`, x, height, class)
		if x-last > 34 || v == 1 { // room for a number
			out.text(x, height+16, "tick", "middle", s.scenario.showTick(v))
			last = x
		}
	}
	for i, r := range all {
		y := (float64(i) + 0.5) * ratioRowHeight
		out.text(ratioLabelWidth-12, y+4, "name", "end", r.title)
		for _, row := range r.rows {
			f, color := row.Figures[r.key], colors[row.Contender].color
			if f.RatioMax > f.RatioMin {
				out.add(`<path d="M%.1f %.1fH%.1f" class="s%d range"/>`, place(f.RatioMin), y, place(f.RatioMax), color)
			}
			out.add(`<circle cx="%.1f" cy="%.1f" r="%d" class="c%d"><title>%s: %s</title></circle>`, place(f.Ratio), y, ratioDot, color,
				html.EscapeString(row.Contender), html.EscapeString(s.scenario.showRatio(f.Ratio)))
		}
	}
	var names []string
	for _, r := range all {
		for _, row := range r.rows {
			if !slices.Contains(names, row.Contender) {
				names = append(names, row.Contender)
			}
		}
	}
	below := out.legend(height+axisHeight+4, names, colors)
	return out.finish(height+axisHeight+below, fmt.Sprintf("%s: %s", s.Name, s.scenario.ratioTitle()))
}

// showTick is a ratio at an axis. For gains it is the gain.
func (s *scenario) showTick(v float64) string {
	switch {
	case s.gains && v == 1:
		return "0"
	case s.gains:
		return s.showRatio(1 / v)
	}
	return s.showRatio(v)
}

// legend says below a chart which colour is whose, and returns how high that is.
func (s *svg) legend(y float64, names []string, colors map[string]mark) (height float64) {
	const runeWidth, entryGap, lineHeight = 7, 34, 18
	x := float64(ratioLabelWidth)
	height = lineHeight
	for _, name := range names {
		width := float64(runeWidth*utf8.RuneCountInString(name) + entryGap)
		if x+width > chartWidth && x > ratioLabelWidth {
			x, y, height = ratioLabelWidth, y+lineHeight, height+lineHeight
		}
		s.add(`<circle cx="%.1f" cy="%.1f" r="%d" class="c%d"/>`, x, y+8, ratioDot, colors[name].color)
		s.text(x+11, y+12, "tick", "start", name)
		x += width
	}
	return height + 6
}

// titleRunes is how much of a case's title an overview shows.
const titleRunes = 44

func shorten(title string) string {
	runes := []rune(title)
	if len(runes) <= titleRunes {
		return title
	}
	return string(runes[:titleRunes-1]) + "…"
}

// steps goes through 1, 2, 5, 10, 20 ... as far as they are on the scale.
func (l *logScale) steps() func(func(float64) bool) {
	return func(yield func(float64) bool) {
		for e := math.Floor(math.Log10(l.from)); e <= math.Log10(l.to); e++ {
			for _, step := range []float64{1, 2, 5} {
				v := step * math.Pow(10, e)
				if v >= l.from && v <= l.to && !yield(v) {
					return
				}
			}
		}
	}
}

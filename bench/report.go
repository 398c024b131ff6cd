package main

import (
	_ "embed"
	"encoding/json"
	"html/template"
	"os"
	"path/filepath"
	"slices"
)

//go:embed report.html
var reportSource string

var reportTemplate = template.Must(template.New("report").Parse(reportSource))

// resultsFile lies beside the pages, for other programs.
const resultsFile = "results.json"

// A page is what the template needs for one page.
type page struct {
	results
	Lines    []string // about the machine
	Legend   []legendEntry
	Here     string // the scenario's name; empty on the first page
	About    string
	Title    string
	Sections []section
	Summary  []summaryRow
	Overview []chart
}

type legendEntry struct {
	Name  string
	Color int
}

// A section is charts and tables that belong together.
type section struct {
	Title  string
	Note   string
	Charts []chart
	Tables []reportTable
}

type chart struct {
	Title string
	SVG   template.HTML
}

type reportTable struct {
	Title, Note string
	Cells       [][]string
	Outs        []row
}

// A summaryRow is our figure of a case beside the baseline's.
type summaryRow struct {
	Scenario, Case, Figure, Ours, Base, Ratio, BestPeer string
}

// writeReport writes the pages to dir, which it makes, and returns the first
// one's path.
func writeReport(dir string, res results) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	text, err := json.MarshalIndent(res, "", "  ")
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(dir, resultsFile), append(text, '\n'), 0o644); err != nil {
		return "", err
	}
	colors := res.colors()
	for _, s := range res.Scenarios {
		p := res.page(colors)
		p.Here, p.Title, p.About = s.Name, s.Title, s.About
		p.Sections = s.sections(colors)
		if err := p.write(filepath.Join(dir, s.Name+".html")); err != nil {
			return "", err
		}
	}
	first := res.page(colors)
	first.Title, first.Summary = "how it compares", res.summary()
	for _, s := range res.Scenarios {
		if drawn := ratios(s, colors); drawn != "" {
			first.Overview = append(first.Overview, chart{s.Name + ": " + s.Title, drawn})
		}
	}
	if err := writePictures(dir, res, colors); err != nil {
		return "", err
	}
	index := filepath.Join(dir, "index.html")
	return index, first.write(index)
}

// colors gives everyone in any scenario a colour.
func (r results) colors() map[string]mark {
	var names []string
	for _, c := range r.Contenders {
		names = append(names, c.Name)
	}
	for _, c := range copiers("") {
		names = append(names, c.Name)
	}
	for _, s := range r.Scenarios {
		for _, c := range s.Cases {
			for _, row := range c.Rows {
				if !slices.Contains(names, row.Contender) {
					names = append(names, row.Contender)
				}
			}
		}
	}
	return marks(names)
}

// page is what all pages have.
func (r results) page(colors map[string]mark) page {
	p := page{results: r, Lines: r.Machine.lines()}
	for _, c := range r.Contenders {
		p.Legend = append(p.Legend, legendEntry{c.Name, colors[c.Name].color})
	}
	return p
}

func (p page) write(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := reportTemplate.Execute(f, p); err != nil {
		return err
	}
	return f.Close()
}

// sections are a scenario's: one a series of cases, or one a case.
func (r scenarioResult) sections(colors map[string]mark) []section {
	var out []section
	for i := 0; i < len(r.Cases); {
		end := i + 1
		for r.Cases[i].Series != "" && end < len(r.Cases) && r.Cases[end].Series == r.Cases[i].Series {
			end++
		}
		cases := r.Cases[i:end]
		if cases[0].Axis != "" && len(cases) > 1 {
			out = append(out, r.lineSection(cases, colors))
		} else {
			for _, c := range cases {
				out = append(out, r.barSection(c, colors))
			}
		}
		i = end
	}
	return out
}

// lineSection shows cases along an axis.
func (r scenarioResult) lineSection(cases []caseResult, colors map[string]mark) section {
	s := section{Title: "by " + cases[0].Axis}
	for _, m := range r.scenario.metrics {
		if m.leads {
			s.Charts = append(s.Charts, chart{m.title, lines(cases, m, colors)})
		}
	}
	for _, c := range cases {
		s.Tables = append(s.Tables, r.table(c))
	}
	return s
}

// barSection shows one case.
func (r scenarioResult) barSection(c caseResult, colors map[string]mark) section {
	s := section{Title: c.Title, Note: c.Note}
	if drawn := ranges(c, colors); drawn != "" {
		s.Charts = append(s.Charts, chart{"from p50 over p99 to the longest", drawn})
	} else {
		for _, m := range r.scenario.metrics {
			if drawn := bars(r.scenario, c, m, colors); m.leads && drawn != "" {
				s.Charts = append(s.Charts, chart{m.title, drawn})
			}
		}
	}
	t := r.table(c)
	t.Title, t.Note = "", ""
	s.Tables = []reportTable{t}
	return s
}

func (r scenarioResult) table(c caseResult) reportTable {
	t := reportTable{Title: c.Title, Note: c.Note, Cells: r.scenario.table(c)}
	for _, row := range c.Rows {
		if row.Out != "" {
			t.Outs = append(t.Outs, row)
		}
	}
	return t
}

// summary compares ours with the baseline, case by case.
func (r results) summary() []summaryRow {
	var out []summaryRow
	for _, s := range r.Scenarios {
		for _, c := range s.Cases {
			ours := slices.IndexFunc(c.Rows, func(r row) bool { return r.Contender == oursName })
			base := slices.IndexFunc(c.Rows, func(r row) bool { return r.Contender == s.scenario.baseline })
			if ours < 0 || base < 0 {
				continue
			}
			for _, m := range s.scenario.metrics {
				figure, ok := c.Rows[ours].Figures[m.key]
				if !ok || !m.leads || figure.Ratio == 0 {
					continue
				}
				row := summaryRow{s.Name, c.Title, m.title, m.unit.show(figure.Median),
					m.unit.show(c.Rows[base].Figures[m.key].Median), s.scenario.showRatio(figure.Ratio), ""}
				if figure.BestPeer > 0 && !s.scenario.share {
					row.BestPeer = s.scenario.showRatio(figure.BestPeer)
				}
				out = append(out, row)
			}
		}
	}
	return out
}

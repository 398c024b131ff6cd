package report

import (
	_ "embed"
	"html/template"
	"os"
	"path/filepath"
	"slices"

	"multilog/bench/internal/contender"
	"multilog/bench/internal/race"
)

//go:embed report.html
var pageSource string

// resultsFile is beside the pages, for programs.
const resultsFile = "results.json"

// A page is what the template needs for one page.
type page struct {
	Results
	Lines    []string // about the machine
	Legend   []mark
	Here     string // the name of the scenario; empty on the first page
	Title    string
	About    string
	Sections []section
	Summary  []summaryRow
	Finding  race.Table
}

// A section is charts and tables that belong together.
type section struct {
	Title, Note string
	Charts      []chart
	Tables      []caseTable
}

type chart struct {
	Title string
	SVG   template.HTML
}

type caseTable struct {
	Title, Note string
	Cells       [][]string
	Outs        []race.Row // who has no figures
}

// A summaryRow is our figure of a case beside the baseline's.
type summaryRow struct {
	Scenario, Case, Figure, Ours, Base, Ratio, BestPeer string
}

// WriteHTML writes pages, pictures and results.json into dir, which it makes, and
// returns the path of the first page.
func (r Results) WriteHTML(dir string) (string, error) {
	pages, err := template.New("report").Parse(pageSource)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := r.writeJSONFile(filepath.Join(dir, resultsFile)); err != nil {
		return "", err
	}
	colors := r.colors()
	for _, s := range r.Scenarios {
		p := r.page(colors)
		p.Here, p.Title, p.About, p.Finding = s.Name, s.Title, s.About, s.Finding
		p.Sections = sections(s, colors)
		if err := p.write(pages, filepath.Join(dir, s.Name+".html")); err != nil {
			return "", err
		}
	}
	if err := writePictures(dir, r, colors); err != nil {
		return "", err
	}
	first := r.page(colors)
	first.Title, first.Summary = "how it compares", r.summary()
	index := filepath.Join(dir, "index.html")
	return index, first.write(pages, index)
}

func (r Results) writeJSONFile(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := r.WriteJSON(f); err != nil {
		return err
	}
	return f.Close()
}

// colors assigns a colour to each contender that has a row in a scenario. Contenders
// come first, so that they have the same colours in every report.
func (r Results) colors() map[string]mark {
	var names []string
	for _, c := range r.Contenders {
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

// page returns what all pages have.
func (r Results) page(colors map[string]mark) page {
	p := page{Results: r, Lines: r.Machine.lines()}
	for _, c := range r.Contenders {
		p.Legend = append(p.Legend, colors[c.Name])
	}
	return p
}

func (p page) write(pages *template.Template, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := pages.Execute(f, p); err != nil {
		return err
	}
	return f.Close()
}

// sections returns those of a scenario: one for each series of cases along an axis,
// and one for each other case.
func sections(r race.Result, colors map[string]mark) []section {
	var out []section
	for i := 0; i < len(r.Cases); {
		end := i + 1
		for r.Cases[i].Series != "" && end < len(r.Cases) && r.Cases[end].Series == r.Cases[i].Series {
			end++
		}
		cases := r.Cases[i:end]
		if cases[0].Axis != "" && len(cases) > 1 {
			out = append(out, lineSection(r, cases, colors))
		} else {
			for _, c := range cases {
				out = append(out, barSection(r, c, colors))
			}
		}
		i = end
	}
	return out
}

// lineSection shows cases along an axis.
func lineSection(r race.Result, cases []race.CaseResult, colors map[string]mark) section {
	s := section{Title: "by " + cases[0].Axis}
	for _, m := range r.Metrics {
		if m.Leads {
			s.Charts = append(s.Charts, chart{heading(m), lines(cases, m, colors)})
		}
	}
	for _, c := range cases {
		s.Tables = append(s.Tables, newCaseTable(r, c))
	}
	return s
}

// heading returns the title of a chart of a metric.
func heading(m race.Metric) string { return m.Title + " (" + statistic(m) + "; " + direction(m) + ")" }

// barSection shows one case.
func barSection(r race.Result, c race.CaseResult, colors map[string]mark) section {
	s := section{Title: c.Title, Note: c.Note}
	if drawn := ranges(c, colors); drawn != "" {
		s.Charts = append(s.Charts, chart{"from p50 over p99 (medians of the rounds) to the longest of all rounds; lower is better", drawn})
	} else {
		for _, m := range r.Metrics {
			if drawn := bars(r, c, m, colors); m.Leads && drawn != "" {
				s.Charts = append(s.Charts, chart{heading(m), drawn})
			}
		}
	}
	t := newCaseTable(r, c)
	t.Title, t.Note = "", ""
	s.Tables = []caseTable{t}
	return s
}

func newCaseTable(r race.Result, c race.CaseResult) caseTable {
	t := caseTable{Title: c.Title, Note: c.Note, Cells: table(r, c)}
	for _, row := range c.Rows {
		if row.Out != "" {
			t.Outs = append(t.Outs, row)
		}
	}
	return t
}

// summary compares our logger with the baseline, case by case.
func (r Results) summary() []summaryRow {
	var out []summaryRow
	for _, s := range r.Scenarios {
		for _, c := range s.Cases {
			ours, base := c.Row(contender.Ours), c.Row(s.Baseline)
			if ours == nil || base == nil {
				continue
			}
			for _, m := range s.Metrics {
				figure, ok := ours.Figures[m.Key]
				if !ok || !m.Leads || figure.Ratio == 0 {
					continue
				}
				row := summaryRow{s.Name, c.Title, m.Title, m.Unit.Show(figure.Value),
					m.Unit.Show(base.Figures[m.Key].Value), s.Compare.Show(figure.Ratio), ""}
				if figure.BestPeer > 0 && s.Compare == race.Times {
					row.BestPeer = s.Compare.Show(figure.BestPeer)
				}
				out = append(out, row)
			}
		}
	}
	return out
}

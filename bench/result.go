package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// A results is everything a run of this program finds out: what -json
// prints.
type results struct {
	Machine    machine          `json:"machine"`
	Contenders []contender      `json:"contenders"`
	Missing    []string         `json:"missing,omitempty"`
	Quick      bool             `json:"quick,omitempty"`
	Scenarios  []scenarioResult `json:"scenarios"`
}

// readResults reads what a run has written. Scenarios that there are no more are
// left out.
func readResults(path string) (results, error) {
	var res results
	text, err := os.ReadFile(path)
	if err != nil {
		return res, err
	}
	if err := json.Unmarshal(text, &res); err != nil {
		return res, fmt.Errorf("%s: %w", path, err)
	}
	res.Scenarios = slices.DeleteFunc(res.Scenarios, func(r scenarioResult) bool {
		return !slices.ContainsFunc(scenarios, func(s *scenario) bool { return s.name == r.Name })
	})
	for i := range res.Scenarios {
		r := &res.Scenarios[i]
		r.scenario = scenarios[slices.IndexFunc(scenarios, func(s *scenario) bool { return s.name == r.Name })]
	}
	return res, nil
}

// A scenarioResult is a scenario's outcome.
type scenarioResult struct {
	scenario *scenario
	Name     string       `json:"name"`
	Title    string       `json:"title"`
	About    string       `json:"about"`
	Cases    []caseResult `json:"cases"`
}

// A caseResult is a case's outcome.
type caseResult struct {
	Name   string  `json:"name"`
	Title  string  `json:"title"`
	Series string  `json:"series,omitempty"`
	X      float64 `json:"x,omitempty"`
	Axis   string  `json:"axis,omitempty"`
	Note   string  `json:"note,omitempty"`
	Rows   []row   `json:"rows"`
}

// A row is a contender's outcome in a case.
type row struct {
	Contender string          `json:"contender"`
	Out       string          `json:"out,omitempty"` // why there are no figures
	Figures   map[string]stat `json:"figures,omitempty"`
	peer      bool
}

// A column is one of a scenario's tables.
type column struct {
	title string
	cell  func(row) string // empty where the row has no such figure
}

// columns are those of a case: figures that no row has are left out.
func (s *scenario) columns(rows []row) []column {
	all := []column{}
	add := func(title string, cell func(row) string) {
		if slices.ContainsFunc(rows, func(r row) bool { return cell(r) != "" }) {
			all = append(all, column{title, cell})
		}
	}
	for _, m := range s.metrics {
		add(m.title, func(r row) string { return m.show(r) })
		if !m.leads {
			continue
		}
		ratio := func(of func(stat) float64) func(row) string {
			return func(r row) string {
				if figure, ok := r.Figures[m.key]; ok && of(figure) > 0 {
					return s.showRatio(of(figure))
				}
				return ""
			}
		}
		add(s.ratioTitle(), ratio(func(f stat) float64 { return f.Ratio }))
		if !s.share && !s.gains {
			add("vs best peer", ratio(func(f stat) float64 { return f.BestPeer }))
		}
	}
	return all
}

// ratioTitle is the heading over ratios.
func (s *scenario) ratioTitle() string {
	switch {
	case s.gains:
		return "gain of it"
	case s.share:
		return "of " + s.baseline
	}
	return "vs " + s.baseline
}

// show is a row's median, with the spread behind it when it leads.
func (m metric) show(r row) string {
	figure, ok := r.Figures[m.key]
	if !ok {
		return ""
	}
	text := m.unit.show(figure.Median)
	if m.leads && len(figure.Samples) > 1 {
		text += fmt.Sprintf(" (%s..%s)", m.unit.show(figure.Min), m.unit.show(figure.Max))
	}
	return text
}

// table is a case as cells, the first row being the headings; contenders
// without figures are left out.
func (s *scenario) table(c caseResult) [][]string {
	columns := s.columns(c.Rows)
	head := []string{""}
	for _, col := range columns {
		head = append(head, col.title)
	}
	table := [][]string{head}
	for _, r := range c.Rows {
		if len(r.Figures) == 0 {
			continue
		}
		cells := []string{r.Contender}
		for _, col := range columns {
			cells = append(cells, col.cell(r))
		}
		table = append(table, cells)
	}
	return table
}

// write prints a scenario's tables.
func (r scenarioResult) write(w io.Writer) {
	fmt.Fprintf(w, "\n%s: %s\n", strings.ToUpper(r.Name), r.Title)
	for _, c := range r.Cases {
		fmt.Fprintf(w, "\n  %s\n", c.Title)
		if c.Note != "" {
			fmt.Fprintf(w, "  (%s)\n", c.Note)
		}
		if table := r.scenario.table(c); len(table) > 1 {
			writeTable(w, table)
		}
		for _, row := range c.Rows {
			if row.Out != "" {
				fmt.Fprintf(w, "    %s %s\n", row.Contender, row.Out)
			}
		}
	}
}

// writeTable prints cells in aligned columns, the first to the left.
func writeTable(w io.Writer, table [][]string) {
	widths := make([]int, len(table[0]))
	for _, cells := range table {
		for i, cell := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, cells := range table {
		var line strings.Builder
		for i, cell := range cells {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				line.WriteString("    " + cell + pad)
			} else {
				line.WriteString("  " + pad + cell)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

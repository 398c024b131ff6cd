package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"multilog/bench/internal/race"
)

// WriteText prints the contenders, the machine and all tables.
func (r Results) WriteText(w io.Writer) {
	r.Introduce(w)
	for _, s := range r.Scenarios {
		WriteScenario(w, s)
	}
}

// Introduce prints the contenders and the machine.
func (r Results) Introduce(w io.Writer) {
	for _, line := range r.Machine.lines() {
		fmt.Fprintln(w, line)
	}
	for _, c := range r.Contenders {
		text := c.Name + ": " + c.Path
		if c.Version != "" {
			text += " (" + c.Version + ")"
		}
		if len(c.Env) > 0 {
			text += " with " + strings.Join(c.Env, " ")
		}
		fmt.Fprintln(w, text)
	}
	for _, m := range r.Missing {
		fmt.Fprintln(w, m)
	}
	if r.Quick {
		fmt.Fprintln(w, "a quick run: short and of few rounds; the figures of a full run are steadier")
	}
}

// WriteScenario prints the tables of a scenario.
func WriteScenario(w io.Writer, r race.Result) {
	fmt.Fprintf(w, "\n%s: %s\n", strings.ToUpper(r.Name), r.Title)
	for _, c := range r.Cases {
		fmt.Fprintf(w, "\n  %s\n", c.Title)
		if c.Note != "" {
			fmt.Fprintf(w, "  (%s)\n", c.Note)
		}
		if cells := table(r, c); len(cells) > 1 {
			writeTable(w, cells)
		}
		for _, row := range c.Rows {
			if row.Out != "" {
				fmt.Fprintf(w, "    %s %s\n", row.Contender, row.Out)
			}
		}
	}
	if len(r.Finding.Cells) > 0 {
		fmt.Fprintf(w, "\n  %s\n", r.Finding.Title)
		writeTable(w, r.Finding.Cells)
	}
}

// A column is one of a table's.
type column struct {
	title string
	cell  func(race.Row) string // empty where the row has no such figure
}

// columns returns the columns of a case. Figures that no row has are left out.
func columns(s race.Result, rows []race.Row) []column {
	var all []column
	add := func(title string, cell func(race.Row) string) {
		if slices.ContainsFunc(rows, func(r race.Row) bool { return cell(r) != "" }) {
			all = append(all, column{title, cell})
		}
	}
	for _, m := range s.Metrics {
		add(m.Title, func(r race.Row) string {
			if figure, ok := r.Figures[m.Key]; ok {
				return m.Show(figure)
			}
			return ""
		})
		if !m.Leads {
			continue
		}
		ratio := func(of func(race.Stat) float64) func(race.Row) string {
			return func(r race.Row) string {
				if figure, ok := r.Figures[m.Key]; ok && of(figure) > 0 {
					return s.Compare.Show(of(figure))
				}
				return ""
			}
		}
		add(s.Compare.Title(s.Baseline), ratio(func(f race.Stat) float64 { return f.Ratio }))
		if s.Compare == race.Times {
			add("vs best peer", ratio(func(f race.Stat) float64 { return f.BestPeer }))
		}
	}
	return all
}

// table returns a case as cells; the first row has the headings. Contenders
// without figures are left out.
func table(s race.Result, c race.CaseResult) [][]string {
	columns := columns(s, c.Rows)
	head := []string{""}
	for _, col := range columns {
		head = append(head, col.title)
	}
	cells := [][]string{head}
	for _, r := range c.Rows {
		if len(r.Figures) == 0 {
			continue
		}
		line := []string{r.Contender}
		for _, col := range columns {
			line = append(line, col.cell(r))
		}
		cells = append(cells, line)
	}
	return cells
}

// writeTable prints cells in aligned columns, the first one to the left.
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

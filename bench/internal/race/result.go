package race

import "slices"

// A Result is the outcome of a scenario.
type Result struct {
	Name     string       `json:"name"`
	Title    string       `json:"title"`
	About    string       `json:"about"`
	Metrics  []Metric     `json:"metrics"`
	Baseline string       `json:"baseline"`
	Compare  Comparison   `json:"compare,omitempty"`
	Cases    []CaseResult `json:"cases"`
	Finding  Table        `json:"finding,omitzero"`
}

// A Table answers a question across cases. Its first row has the headings.
type Table struct {
	Title string     `json:"title"`
	Cells [][]string `json:"cells"`
}

// A CaseResult is the outcome of a case.
type CaseResult struct {
	Name   string  `json:"name"`
	Title  string  `json:"title"`
	Series string  `json:"series,omitempty"`
	X      float64 `json:"x,omitempty"`
	Axis   string  `json:"axis,omitempty"`
	Note   string  `json:"note,omitempty"`
	Rows   []Row   `json:"rows"`
}

// A Row is the outcome of a contender in a case.
type Row struct {
	Contender string          `json:"contender"`
	Out       string          `json:"out,omitempty"` // why there are no figures
	Figures   map[string]Stat `json:"figures,omitempty"`
	Peer      bool            `json:"peer,omitempty"`
}

// Row returns the row of a contender; nil if it has none.
func (c CaseResult) Row(name string) *Row {
	i := slices.IndexFunc(c.Rows, func(r Row) bool { return r.Contender == name })
	if i < 0 {
		return nil
	}
	return &c.Rows[i]
}

// rows sums up the lanes of a case.
func (s Scenario) rows(lanes []lane) []Row {
	rows := make([]Row, len(lanes))
	for i, l := range lanes {
		rows[i] = Row{Contender: l.contender.Name, Out: l.out, Peer: l.contender.Peer}
		if l.out != "" || len(l.samples) == 0 {
			continue
		}
		rows[i].Figures = map[string]Stat{}
		for _, m := range s.Metrics {
			var values []float64
			for _, got := range l.samples {
				if v, ok := got[m.Key]; ok {
					values = append(values, v)
				}
			}
			if len(values) > 0 {
				rows[i].Figures[m.Key] = newStat(values, m.Of)
			}
		}
	}
	Compare(s.Metrics, s.Baseline, rows)
	return rows
}

// Compare sets the ratios of all rows to those of the baseline and, but for peers,
// to the best peer.
func Compare(metrics []Metric, baseline string, rows []Row) {
	for _, m := range metrics {
		if !m.Leads {
			continue
		}
		base := slices.IndexFunc(rows, func(r Row) bool { return r.Contender == baseline })
		best := bestPeer(rows, m)
		for i := range rows {
			figure, ok := rows[i].Figures[m.Key]
			if !ok {
				continue
			}
			if base >= 0 {
				figure.Ratio, figure.RatioMin, figure.RatioMax = figure.ratios(rows[base].Figures[m.Key], m)
			}
			if best >= 0 && !rows[i].Peer {
				figure.BestPeer, _, _ = figure.ratios(rows[best].Figures[m.Key], m)
			}
			rows[i].Figures[m.Key] = figure
		}
	}
}

// bestPeer returns the index of the peer with the best value; -1 for none.
func bestPeer(rows []Row, m Metric) int {
	best := -1
	for i, r := range rows {
		figure, ok := r.Figures[m.Key]
		if !ok || !r.Peer {
			continue
		}
		if best < 0 || (figure.Value < rows[best].Figures[m.Key].Value) == m.Lower {
			best = i
		}
	}
	return best
}

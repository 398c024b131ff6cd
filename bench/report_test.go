package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// made are results as a run has them, with what is awkward to show.
func made() results {
	names := []string{oursName, daemontoolsName, `<odd & "peer">`}
	r := results{Machine: machine{Kernel: "6.0", CPU: "a processor", Cores: 2, Filesystem: "ext4"}, Missing: []string{"svlogd is not installed"}}
	for _, n := range names {
		r.Contenders = append(r.Contenders, contender{Name: n, Path: "/bin/" + n})
	}
	for _, s := range scenarios {
		got := scenarioResult{scenario: s, Name: s.name, Title: s.title, About: s.about}
		for _, tc := range s.cases(&bench{quick: true}) {
			c := caseResult{Name: tc.name, Title: tc.title, Series: tc.series, X: tc.x, Axis: tc.axis, Note: tc.note}
			for i, n := range names {
				figures := map[string]stat{}
				for k, m := range s.metrics {
					figures[m.key] = newStat([]float64{float64(100*i + k), float64(1000*i + k)})
				}
				c.Rows = append(c.Rows, row{Contender: n, Figures: figures, peer: i > 0})
			}
			c.Rows = append(c.Rows, row{Contender: "loser", Out: "failed: main: line 7 <is> torn"})
			compareRows(s, c.Rows)
			got.Cases = append(got.Cases, c)
		}
		r.Scenarios = append(r.Scenarios, got)
	}
	return r
}

var (
	svgElement = regexp.MustCompile(`(?s)<svg.*?</svg>`)
	outside    = regexp.MustCompile(`(?i)\b(src|href)\s*=\s*"?(https?:)?//|@import|url\(|<script|<link`)
)

func TestReport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "report")
	index, err := writeReport(dir, made())
	if err != nil {
		t.Fatal(err)
	}
	pages, _ := filepath.Glob(filepath.Join(dir, "*.html"))
	if len(pages) != len(scenarios)+1 || index != filepath.Join(dir, "index.html") {
		t.Errorf("pages %v, first %s", pages, index)
	}
	for _, p := range pages {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		if found := outside.Find(text); found != nil {
			t.Errorf("%s needs a network: %q", p, found)
		}
		charts := svgElement.FindAll(text, -1)
		legend := len(made().Contenders)
		if p != index && len(charts) <= legend {
			t.Errorf("%s has no charts", p)
		}
		for _, c := range charts {
			wellFormed(t, p, string(c))
		}
		if p != index && !strings.Contains(string(text), "line 7 &lt;is&gt; torn") {
			t.Errorf("%s does not say who failed", p)
		}
		if strings.Contains(string(text), "<odd") || strings.Contains(string(text), "NaN") || strings.Contains(string(text), "ZgotmplZ") {
			t.Errorf("%s is not clean", p)
		}
	}
	var back results
	text, err := os.ReadFile(filepath.Join(dir, resultsFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &back); err != nil || len(back.Scenarios) != len(scenarios) {
		t.Errorf("results: %v", err)
	}
}

// wellFormed checks that a chart is XML.
func wellFormed(t *testing.T, page, chart string) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(chart)); ; {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s: %v in %s", page, err, chart)
			return
		}
	}
}

// TestTables checks that what is printed names the figures of everyone, and
// the failure of who has none.
func TestTables(t *testing.T) {
	for _, s := range made().Scenarios {
		var out strings.Builder
		s.write(&out)
		for _, want := range []string{"ours", "multilog", `<odd & "peer">`, "loser failed: main: line 7", s.Title} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q in\n%s", s.Name, want, out.String())
			}
		}
	}
}

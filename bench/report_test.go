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
	for _, p := range pictures {
		text, err := os.ReadFile(filepath.Join(dir, p.file))
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, p.file, string(text))
		if outside.Match(text) || strings.Contains(string(text), "NaN") {
			t.Errorf("%s needs a network, or is not clean", p.file)
		}
		for _, want := range []string{p.title, "a processor", "multilog", "--c0: #fb8b4b", ".c1 {", "prefers-color-scheme: dark"} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: no %q", p.file, want)
			}
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
	redrawn := filepath.Join(t.TempDir(), "redrawn")
	var out strings.Builder
	if err := redraw(options{redraw: filepath.Join(dir, resultsFile), report: redrawn}, &out); err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		before, _ := os.ReadFile(p)
		after, err := os.ReadFile(filepath.Join(redrawn, filepath.Base(p)))
		if err != nil || string(before) != string(after) {
			t.Errorf("%s is another one when it is drawn again: %v", p, err)
		}
	}
	if !strings.Contains(out.String(), "loser failed: main: line 7") {
		t.Error("the tables are not printed again")
	}
}

// TestPicturesOfNothing checks that what was not measured is not drawn.
func TestPicturesOfNothing(t *testing.T) {
	res := made()
	res.Scenarios = res.Scenarios[1:2] // rate
	dir := t.TempDir()
	if _, err := writeReport(dir, res); err != nil {
		t.Fatal(err)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "*.svg")); len(found) > 0 {
		t.Errorf("there are %v", found)
	}
}

// TestOverview checks that a contender that is better stands to the right.
func TestOverview(t *testing.T) {
	s := scenarioResult{scenario: throughput, Name: "throughput", Title: "t"}
	for i, figures := range [][2]float64{{100, 10}, {10, 100}} {
		c := caseResult{Title: string(rune('a' + i))}
		for k, name := range []string{oursName, daemontoolsName} {
			c.Rows = append(c.Rows, row{Contender: name, Figures: map[string]stat{"speed": newStat([]float64{figures[k]})}, peer: k > 0})
		}
		compareRows(throughput, c.Rows)
		s.Cases = append(s.Cases, c)
	}
	drawn := string(ratios(s, marks([]string{oursName, daemontoolsName})))
	wellFormed(t, "overview", drawn)
	dots := regexp.MustCompile(`<circle cx="([0-9.]+)".*?<title>(.*?)</title>`).FindAllStringSubmatch(drawn, -1)
	if len(dots) != 2 || dots[0][2] != "ours: 10x" || dots[1][2] != "ours: 0.1x" || len(dots[0][1]) != len(dots[1][1]) || dots[0][1] <= dots[1][1] {
		t.Errorf("%q", dots)
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

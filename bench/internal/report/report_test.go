package report

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"multilog/bench/internal/contender"
	"multilog/bench/internal/race"
)

// made returns results of every shape, with what is awkward to show.
func made() Results {
	names := []string{contender.Ours, contender.Daemontools, `<odd & "peer">`}
	r := Results{Machine: Machine{Kernel: "6.0", CPU: "a processor", Cores: 2, Filesystem: "ext4"}, Missing: []string{"svlogd is not installed"}}
	for _, n := range names {
		r.Contenders = append(r.Contenders, contender.Contender{Name: n, Path: "/bin/" + n})
	}
	speed := race.Metric{Key: "speed", Title: "taken at", Unit: race.BytesPerSecond, Leads: true}
	cost := race.Metric{Key: "cpu-line", Title: "CPU per line", Unit: race.Nanoseconds, Lower: true, Leads: true}
	longest := race.Metric{Key: "max", Title: "longest write", Unit: race.Nanoseconds, Lower: true, Leads: true, Of: race.Longest}
	p50 := race.Metric{Key: "p50", Title: "p50", Unit: race.Nanoseconds, Lower: true}
	pipes, stalls := pictures()[0].cases, pictures()[2].cases
	for _, s := range []struct {
		result race.Result
		cases  []string
		axis   string
	}{
		{race.Result{Name: "throughput", Title: "as fast as it goes", Metrics: []race.Metric{speed, cost}, Baseline: contender.Daemontools}, pipes, ""},
		{race.Result{Name: "rate", Title: "a steady stream", Metrics: []race.Metric{cost}, Baseline: contender.Daemontools,
			Finding: race.Table{Title: "what one wake costs", Cells: [][]string{{"lines/s", "ours"}, {"<10>", "1 µs"}}}}, []string{"10", "100"}, "lines per second"},
		{race.Result{Name: "stall", Title: "waits", Metrics: []race.Metric{longest, p50}, Baseline: contender.Daemontools}, stalls, ""},
		{race.Result{Name: "limit", Title: "near", Metrics: []race.Metric{speed}, Baseline: `<odd & "peer">`, Compare: race.Share}, []string{"t"}, ""},
		{race.Result{Name: "features", Title: "gains", Metrics: []race.Metric{speed}, Baseline: contender.Ours, Compare: race.Gain}, []string{"t"}, ""},
	} {
		for x, name := range s.cases {
			c := race.CaseResult{Name: name, Title: "case <" + name + ">", Axis: s.axis, Series: s.axis, X: float64(x), Note: "a & b"}
			for i, n := range names {
				figures := map[string]race.Stat{}
				for k, m := range s.result.Metrics {
					low, high := float64(100*i+k), float64(1000*i+k)
					figures[m.Key] = race.Stat{Samples: []float64{low, high}, Value: (low + high) / 2, Min: low, Max: high}
					if m.Of == race.Longest {
						figures[m.Key] = race.Stat{Samples: []float64{low, high}, Value: high, Min: low, Max: high}
					}
				}
				c.Rows = append(c.Rows, race.Row{Contender: n, Figures: figures, Peer: i > 0})
			}
			c.Rows = append(c.Rows, race.Row{Contender: "loser", Out: "failed: main: line 7 <is> torn"})
			race.Compare(s.result.Metrics, s.result.Baseline, c.Rows)
			s.result.Cases = append(s.result.Cases, c)
		}
		r.Scenarios = append(r.Scenarios, s.result)
	}
	return r
}

var (
	svgElement = regexp.MustCompile(`(?s)<svg.*?</svg>`)
	outside    = regexp.MustCompile(`(?i)\b(src|href)\s*=\s*"?(https?:)?//|@import|url\(|<script|<link`)
)

func TestReport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "report")
	index, err := made().WriteHTML(dir)
	if err != nil {
		t.Fatal(err)
	}
	pages, _ := filepath.Glob(filepath.Join(dir, "*.html"))
	if len(pages) != len(made().Scenarios)+1 || index != filepath.Join(dir, "index.html") {
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
	for _, p := range pictures() {
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
	back, err := Read(filepath.Join(dir, resultsFile))
	if err != nil {
		t.Fatal(err)
	}
	redrawn := filepath.Join(t.TempDir(), "redrawn")
	if _, err := back.WriteHTML(redrawn); err != nil {
		t.Fatal(err)
	}
	for _, p := range append(pages, filepath.Join(dir, "stall.svg"), filepath.Join(dir, resultsFile)) {
		before, _ := os.ReadFile(p)
		after, err := os.ReadFile(filepath.Join(redrawn, filepath.Base(p)))
		if err != nil || string(before) != string(after) {
			t.Errorf("%s is another one when it is drawn again: %v", p, err)
		}
	}
	var out strings.Builder
	back.WriteText(&out)
	if !strings.Contains(out.String(), "loser failed: main: line 7") {
		t.Error("the tables are not printed again")
	}
}

// TestPicturesOfNothing checks that what was not measured is not drawn.
func TestPicturesOfNothing(t *testing.T) {
	res := made()
	res.Scenarios = res.Scenarios[1:2] // rate
	dir := t.TempDir()
	if _, err := res.WriteHTML(dir); err != nil {
		t.Fatal(err)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "*.svg")); len(found) > 0 {
		t.Errorf("there are %v", found)
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
		WriteScenario(&out, s)
		for _, want := range []string{"ours", "multilog", `<odd & "peer">`, "loser failed: main: line 7", s.Title} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q in\n%s", s.Name, want, out.String())
			}
		}
	}
}

// TestTablesAndChartsAgree checks that a table, a chart and a picture show the same
// number of a figure, and say which one it is and in which direction it is better.
func TestTablesAndChartsAgree(t *testing.T) {
	r := made()
	dir := t.TempDir()
	if _, err := r.WriteHTML(dir); err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	stall := r.Scenarios[2]
	longest := stall.Metrics[0].Unit.Show(stall.Cases[0].Row(contender.Daemontools).Figures["max"].Max) // "1 µs"
	var text strings.Builder
	WriteScenario(&text, stall)
	if !strings.Contains(text.String(), " "+longest+" (") {
		t.Errorf("no %q in the table\n%s", longest, text.String())
	}
	for _, name := range []string{"stall.svg", "stall.html"} {
		if !strings.Contains(read(name), "longest "+longest+"<") {
			t.Errorf("no longest %q in %s", longest, name)
		}
	}
	for name, want := range map[string]string{
		"stall.svg": "lower is better: dots are p50, p99, p99.9 (medians of the rounds) and the longest of all rounds", "throughput.svg": "higher is better: median of the rounds",
		"cpu.svg": "lower is better: median of the rounds", "throughput.html": "taken at (median of the rounds; higher is better)", "rate.html": "lower is better",
		"stall.html": "the longest of all rounds; lower is better",
	} {
		if !strings.Contains(read(name), want) {
			t.Errorf("%s does not say %q", name, want)
		}
	}
	if page := read("rate.html"); !strings.Contains(page, "what one wake costs") || !strings.Contains(page, "&lt;10&gt;") {
		t.Error("rate.html does not have the finding")
	}
}

// TestOldResults checks that results without metrics are refused, not shown empty.
func TestOldResults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.json")
	if err := os.WriteFile(path, []byte(`{"scenarios": [{"name": "rate", "cases": []}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "an older version") {
		t.Errorf("%v", err)
	}
}

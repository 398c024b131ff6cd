package scenario

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"multilog/bench/internal/contender"
	"multilog/bench/internal/fakelogger"
	"multilog/bench/internal/feed"
	"multilog/bench/internal/race"
)

func TestMain(m *testing.M) {
	feed.RunChild()
	fakelogger.Main()
	os.Exit(m.Run())
}

// testEnv is an env with a lab in a directory of the test's, which must be empty in
// the end.
func testEnv(t *testing.T) env {
	t.Helper()
	top := t.TempDir()
	lab, err := feed.NewLab(top)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if left, _ := filepath.Glob(lab.Dir() + "/run*"); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		lab.Close()
		if left, _ := os.ReadDir(top); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	})
	return env{lab, true}
}

// TestHarmIsSeen runs loggers that do harm all the way: pipe, producer, check.
func TestHarmIsSeen(t *testing.T) {
	harms := fakelogger.Harms()
	harms["good"] = ""
	for how, want := range harms {
		t.Run(how, func(t *testing.T) {
			e := testEnv(t)
			in, err := e.Input("lines", 1<<18, feed.Numbered(20))
			if err != nil {
				t.Fatal(err)
			}
			for _, chunk := range []int{4096, 0} {
				j := contender.Job{Stamp: true, FileBytes: fileBytes, Files: contender.KeepAll}
				got, err := e.flood(t.Context(), fakelogger.Contender(how), j, in, chunk)
				if want == "" {
					if err != nil || got["speed"] <= 0 || got["cpu-line"] <= 0 {
						t.Errorf("chunk %d: %v, %v", chunk, got, err)
					}
				} else if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("chunk %d: error %v, want %q", chunk, err, want)
				}
			}
		})
	}
}

// TestFileAsStdin checks the way without a producer.
func TestFileAsStdin(t *testing.T) {
	e := testEnv(t)
	in, err := e.Input("lines", 1<<16, feed.Numbered(20))
	if err != nil {
		t.Fatal(err)
	}
	j := contender.Job{Stamp: true, FileBytes: fileBytes, Files: contender.KeepAll}
	if got, err := e.fromFile(t.Context(), fakelogger.Contender("good"), j, in); err != nil || got["speed"] <= 0 {
		t.Errorf("good: %v, %v", got, err)
	}
	if _, err := e.fromFile(t.Context(), fakelogger.Contender("lose"), j, in); err == nil {
		t.Error("a lost line was not seen")
	}
}

// TestMailInput checks that a tenth of the mail lines are status lines, and that
// something is left for the alert log.
func TestMailInput(t *testing.T) {
	in, err := testEnv(t).mail(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	launch, err := contender.Contender{Family: contender.Multilog}.Launch("", contender.Job{Mail: true, Stamp: true})
	if err != nil {
		t.Fatal(err)
	}
	statuses, alerts := 0, 0
	for line := range strings.Lines(string(in.Data)) {
		line = strings.TrimSuffix(line, "\n")
		for _, o := range launch.Outputs[1:] {
			if !o.Selects([]byte(line)) {
				continue
			}
			if o.Status {
				statuses++
			} else {
				alerts++
			}
		}
	}
	if share := float64(statuses) / float64(in.Lines); share < 0.095 || share > 0.105 {
		t.Errorf("%.3f of the lines are status lines", share)
	}
	if alerts == 0 {
		t.Error("no line is for the alert log")
	}
}

func TestLabelError(t *testing.T) {
	for _, test := range []struct{ label, wrote, want int64 }{
		{1_000_000_500, 1_000_000_000, 500},
		{999_999_000, 1_000_000_000, -1000},
		{28_000_000_700, 1_000_000_000, 700}, // counts leap seconds
		{3_000_000_000, 1_000_000_000, 2_000_000_000},
	} {
		if got := labelError(test.label, test.wrote); got != test.want {
			t.Errorf("labelError(%d, %d) = %d, want %d", test.label, test.wrote, got, test.want)
		}
	}
}

// field returns all the usual contenders.
func field() (all []contender.Contender) {
	for _, name := range []string{contender.Ours, contender.Daemontools, "s6-log", "svlogd"} {
		all = append(all, contender.Contender{Name: name, Peer: name != contender.Ours})
	}
	return all
}

// TestPlan compares the estimates with what people are promised.
func TestPlan(t *testing.T) {
	for _, test := range []struct {
		quick bool
		limit time.Duration
	}{{false, 50 * time.Minute}, {true, 9 * time.Minute}} {
		r := &race.Race{Contenders: field(), Only: regexp.MustCompile("")}
		scenarios := All(nil, test.quick)
		runs, work := r.Plan(scenarios)
		if took := time.Duration(work * float64(time.Second)); took > test.limit {
			t.Errorf("quick %v: %v, want no more than %v", test.quick, took, test.limit)
		}
		for _, s := range scenarios {
			n, seconds := r.Plan([]race.Scenario{s})
			t.Logf("quick %v: %-10s %4d runs, %4.0f s", test.quick, s.Name, n, seconds)
			for _, c := range s.Cases {
				if c.Seconds <= 0 {
					t.Errorf("%s/%s takes no time", s.Name, c.Name)
				}
			}
		}
		t.Logf("quick %v: %d runs, %.0f s", test.quick, runs, work)
	}
}

// TestCaseNames checks that every case can be chosen by its own name, and that
// every scenario says what it measures.
func TestCaseNames(t *testing.T) {
	for _, quick := range []bool{false, true} {
		seen := map[string]bool{}
		for _, s := range All(nil, quick) {
			if len(s.About) < 50 || !strings.HasSuffix(s.About, ".") || len(s.Metrics) == 0 || s.Baseline == "" {
				t.Errorf("%s does not say what it measures", s.Name)
			}
			for _, c := range s.Cases {
				name := s.Name + "/" + c.Name
				if seen[name] || strings.ContainsAny(name, " ,()") || c.Rounds < 1 {
					t.Errorf("case %q, %d rounds, seen before: %v", name, c.Rounds, seen[name])
				}
				seen[name] = true
			}
		}
	}
}

// TestRacers checks who races where not all do.
func TestRacers(t *testing.T) {
	names := func(s race.Scenario, all []contender.Contender) string {
		var got []string
		for _, c := range s.Racers(all) {
			got = append(got, c.Name)
		}
		return strings.Join(got, ", ")
	}
	e := env{nil, false}
	if got, want := names(e.day(), field()), "ours, ours z c200MB, multilog"; got != want {
		t.Errorf("day: %s, want %s", got, want)
	}
	if got, want := names(e.limit(), field()), "copier (peek), copier (plain), ours, multilog, s6-log, svlogd"; got != want {
		t.Errorf("limit: %s, want %s", got, want)
	}
	if got := names(e.features(), field()); !strings.HasPrefix(got, "ours, without the ring, without peeking") || strings.Contains(got, "multilog") {
		t.Errorf("features: %s", got)
	}
	peers := field()[1:]
	if got := names(e.features(), peers) + names(e.day(), peers); got != "multilog" {
		t.Errorf("without ours: %s", got)
	}
}

// TestRateLeavesTheStartOut feeds a logger that works hard until it has settled,
// and checks that this is not in the CPU per line, and that it is looked at for long
// enough.
func TestRateLeavesTheStartOut(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	e := testEnv(t)
	got, err := e.rateCase(1000).Run(t.Context(), fakelogger.Contender("busy start"))
	if err != nil {
		t.Fatal(err)
	}
	// 200 ms of CPU at the start are 95 us for each of 2,100 lines.
	if got["wait4"] < 60_000 || got["cpu-line"] > got["wait4"]/2 {
		t.Errorf("CPU per line %.0f ns in the window, %.0f ns by wait4", got["cpu-line"], got["wait4"])
	}
	for _, c := range (env{nil, false}).rate().Cases {
		window := c.Seconds - rateSettle.Seconds() - rateAfter.Seconds() - runSeconds
		if window*c.X < 99 || window < 1.49 {
			t.Errorf("%s: looked at for %.1f s", c.Name, window)
		}
	}
}

// TestWakeCosts checks the table: our CPU over daemontools'.
func TestWakeCosts(t *testing.T) {
	metrics := []race.Metric{{Key: "cpu-line", Lower: true, Leads: true}}
	stat := func(v ...float64) map[string]race.Stat {
		return map[string]race.Stat{"cpu-line": {Samples: v, Value: v[1]}}
	}
	rows := []race.Row{
		{Contender: contender.Ours, Figures: stat(100e3, 110e3, 400e3)},
		{Contender: contender.Daemontools, Peer: true, Figures: stat(50e3, 55e3, 60e3)},
	}
	race.Compare(metrics, contender.Daemontools, rows)
	got := wakeCosts([]race.CaseResult{{X: 1000, Rows: rows}, {X: 10, Rows: rows[:1]}})
	if len(got.Cells) != 2 || strings.Join(got.Cells[1], " | ") != "1,000 | 110 µs | 55 µs | 2.00" {
		t.Errorf("%q", got.Cells)
	}
	if got := wakeCosts(nil); len(got.Cells) != 0 {
		t.Errorf("of nothing: %q", got.Cells)
	}
}

package examples

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"multilog/internal/test/logger"
	"multilog/internal/test/ports"
)

// Each alert rule fires in the cases that alerts_test.yml has, and in no other.
func TestAlertRules(t *testing.T) {
	logger.Need(t, "promtool")
	t.Parallel()
	out, err := exec.Command("promtool", "test", "rules", "prometheus/alerts_test.yml").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	rules, err := os.ReadFile("prometheus/alerts.yml")
	must(t, err)
	tests, err := os.ReadFile("prometheus/alerts_test.yml")
	must(t, err)
	names := regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(string(rules), -1)
	if len(names) < 7 {
		t.Errorf("only %d rules", len(names))
	}
	for _, name := range names {
		if !regexp.MustCompile(`alertname: ` + name[1] + `\n *exp_alerts:`).Match(tests) {
			t.Errorf("%s never fires in the tests", name[1])
		}
	}
}

// shipMetrics is what mlship --metrics writes of a log, as far as rules and dashboard use it.
const shipMetrics = "# TYPE mlship_lag_seconds gauge\nmlship_lag_seconds{host=\"mx1\",log=\"smtpd\"} 2\n"

// A real node_exporter shows what mlstat writes, counters as counters and with their help,
// and a real Prometheus has an answer to each query of the dashboard and each rule.
func TestMonitoring(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	logger.Need(t, "prometheus")
	logger.Need(t, "prometheus-node-exporter")
	t.Parallel()
	m := monitor{base: t.TempDir()}
	m.start(t)
	written, err := os.ReadFile(m.base + "/metrics/multilog.prom")
	must(t, err)
	check := exec.Command("promtool", "check", "metrics")
	check.Stdin = strings.NewReader(string(written))
	if out, err := check.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
	shown := m.get(t, m.exporter+"/metrics")
	headers := regexp.MustCompile(`(?m)^# (TYPE|HELP) multilog_.*$`).FindAllString(string(written), -1)
	if len(headers) < 40 {
		t.Errorf("only %d headers", len(headers))
	}
	for _, header := range headers {
		if !strings.Contains(shown, header+"\n") {
			t.Errorf("node_exporter does not show %q", header)
		}
	}
	for _, query := range append(dashboardQueries(t), "ALERTS or vector(1)") {
		logger.Until(t, "there is an answer to "+query, func() bool { return m.answers(t, query) })
	}
	for _, expr := range ruleExpressions(t) {
		m.answers(t, expr) // it may have no answer, but is no error
	}
	var rules struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, LastError string }
			}
		}
	}
	logger.Until(t, "all rules are healthy", func() bool {
		must(t, json.Unmarshal([]byte(m.get(t, m.prometheus+"/api/v1/rules")), &rules))
		healthy := 0
		for _, g := range rules.Data.Groups {
			for _, r := range g.Rules {
				if r.Health == "ok" {
					healthy++
				}
			}
		}
		return healthy == len(ruleExpressions(t))
	})
	source, err := os.ReadFile("../fleet/ship/metrics.go")
	must(t, err)
	if !strings.Contains(string(source), `{"lag_seconds", "gauge", `) {
		t.Error("mlship does not write mlship_lag_seconds")
	}
}

// monitor is a logger, the service that writes its metrics, node_exporter and Prometheus.
type monitor struct {
	base                 string
	exporter, prometheus string // URLs
}

// start starts them, and waits until metrics are written.
func (m *monitor) start(t *testing.T) {
	must(t, os.Mkdir(m.base+"/metrics", 0o755))
	must(t, os.WriteFile(m.base+"/metrics/mlship.prom", []byte(shipMetrics), 0o644))
	must(t, os.MkdirAll(m.base+"/service/smtpd/log", 0o755))
	l := logger.Start(t, m.base, nil, logger.Binary(t, "multilog"), "s4096", "n5", m.base+"/service/smtpd/log/main")
	fed := make(chan struct{})
	done := make(chan struct{})
	go func() { // lines come all the time
		defer close(done)
		for {
			l.Feed(strings.Repeat("a line of a log\n", 100))
			select {
			case <-fed:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	t.Cleanup(func() { close(fed); <-done })

	stubs := m.base + "/stubs"
	must(t, os.Mkdir(stubs, 0o755))
	must(t, os.WriteFile(stubs+"/sleep", []byte("#!/bin/sh\nexec /bin/sleep 0.2\n"), 0o755)) // the service sleeps for 15 s
	script, err := filepath.Abs("prometheus/mlstat/run")
	must(t, err)
	rules, err := filepath.Abs("prometheus/alerts.yml")
	must(t, err)
	m.run(t, []string{"PATH=" + stubs + ":" + logger.Bin(t, "mlstat") + ":" + os.Getenv("PATH"), "METRICS=" + m.base + "/metrics", "MLCAT_PATH=" + m.base + "/service"}, script)
	logger.Until(t, "metrics are written", func() bool {
		_, err := os.Stat(m.base + "/metrics/multilog.prom")
		return err == nil
	})

	exporter, server := freeAddress(t), freeAddress(t)
	m.exporter, m.prometheus = "http://"+exporter, "http://"+server
	m.run(t, nil, "prometheus-node-exporter", "--collector.disable-defaults", "--collector.textfile", "--collector.textfile.directory="+m.base+"/metrics", "--web.listen-address="+exporter)
	config := fmt.Sprintf("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [%q]\nscrape_configs: [{job_name: node, static_configs: [{targets: [%q]}]}]\n", rules, exporter)
	must(t, os.WriteFile(m.base+"/prometheus.yml", []byte(config), 0o644))
	m.run(t, nil, "prometheus", "--config.file="+m.base+"/prometheus.yml", "--storage.tsdb.path="+m.base+"/data", "--web.listen-address="+server)
	for _, url := range []string{m.exporter + "/metrics", m.prometheus + "/-/ready"} {
		logger.Until(t, url+" answers", func() bool {
			answer, err := http.Get(url)
			if err != nil {
				return false
			}
			answer.Body.Close()
			return answer.StatusCode == http.StatusOK
		})
	}
}

// run starts a command that runs until the end of the test, and its children with it.
func (m *monitor) run(t *testing.T, env []string, command ...string) {
	l := logger.New(t, m.base, command...)
	l.Command().Env = append(os.Environ(), env...)
	l.Command().SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	l.Start()
}

// freeAddress returns an address of this machine on which nobody listens.
func freeAddress(t *testing.T) string {
	port, err := ports.Free()
	must(t, err)
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// get returns the body at a URL.
func (m *monitor) get(t *testing.T, url string) string {
	answer, err := http.Get(url)
	must(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(t, err)
	return string(body)
}

// answers reports whether Prometheus has an answer to a query, which must be valid.
func (m *monitor) answers(t *testing.T, query string) bool {
	var answer struct {
		Status, Error string
		Data          struct{ Result []any }
	}
	must(t, json.Unmarshal([]byte(m.get(t, m.prometheus+"/api/v1/query?query="+url.QueryEscape(query))), &answer))
	if answer.Status != "success" {
		t.Fatalf("%s: %s", query, answer.Error)
	}
	return len(answer.Data.Result) > 0
}

// dashboardQueries returns the queries of the dashboard, with values for its variables.
func dashboardQueries(t *testing.T) (queries []string) {
	text, err := os.ReadFile("prometheus/dashboard.json")
	must(t, err)
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	must(t, json.Unmarshal(text, &dashboard))
	for _, p := range dashboard.Panels {
		if p.Title == "" || len(p.Targets) == 0 {
			t.Errorf("a panel has no title or no query: %+v", p)
		}
		for _, target := range p.Targets {
			queries = append(queries, strings.NewReplacer("$dir", ".*", "$__rate_interval", "10s").Replace(target.Expr))
		}
	}
	if len(queries) < 10 {
		t.Errorf("only %d queries", len(queries))
	}
	return queries
}

// ruleExpressions returns the expressions of the alert rules.
func ruleExpressions(t *testing.T) (all []string) {
	text, err := os.ReadFile("prometheus/alerts.yml")
	must(t, err)
	for _, rule := range regexp.MustCompile(`(?m)^        expr: (?:>-\n((?:          .*\n)+)|(.*))`).FindAllStringSubmatch(string(text), -1) {
		all = append(all, strings.Join(strings.Fields(rule[1]+rule[2]), " "))
	}
	return all
}

package scenario

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"multilog/bench/internal/check"
	"multilog/bench/internal/contender"
	"multilog/bench/internal/feed"
	"multilog/bench/internal/race"
	"multilog/bench/internal/shipper"
	"multilog/bench/maillog"
)

// What the service writes, and the files of its log.
const (
	shipRate      = 2000  // lines a second, where things go wrong
	shipCalmRate  = 10000 // where nothing does
	shipFileBytes = 2000000
	shipLineBytes = 150 // a line of the log at most, about
	shipSettle    = 2 * time.Second
	shipSeconds   = 8 // about what a run takes besides the writing
)

// A shipping is a case of ship.
type shipping struct {
	name, title string
	rate        float64
	length      time.Duration
	events      []shipEvent
	calm        bool          // lag, CPU and bytes mean something
	patience    time.Duration // for how long lines must not come any more until they count as lost
}

// A shipEvent is something that goes wrong.
type shipEvent struct {
	at   time.Duration
	what shipHarm
	last time.Duration // for how long the server or the link is away
}

type shipHarm int

const (
	killShipper shipHarm = iota
	killServer
	cutLink
)

func (e env) ship() race.Scenario {
	length, away, patience := 20*time.Second, time.Minute, 15*time.Second
	if e.quick {
		length, away, patience = 7*time.Second, 4*time.Second, 12*time.Second
	}
	before := 3 * time.Second
	cases := []shipping{
		{name: "calm", title: "10,000 lines a second, nothing goes wrong", rate: shipCalmRate, length: length, calm: true},
		{name: "kills", title: "2,000 lines a second; shipper and server are killed, and the link is cut", rate: shipRate, length: length, events: shipKills(length)},
		{name: "away", title: fmt.Sprintf("2,000 lines a second; the server is away for %v", away), rate: shipRate, length: before + away + before,
			events: []shipEvent{{before, cutLink, away}}},
	}
	var logger contender.Contender
	s := race.Scenario{
		Name: "ship", Title: "sending a log to a server", Baseline: "rsyslog", Metrics: shipMetrics(),
		About: "A service writes lines of mail log, one write each; multilog logs them, t, files of 2 MB. A shipper sends the log to its server through a link on loopback: mlship to " +
			"versitygw (with z), rsyslog to rsyslog (imfile, RELP), the OpenTelemetry collector to another one (filelog, OTLP), vlagent to VictoriaLogs. Each keeps its position " +
			"and its queue on disk, and tries without end. All get the same lines, kills and cuts. Lost, twice, out of order: what the server has in the end. CPU: the shipper's " +
			"own, without its start; z costs the logger's host CPU beside it. Wire: TCP payload in both directions. Lag: from a line's label until it can be read from the server. " +
			"\"mlship, files\" sends finished files only: lines in current do not count.",
		Racers: func(all []contender.Contender) (racers []contender.Contender) {
			if i := slices.IndexFunc(all, func(c contender.Contender) bool { return c.Family == contender.Multilog }); i >= 0 {
				logger = all[i]
			}
			for _, k := range shipper.Kinds() {
				racers = append(racers, contender.Contender{Name: k.Name, Peer: k.Peer})
			}
			return racers
		},
	}
	for _, c := range cases {
		c.patience = patience
		share := 1.0 // of the shippers take part
		if !c.calm {
			share = 0.8
		}
		s.Cases = append(s.Cases, race.Case{
			Name: c.name, Title: c.title, Rounds: 1, Seconds: share * (c.length.Seconds() + shipSeconds),
			Prepare: func(ctx context.Context) (string, func(), error) {
				if logger.Path == "" {
					return "", nil, errors.New("there is no multilog to write the log")
				}
				return "", nil, e.buildFleet(ctx)
			},
			Skip: func(racer contender.Contender) string {
				k := kindOf(racer)
				if k.Files && !c.calm {
					return "what it sends is what mlship sends"
				}
				return k.Missing()
			},
			Run: func(ctx context.Context, racer contender.Contender) (race.Sample, error) {
				return e.runShip(ctx, kindOf(racer), logger, c)
			},
		})
	}
	return s
}

// shipKills returns what goes wrong in a time: the shipper is killed every three
// seconds, the server every six, and the link is cut every six.
func shipKills(length time.Duration) (events []shipEvent) {
	const period = 6 * time.Second
	for at := time.Duration(0); at < length; at += period {
		for _, e := range []shipEvent{
			{2 * time.Second, killShipper, 0}, {3 * time.Second, killServer, time.Second / 2},
			{4500 * time.Millisecond, cutLink, time.Second}, {5700 * time.Millisecond, killShipper, 0},
		} {
			if e.at += at; e.at+e.last < length {
				events = append(events, e)
			}
		}
	}
	return events
}

func shipMetrics() []race.Metric {
	return []race.Metric{
		{Key: "lost", Title: "lost", Unit: race.Count, Lower: true},
		{Key: "twice", Title: "twice", Unit: race.Count, Lower: true},
		{Key: "disorder", Title: "out of order", Unit: race.Count, Lower: true},
		{Key: "lines", Title: "of lines", Unit: race.Count},
		{Key: "cpu-line", Title: "CPU per line", Unit: race.Nanoseconds, Lower: true, Leads: true},
		{Key: "wire-line", Title: "wire per line", Unit: race.DecimalBytes, Lower: true},
		{Key: "wire", Title: "wire, of the log", Unit: race.Percent, Lower: true},
		{Key: "lag-p50", Title: "lag p50", Unit: race.Nanoseconds, Lower: true},
		{Key: "lag-p99", Title: "lag p99", Unit: race.Nanoseconds, Lower: true},
		{Key: "complete", Title: "complete after", Unit: race.Nanoseconds, Lower: true},
		{Key: "max", Title: "longest write", Unit: race.Nanoseconds, Lower: true, Of: race.Longest},
	}
}

func kindOf(c contender.Contender) shipper.Kind {
	kinds := shipper.Kinds()
	return kinds[slices.IndexFunc(kinds, func(k shipper.Kind) bool { return k.Name == c.Name })]
}

// shipBin is where the lab has this project's commands.
func (e env) shipBin() string { return filepath.Join(e.Dir(), "bin") }

// buildFleet builds mlship, mlcat and its helper, once. The fleet is a module of its
// own, so this program only runs what it builds.
func (e env) buildFleet(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(e.shipBin(), "mlcat-s3")); err == nil {
		return nil
	}
	root, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "multilog").Output()
	if err != nil {
		return fmt.Errorf("go list -m multilog: %w", err)
	}
	for _, c := range []struct{ in, what string }{{".", "./cmd/mlcat"}, {"fleet", "./cmd/..."}} {
		build := exec.CommandContext(ctx, "go", "build", "-C", filepath.Join(strings.TrimSpace(string(root)), c.in), "-o", e.shipBin()+"/", c.what)
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w\n%s", build, err, out)
		}
	}
	return nil
}

// shipped returns the input: numbered lines of mail log.
func (e env) shipped(lines int) (*feed.Input, error) {
	g := maillog.New(maillog.Config{Seed: 4})
	return e.Input("shipped", lines*shipLineBytes, func(buf []byte, number int) []byte {
		return shipper.Line(buf, number, g.Next())
	})
}

// runShip has a service log and a shipper send, while things go wrong.
func (e env) runShip(ctx context.Context, k shipper.Kind, logger contender.Contender, c shipping) (race.Sample, error) {
	lines := int(c.rate * c.length.Seconds())
	in, err := e.shipped(lines)
	if err != nil {
		return nil, err
	}
	dir, remove, err := e.RunDir("")
	if err != nil {
		return nil, err
	}
	defer remove()
	log, home := filepath.Join(dir, "main"), filepath.Join(filepath.Dir(dir), "ship")
	for _, d := range []string{log, home} {
		if err := os.Mkdir(d, 0o755); err != nil {
			return nil, err
		}
	}
	rig, err := k.Start(ctx, home, log, e.shipBin())
	if err != nil {
		return nil, err
	}
	defer rig.Close()
	if err := feed.Pause(ctx, shipSettle); err != nil {
		return nil, err
	}
	used, err := rig.Shipper.CPU()
	if err != nil {
		return nil, err
	}
	arrivals := watchArrivals(ctx, rig)
	logger.Words = k.Words
	got, err := feed.Feed{
		Contender: logger, Dir: dir, Input: in,
		Job:    contender.Job{Stamp: true, FileBytes: shipFileBytes, Files: contender.KeepAll, LineBytes: in.Longest},
		Order:  feed.Order{Rate: c.rate, Lines: lines, Timed: true},
		During: func(ctx context.Context, _ *feed.Logger) error { return disturb(ctx, rig, c.events) },
	}.Run(ctx)
	if err != nil {
		arrivals.stop()
		return nil, err
	}
	labels := make([]int64, 0, lines)
	checker := check.Checker{Dir: dir, Input: firstLines(in.Data, lines), Label: func(_ int, nanos int64) { labels = append(labels, nanos) }}
	if err := checker.Check(got.Outputs); err != nil {
		arrivals.stop()
		return nil, err
	}
	due := lines
	if k.Files {
		files, err := check.Files(log)
		if err != nil {
			arrivals.stop()
			return nil, err
		}
		n, err := check.CountLines(files[:len(files)-1])
		if err != nil {
			arrivals.stop()
			return nil, err
		}
		due = int(n)
	}
	tally, complete, err := awaitLines(ctx, rig, due, c.patience)
	seen := arrivals.stop()
	if err != nil {
		return nil, err
	}
	s := race.Sample{"lost": float64(tally.Lost), "twice": float64(tally.Twice), "disorder": float64(tally.Disorder), "lines": float64(due), "max": float64(got.Writes.Max)}
	if tally.Lost == 0 {
		s["complete"] = float64(complete)
	}
	if !c.calm {
		return s, nil
	}
	now, err := rig.Shipper.CPU()
	if err != nil {
		return nil, err
	}
	s["cpu-line"] = float64(now-used) / float64(due)
	s["wire-line"] = float64(rig.Link.Bytes()) / float64(due)
	s["wire"] = float64(rig.Link.Bytes()) / float64(due) / (float64(got.Bytes)/float64(lines) + check.LabelBytes) * 100
	lags := lagsOf(seen, labels)
	s["lag-p50"], s["lag-p99"] = float64(feed.NearestRank(lags, 0.5)), float64(feed.NearestRank(lags, 0.99))
	return s, nil
}

// firstLines returns the first lines of an input.
func firstLines(data []byte, lines int) []byte {
	end := 0
	for range lines {
		end += slices.Index(data[end:], '\n') + 1
	}
	return data[:end]
}

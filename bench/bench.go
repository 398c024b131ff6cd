package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A bench is one invocation of this program.
type bench struct {
	contenders []contender
	copiers    []contender
	quick      bool
	rounds     int           // 0: as the case has it
	limit      time.Duration // for one run
	only       *regexp.Regexp
	dir        string // for logs, ours, removed at the end
	progress   *progress
	inputs     []*input
	runs       int
	slow       *slowDisk
}

// inputsKept bounds the memory that inputs take.
const inputsKept = 2

// input is the input of a name, made when it is not there.
func (b *bench) input(name string, size int, line func([]byte, int) []byte) (*input, error) {
	for _, in := range b.inputs {
		if in.name == name && cap(in.data) >= size && cap(in.data) < size+1 {
			return in, nil
		}
	}
	if len(b.inputs) >= inputsKept {
		b.inputs[0].close()
		b.inputs = slices.Delete(b.inputs, 0, 1)
	}
	in, err := newInput(name, size, line)
	if err != nil {
		return nil, err
	}
	b.inputs = append(b.inputs, in)
	return in, nil
}

// runDir makes an empty directory for one run below root, and a function that
// removes it, with everything beside it that belongs to the run.
func (b *bench) runDir(root string) (dir string, remove func(), err error) {
	b.runs++
	top := filepath.Join(root, fmt.Sprintf("run%d", b.runs))
	dir = filepath.Join(top, "logs")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	return dir, func() { os.RemoveAll(top) }, nil
}

// settle has the filesystem write out what earlier runs left dirty, so that
// one contender does not wait for another's pages.
func settle(dir string) {
	f, err := os.Open(dir)
	if err != nil {
		return
	}
	defer f.Close()
	_ = unix.Syncfs(int(f.Fd()))
}

// close removes what the bench has made.
func (b *bench) close() {
	for _, in := range b.inputs {
		in.close()
	}
	b.inputs = nil
	if b.slow != nil {
		b.slow.close()
		b.slow = nil
	}
	os.RemoveAll(b.dir)
}

// racers are who takes part in a scenario.
func (b *bench) racers(s *scenario) []contender {
	switch {
	case s.racers != nil:
		return s.racers(b)
	case s.copiers:
		return slices.Concat(b.copiers, b.contenders)
	}
	return b.contenders
}

// plan is how many runs the chosen scenarios take, at most, and about how many
// seconds.
func (b *bench) plan(chosen []*scenario) (runs int, work float64) {
	for _, s := range chosen {
		racers := len(b.racers(s))
		for _, tc := range s.cases(b) {
			if b.only.MatchString(s.name + "/" + tc.name) {
				n := racers * cmp.Or(b.rounds, tc.rounds)
				runs += n
				work += float64(n) * tc.seconds
			}
		}
	}
	return runs, work
}

// runScenario runs the cases that -run selects.
func (b *bench) runScenario(ctx context.Context, s *scenario) (scenarioResult, error) {
	result := scenarioResult{scenario: s, Name: s.name, Title: s.title, About: s.about}
	for _, tc := range s.cases(b) {
		if !b.only.MatchString(s.name + "/" + tc.name) {
			continue
		}
		cr, err := b.runCase(ctx, s, tc)
		if err != nil {
			return result, err
		}
		result.Cases = append(result.Cases, cr)
	}
	return result, nil
}

// runCase races all contenders, in rounds: each has its turn in every round,
// and each round begins with another one.
func (b *bench) runCase(ctx context.Context, s *scenario, tc testcase) (caseResult, error) {
	result := caseResult{Name: tc.name, Title: tc.title, Series: tc.series, X: tc.x, Axis: tc.axis, Note: tc.note}
	if tc.release != nil {
		defer tc.release()
	}
	if tc.prepare != nil {
		note, err := tc.prepare(ctx, b)
		if ctx.Err() != nil {
			return result, ctx.Err()
		}
		if err != nil {
			result.Note = "not run: " + err.Error()
			b.progress.say("%s/%s: %s", s.name, tc.name, result.Note)
			return result, nil
		}
		result.Note = strings.Join(slices.DeleteFunc([]string{tc.note, note}, func(s string) bool { return s == "" }), "; ")
	}
	racers := b.racers(s)
	rounds := cmp.Or(b.rounds, tc.rounds)
	lanes := make([]lane, len(racers))
	for i, c := range racers {
		lanes[i].contender = c
		if tc.skip != nil {
			if why := tc.skip(c); why != "" {
				lanes[i].out = "-: " + why
			}
		}
	}
	for round := range rounds {
		for i := range lanes {
			l := &lanes[(i+round)%len(lanes)]
			b.progress.steps++
			if l.out != "" {
				b.progress.work -= tc.seconds
				continue
			}
			b.progress.step("%s/%s: round %d of %d: %s", s.name, tc.name, round+1, rounds, l.contender.Name)
			got, err := b.runOne(ctx, tc, l.contender)
			b.progress.done += tc.seconds
			if ctx.Err() != nil {
				return result, ctx.Err()
			}
			if err != nil {
				l.fail(err)
				b.progress.say("%s/%s: %s: %s", s.name, tc.name, l.contender.Name, l.out)
				continue
			}
			l.samples = append(l.samples, got)
		}
	}
	b.progress.clear()
	result.Rows = sumUp(s, lanes)
	return result, nil
}

// A lane is a contender in a case.
type lane struct {
	contender contender
	samples   []sample
	out       string // why it is out of the race
}

// fail puts a contender out: one that failed once gets no figure.
func (l *lane) fail(err error) {
	var cannot errCannot
	if errors.As(err, &cannot) {
		l.out = "-: " + err.Error()
		return
	}
	l.out = "failed: " + err.Error()
}

// overtime is how many times longer than expected a run may take, beyond the
// limit for any.
const overtime = 2

// runOne runs one contender once, bounded in time.
func (b *bench) runOne(ctx context.Context, tc testcase, c contender) (sample, error) {
	limit := b.limit + time.Duration(overtime*tc.seconds*float64(time.Second))
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	got, err := tc.run(limited, b, c)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("not done after %v: %w", limit.Round(time.Second), err)
	}
	return got, err
}

// sumUp makes the rows of a case's table.
func sumUp(s *scenario, lanes []lane) []row {
	rows := make([]row, len(lanes))
	for i, l := range lanes {
		rows[i] = row{Contender: l.contender.Name, Out: l.out, peer: l.contender.peer}
		if l.out != "" || len(l.samples) == 0 {
			continue
		}
		rows[i].Figures = map[string]stat{}
		for _, m := range s.metrics {
			var values []float64
			for _, got := range l.samples {
				if v, ok := got[m.key]; ok {
					values = append(values, v)
				}
			}
			if len(values) > 0 {
				rows[i].Figures[m.key] = newStat(values)
			}
		}
	}
	compareRows(s, rows)
	return rows
}

// compareRows sets the ratios to the baseline's row and to the best peer's.
func compareRows(s *scenario, rows []row) {
	for _, m := range s.metrics {
		if !m.leads {
			continue
		}
		base := slices.IndexFunc(rows, func(r row) bool { return r.Contender == s.baseline })
		best := bestPeer(rows, m)
		for i := range rows {
			figure, ok := rows[i].Figures[m.key]
			if !ok {
				continue
			}
			if base >= 0 {
				if r := figure.ratios(rows[base].Figures[m.key], m); r != nil {
					figure.Ratio, figure.RatioMin, figure.RatioMax = r.Median, r.Min, r.Max
				}
			}
			if best >= 0 && !rows[i].peer {
				if r := figure.ratios(rows[best].Figures[m.key], m); r != nil {
					figure.BestPeer = r.Median
				}
			}
			rows[i].Figures[m.key] = figure
		}
	}
}

// bestPeer is the row of the peer with the best median; -1 for none.
func bestPeer(rows []row, m metric) int {
	best := -1
	for i, r := range rows {
		figure, ok := r.Figures[m.key]
		if !ok || !r.peer {
			continue
		}
		if best < 0 || (figure.Median < rows[best].Figures[m.key].Median) == m.lower {
			best = i
		}
	}
	return best
}

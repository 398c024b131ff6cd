package race

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"multilog/bench/internal/contender"
)

// Limits of one run of one contender: RunLimit, and overtime times what the case
// expects.
const (
	RunLimit = 2 * time.Minute
	overtime = 2
)

// Race lets contenders run the cases of scenarios.
type Race struct {
	Contenders []contender.Contender
	Rounds     int            // of each case; 0: as the case has it
	Only       *regexp.Regexp // only cases whose scenario/case matches
	RunLimit   time.Duration
	Progress   *Progress
}

// racers returns the contenders that take part in a scenario.
func (r *Race) racers(s Scenario) []contender.Contender {
	if s.Racers != nil {
		return s.Racers(r.Contenders)
	}
	return r.Contenders
}

// Chosen returns the cases of a scenario that Only selects.
func (r *Race) Chosen(s Scenario) []Case {
	var out []Case
	for _, c := range s.Cases {
		if r.Only.MatchString(s.Name + "/" + c.Name) {
			out = append(out, c)
		}
	}
	return out
}

// Plan returns how many runs the scenarios take at most, and about how many
// seconds.
func (r *Race) Plan(scenarios []Scenario) (runs int, seconds float64) {
	for _, s := range scenarios {
		racers := len(r.racers(s))
		for _, c := range r.Chosen(s) {
			n := racers * cmp.Or(r.Rounds, c.Rounds)
			runs += n
			seconds += float64(n) * c.Seconds
		}
	}
	return runs, seconds
}

// Run runs the chosen cases of a scenario. It fails only when ctx ends: a
// contender that fails is out of the case.
func (r *Race) Run(ctx context.Context, s Scenario) (Result, error) {
	result := Result{Name: s.Name, Title: s.Title, About: s.About, Metrics: s.Metrics, Baseline: s.Baseline, Compare: s.Compare}
	for _, c := range r.Chosen(s) {
		got, err := r.runCase(ctx, s, c)
		if err != nil {
			return result, err
		}
		result.Cases = append(result.Cases, got)
	}
	if s.Finding != nil {
		result.Finding = s.Finding(result.Cases)
	}
	return result, nil
}

// A lane is a contender in a case.
type lane struct {
	contender contender.Contender
	samples   []Sample
	out       string // why it is out of the race
}

// runCase has all contenders take turns, in rounds.
func (r *Race) runCase(ctx context.Context, s Scenario, c Case) (CaseResult, error) {
	result := CaseResult{Name: c.Name, Title: c.Title, Series: c.Series, X: c.X, Axis: c.Axis, Note: c.Note}
	racers, rounds := r.racers(s), cmp.Or(r.Rounds, c.Rounds)
	if c.Prepare != nil {
		note, undo, err := c.Prepare(ctx)
		if undo != nil {
			defer undo()
		}
		if ctx.Err() != nil {
			return result, ctx.Err()
		}
		if err != nil {
			r.Progress.skip(rounds*len(racers), float64(rounds*len(racers))*c.Seconds)
			result.Note = "not run: " + err.Error()
			r.Progress.Say("%s/%s: %s", s.Name, c.Name, result.Note)
			return result, nil
		}
		result.Note = strings.TrimPrefix(strings.TrimSuffix(c.Note+"; "+note, "; "), "; ")
	}
	lanes := make([]lane, len(racers))
	for i, racer := range racers {
		lanes[i].contender = racer
		if c.Skip != nil {
			if why := c.Skip(racer); why != "" {
				lanes[i].out = "-: " + why
			}
		}
	}
	for round := range rounds {
		for i := range lanes {
			l := &lanes[(i+round)%len(lanes)]
			if l.out != "" {
				r.Progress.skip(1, c.Seconds)
				continue
			}
			r.Progress.Step("%s/%s: round %d of %d: %s", s.Name, c.Name, round+1, rounds, l.contender.Name)
			got, err := r.runOne(ctx, c, l.contender)
			r.Progress.finish(c.Seconds)
			if ctx.Err() != nil {
				return result, ctx.Err()
			}
			if err != nil {
				l.fail(err)
				r.Progress.Say("%s/%s: %s: %s", s.Name, c.Name, l.contender.Name, l.out)
				continue
			}
			l.samples = append(l.samples, got)
		}
	}
	r.Progress.Clear()
	result.Rows = s.rows(lanes)
	return result, nil
}

// fail puts a contender out of the case.
func (l *lane) fail(err error) {
	var cannot contender.ErrCannot
	if errors.As(err, &cannot) {
		l.out = "-: " + err.Error()
		return
	}
	l.out = "failed: " + err.Error()
}

// runOne runs one contender once, bounded in time.
func (r *Race) runOne(ctx context.Context, c Case, racer contender.Contender) (Sample, error) {
	limit := r.RunLimit + time.Duration(overtime*c.Seconds*float64(time.Second))
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	got, err := c.Run(limited, racer)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("not done after %v: %w", limit.Round(time.Second), err)
	}
	return got, err
}

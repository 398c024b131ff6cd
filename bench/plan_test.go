package main

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// full is a bench with all the usual contenders.
func full(quick bool) *bench {
	b := &bench{quick: quick, only: regexp.MustCompile("")}
	for _, name := range []string{oursName, daemontoolsName, "s6-log", "svlogd"} {
		b.contenders = append(b.contenders, contender{Name: name, peer: name != oursName})
	}
	b.copiers = copiers("bench")
	return b
}

// TestPlan holds the estimates against what people are promised.
func TestPlan(t *testing.T) {
	for _, test := range []struct {
		quick bool
		limit time.Duration
	}{{false, 30 * time.Minute}, {true, 4*time.Minute + 30*time.Second}} {
		b := full(test.quick)
		runs, work := b.plan(scenarios)
		if took := time.Duration(work * float64(time.Second)); took > test.limit {
			t.Errorf("quick %v: %v, want no more than %v", test.quick, took, test.limit)
		}
		for _, s := range scenarios {
			n, seconds := b.plan([]*scenario{s})
			t.Logf("quick %v: %-10s %4d runs, %4.0f s", test.quick, s.name, n, seconds)
			for _, tc := range s.cases(b) {
				if tc.seconds <= 0 {
					t.Errorf("%s/%s takes no time", s.name, tc.name)
				}
			}
		}
		t.Logf("quick %v: %d runs, %.0f s", test.quick, runs, work)
	}
}

func TestTimeLeft(t *testing.T) {
	p := &progress{work: 100}
	if left := p.left(0); left != 100*time.Second {
		t.Errorf("at the start: %v", left)
	}
	p.done = 10
	if left := p.left(time.Minute); left != 90*time.Second {
		t.Errorf("too early to judge: %v", left)
	}
	p.done = 50
	if left := p.left(100 * time.Second); left != 100*time.Second {
		t.Errorf("twice as slow as thought: %v", left)
	}
	p.done = 120
	if left := p.left(time.Minute); left != 0 {
		t.Errorf("beyond the end: %v", left)
	}
	for d, want := range map[time.Duration]string{0: "0 s", 119 * time.Second: "119 s", 29*time.Minute + 40*time.Second: "30 min"} {
		if got := showLeft(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

// TestRacers checks who races where not all do.
func TestRacers(t *testing.T) {
	b := full(false)
	names := func(s *scenario) string {
		var all []string
		for _, c := range b.racers(s) {
			all = append(all, c.Name)
		}
		return strings.Join(all, ", ")
	}
	if got, want := names(day), "ours, ours z c200MB, multilog"; got != want {
		t.Errorf("day: %s, want %s", got, want)
	}
	if got := names(features); !strings.HasPrefix(got, "ours, without the ring, without peeking") || strings.Contains(got, "multilog") {
		t.Errorf("features: %s", got)
	}
	b.contenders = b.contenders[1:]
	if got := names(features) + names(day); got != "multilog" {
		t.Errorf("without ours: %s", got)
	}
}

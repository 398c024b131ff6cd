package scenario

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	"multilog/bench/internal/contender"
	"multilog/bench/internal/race"
)

// feature is a feature of the kernel that our logger uses, and the environment setting
// that makes it do without.
type feature struct{ name, env string }

func kernelFeatures() []feature {
	return []feature{
		{"the ring", "MULTILOG_IO=pool"},
		{"peeking", "MULTILOG_INPUT=read"},
		{"a large pipe", "MULTILOG_PIPE=65536"},
		{"naps", "MULTILOG_NAP=0"},
		{"sync_file_range", "MULTILOG_SYNCRANGE=0"},
		{"preallocation", "MULTILOG_PREALLOCATE=0"},
	}
}

func (e env) features() race.Scenario {
	s := race.Scenario{
		Name: "features", Title: "what each feature of the kernel gains", Baseline: contender.Ours, Compare: race.Gain,
		About: "Our logger against itself without one feature at a time. Gain: by how much the figure is better with the feature than without; a feature with a gain of about nothing " +
			"could go. Peeking and the large pipe are there for safety, and may cost something. With files of 1 MB and 20 of them, rotation is most of the work; " +
			"with exit: until the logger has ended, its files synced.",
		Metrics: []race.Metric{
			{Key: "speed", Title: "taken at", Unit: race.BytesPerSecond, Leads: true},
			{Key: "cpu-line", Title: "CPU per line", Unit: race.Nanoseconds, Lower: true, Leads: true},
			{Key: "exit-speed", Title: "with exit", Unit: race.BytesPerSecond, Leads: true},
			{Key: "share", Title: "of a core", Unit: race.Percent, Lower: true},
			{Key: "switches", Title: "switches", Unit: race.PerSecond, Lower: true},
		},
		Racers: withoutFeatures,
	}
	mib, rounds := 128, fewRounds
	if e.quick {
		mib, rounds = 32, 1
	}
	rotation := load{name: "t", title: "t, 63-byte lines, files of 1 MB, 20 of them", stamp: true, fileBytes: 1_000_000}
	for _, c := range []struct {
		name string
		load load
	}{{"speed", plainLoad()}, {"speed", stampLoad()}, {"rotation", rotation}} {
		c := e.feedingCase(feeding{name: c.name, title: "a pipe in 64 KB writes", chunk: chunkBytes, mib: mib, quick: mib}, c.load)
		c.Seconds = runTakes(mib<<20, lineBytes, lineNanos/5) // ours is faster than loggers are on average
		s.Cases = append(s.Cases, c)
	}
	s.Cases = append(s.Cases, e.rateCase(50000))
	for i := range s.Cases {
		c := &s.Cases[i]
		c.Rounds, c.Skip, c.Series, c.Axis = rounds, knowsVariables, "", ""
	}
	return s
}

// withoutFeatures returns our logger, and our logger without each feature.
func withoutFeatures(all []contender.Contender) []contender.Contender {
	ours, ok := find(all, contender.Ours)
	if !ok {
		return nil
	}
	out := []contender.Contender{ours}
	for _, f := range kernelFeatures() {
		c := ours
		c.Name, c.Env = "without "+f.name, []string{f.env}
		out = append(out, c)
	}
	return out
}

// knowsVariables returns why a contender can't race: a variable of its environment that
// its binary does not mention, because it would race with the feature. It returns "" if
// there is none.
func knowsVariables(c contender.Contender) string {
	binary, err := os.ReadFile(c.Path)
	if err != nil {
		return err.Error()
	}
	for _, e := range c.Env {
		if name, _, _ := strings.Cut(e, "="); !bytes.Contains(binary, []byte(name)) {
			return fmt.Sprintf("this binary does not know %s", name)
		}
	}
	return ""
}

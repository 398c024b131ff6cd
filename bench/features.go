package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
)

// A feature of the kernel that our logger uses, and the environment that has
// it do without.
type feature struct{ name, env string }

// featureList is all of them. A binary that does not know a variable does not
// take part without the feature.
var featureList = []feature{
	{"the ring", "MULTILOG_IO=pool"},
	{"peeking", "MULTILOG_INPUT=read"},
	{"a large pipe", "MULTILOG_PIPE=65536"},
	{"naps", "MULTILOG_NAP=0"},
	{"sync_file_range", "MULTILOG_SYNCRANGE=0"},
	{"preallocation", "MULTILOG_PREALLOCATE=0"},
}

// without marks the names of contenders that lack a feature.
const without = "without "

var features = &scenario{
	name:     "features",
	title:    "what each feature of the kernel gains",
	baseline: oursName,
	gains:    true,
	about: "Our logger against itself, without one feature at a time. Gain: by how much the figure is better with the feature than without, so a feature with a gain of about nothing " +
		"could go. Peeking and the large pipe are there for safety, and may cost something. With files of 1 MB and 20 of them, rotation is most of the work; " +
		"with exit: until the logger has ended, its files synced.",
	metrics: []metric{
		{key: "speed", title: "taken at", unit: bytesPerSecond, leads: true},
		{key: "cpu-line", title: "CPU per line", unit: nanoseconds, lower: true, leads: true},
		{key: "exit-speed", title: "with exit", unit: bytesPerSecond, leads: true},
		{key: "share", title: "of a core", unit: percent, lower: true},
		{key: "switches", title: "switches", unit: perSecond, lower: true},
	},
	racers: func(b *bench) []contender {
		i := slices.IndexFunc(b.contenders, func(c contender) bool { return c.Name == oursName })
		if i < 0 {
			return nil
		}
		out := []contender{b.contenders[i]}
		for _, f := range featureList {
			c := out[0]
			c.Name, c.Env = without+f.name, []string{f.env}
			out = append(out, c)
		}
		return out
	},
	cases: func(b *bench) []testcase {
		mib, window, rounds := 128, rateWindow, fewRounds
		if b.quick {
			mib, window, rounds = 32, rateQuickWindow, 1
		}
		rotation := feeding{"rotation", "a pipe in 64 KB writes", 64 << 10, false, mib, mib, rounds}.testcase(b,
			load{name: "t", title: "t, 63-byte lines, files of 1 MB, 20 of them", stamp: true, lineBytes: 63, fileBytes: 1_000_000})
		paced := rateCase(50000, window, rounds)
		cases := []testcase{
			feeding{"speed", "a pipe in 64 KB writes", 64 << 10, false, mib, mib, rounds}.testcase(b, loads[0]),
			feeding{"speed", "a pipe in 64 KB writes", 64 << 10, false, mib, mib, rounds}.testcase(b, loads[1]),
			rotation,
			paced,
		}
		for i := range cases {
			c := &cases[i]
			c.rounds, c.skip, c.series, c.axis = rounds, knowsVariables, "", ""
			if c.name != paced.name { // faster than loggers are on average
				c.seconds = runTakes(mib<<20, 63, lineNanos/5)
			}
		}
		return cases
	},
}

// knowsVariables says which of its environment's variables a contender's
// binary does not mention.
func knowsVariables(c contender) string {
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

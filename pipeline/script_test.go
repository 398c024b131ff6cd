package pipeline

import (
	"slices"
	"strings"
	"testing"

	"multilog/internal/naive"
)

// An argument list is fuzzed as one text: newlines end its arguments.
func FuzzScript(f *testing.F) {
	for _, seed := range []string{
		"t\n./main", "./main\nt", "t\n-*\n+* status: *\n=status\ne\n./a\n/b", "s16777215\nn20\n!gzip\n./main\n!\ns1\nn\n./b",
		"s\nn99999999999999999999\n./a\ns99999999999999999999x\n/b\n\n.\n/", "ta\n--help\nx\n-v\n+*\n-*\ne",
	} {
		f.Add(seed, "@40000000 some line")
	}
	f.Fuzz(func(t *testing.T, script, line string) {
		args := strings.Split(script, "\n")
		got, want := Parse(args), naive.Parse(args)
		if got.Label != want.Label {
			t.Errorf("%q: labels %v", args, got.Label)
		}
		checkSinks(t, got, &want)
		checkChoice(t, got, &want, line)
	})
}

// checkSinks compares who takes lines, in order.
func checkSinks(t *testing.T, got *Script, want *naive.Script) {
	sinks := got.sinks
	for _, a := range want.Actions {
		if a.Kind == naive.Select || a.Kind == naive.Deselect {
			continue
		}
		if len(sinks) == 0 {
			t.Fatalf("%c%q is missing", a.Kind, a.Text)
		}
		sink := sinks[0]
		sinks = sinks[1:]
		switch sink.kind {
		case toStderr:
			if a.Kind != naive.Stderr {
				t.Errorf("e in place of %c", a.Kind)
			}
		case toStatus:
			if a.Kind != naive.Status || got.Status[sink.index] != a.Text {
				t.Errorf("=%q in place of %c%q", got.Status[sink.index], a.Kind, a.Text)
			}
		case toDir:
			d := got.Dirs[sink.index]
			if a.Kind != naive.Dir || d.Name != a.Text || d.Size != a.Size || d.Count != a.Count ||
				d.HasProcessor != a.HasProcessor || d.Processor != a.Processor {
				t.Errorf("directory %+v in place of %+v", d, a)
			}
		}
	}
	if len(sinks) > 0 {
		t.Errorf("%d actions too many", len(sinks))
	}
}

// checkChoice compares who gets a line: choose goes through the rules
// backwards, the model forwards.
func checkChoice(t *testing.T, got *Script, want *naive.Script, line string) {
	line = strings.ReplaceAll(line, "\n", "")
	b := batch{script: got, chosen: make([]bool, len(got.sinks)), outputs: make([]output, len(got.Dirs))}
	b.choose([]byte(line + "\n"))
	var chosen []bool
	for i, takes := range want.Takers(line[:min(len(line), lineBytes)]) {
		if k := want.Actions[i].Kind; k != naive.Select && k != naive.Deselect {
			chosen = append(chosen, takes)
		}
	}
	if !slices.Equal(b.chosen, chosen) {
		t.Errorf("line %q: %v get it, the rules say %v", line, b.chosen, chosen)
	}
	for i, sink := range got.sinks {
		if sink.kind == toDir && b.outputs[sink.index].selected != chosen[i] {
			t.Errorf("line %q: directory %d: %v", line, sink.index, !chosen[i])
		}
	}
}

// A script's numbers and names hold for what comes after them.
func TestScript(t *testing.T) {
	s := Parse(strings.Fields("t s5000 n3 ./a !p n1 s1 ./b ! s99999999 /c t"))
	if !s.Label || len(s.Dirs) != 3 {
		t.Fatalf("%+v", s)
	}
	a, b, c := s.Dirs[0], s.Dirs[1], s.Dirs[2]
	if a.Size != 5000 || a.Count != 3 || a.HasProcessor {
		t.Errorf("./a: %+v", a)
	}
	if b.Size != minFileBytes || b.Count != minFiles || b.Processor != "p" {
		t.Errorf("./b: %+v", b)
	}
	if c.Size != maxFileBytes || !c.HasProcessor || c.Processor != "" || c.Name != "/c" {
		t.Errorf("/c: %+v", c)
	}
}

package script

import (
	"slices"
	"strings"
	"testing"
	"time"

	"multilog/internal/test/naive"
)

// FuzzScript fuzzes an argument list as one text, in which newlines separate the
// arguments.
func FuzzScript(f *testing.F) {
	for _, seed := range []string{
		"t\n./main", "./main\nt", "t\n-*\n+* status: *\n=status\ne\n./a\n/b", "s16777215\nn20\n!gzip\n./main\n!\ns1\nn\n./b",
		"s\nn99999999999999999999\n./a\ns99999999999999999999x\n/b\n\n.\n/", "ta\n--help\nx\n-v\n+*\n-*\ne",
	} {
		f.Add(seed, "@40000000 some line")
	}
	f.Fuzz(func(t *testing.T, script, line string) {
		args := strings.Split(script, "\n")
		got, err := Parse(args) // must not panic, whatever the arguments
		for i, arg := range args {
			if notDaemontools(i, arg) {
				return
			}
		}
		if err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		want := naive.Parse(args)
		if (got.Stamp == StampTAI64N) != want.Label || !want.Label && got.Stamp != StampNone {
			t.Errorf("%q: stamp %v", args, got.Stamp)
		}
		checkSinks(t, got, &want)
		checkChoice(t, got, &want, line)
	})
}

// notDaemontools reports whether an argument may be a word that daemontools' multilog
// ignores and ours does not.
func notDaemontools(i int, arg string) bool {
	if arg == "" {
		return false
	}
	switch arg[0] {
	case 'F', 'S', 'w', 'z', 'T':
		return true
	case 'a', 'b', 'c', 'k', 'y':
		return len(arg) > 1 && arg[1] >= '0' && arg[1] <= '9'
	case 't':
		return i == 0 && stampOf(arg) != StampTAI64N
	}
	return false
}

// checkSinks compares the sinks with those of the model, in order.
func checkSinks(t *testing.T, got *Script, want *naive.Script) {
	sinks := got.Sinks
	for _, a := range want.Actions {
		if a.Kind == naive.Select || a.Kind == naive.Deselect {
			continue
		}
		if len(sinks) == 0 {
			t.Fatalf("%c%q is missing", a.Kind, a.Text)
		}
		sink := sinks[0]
		sinks = sinks[1:]
		switch sink.Kind {
		case ToStderr:
			if a.Kind != naive.Stderr {
				t.Errorf("e in place of %c", a.Kind)
			}
		case ToStatus:
			if a.Kind != naive.Status || got.Status[sink.Index] != a.Text {
				t.Errorf("=%q in place of %c%q", got.Status[sink.Index], a.Kind, a.Text)
			}
		case ToDir:
			d := got.Dirs[sink.Index]
			var command []string
			if a.HasProcessor {
				command = []string{"/bin/sh", "sh", "-c", a.Processor}
			}
			if a.Kind != naive.Dir || d.Name != a.Text || d.Size != a.Size || d.Count != a.Count || !slices.Equal(d.Command, command) {
				t.Errorf("directory %+v in place of %+v", d, a)
			}
		}
	}
	if len(sinks) > 0 {
		t.Errorf("%d sinks too many", len(sinks))
	}
}

// checkChoice compares the sinks that get a line. Choose tries the rules backwards,
// the model forwards.
func checkChoice(t *testing.T, got *Script, want *naive.Script, line string) {
	line = strings.ReplaceAll(line, "\n", "")
	chosen := make([]bool, len(got.Sinks))
	got.Choose([]byte(line+"\n"), chosen)
	var expected []bool
	for i, takes := range want.Takers(line[:min(len(line), LineBytes)]) {
		if k := want.Actions[i].Kind; k != naive.Select && k != naive.Deselect {
			expected = append(expected, takes)
		}
	}
	if !slices.Equal(chosen, expected) {
		t.Errorf("line %q: chosen %v, want %v", line, chosen, expected)
	}
}

// A script's settings hold for the directories after them.
func TestScript(t *testing.T) {
	s, err := Parse(strings.Fields("t s5000 n3 ./a !p n1 s1 ./b ! s99999999 /c t"))
	if err != nil || s.Stamp != StampTAI64N || len(s.Dirs) != 3 {
		t.Fatalf("%+v, %v", s, err)
	}
	a, b, c := s.Dirs[0], s.Dirs[1], s.Dirs[2]
	if a.Size != 5000 || a.Count != 3 || len(a.Command) > 0 {
		t.Errorf("./a: %+v", a)
	}
	if b.Size != minFileBytes || b.Count != minFiles || !slices.Equal(b.Command, []string{"/bin/sh", "sh", "-c", "p"}) {
		t.Errorf("./b: %+v", b)
	}
	if c.Size != maxFileBytes || !slices.Equal(c.Command, []string{"/bin/sh", "sh", "-c", ""}) || c.Name != "/c" {
		t.Errorf("/c: %+v", c)
	}
}

// However long the time of a or y is, adding it to the present does not overflow.
func TestScriptLongestTimes(t *testing.T) {
	s, err := Parse(strings.Fields("a2562047h y2562047h ./a"))
	if err != nil {
		t.Fatal(err)
	}
	for _, long := range []int64{s.Dirs[0].MaxAge, s.Dirs[0].SyncWithin} {
		if now := time.Now().UnixNano(); now+long < now || long < int64(100*365*24*time.Hour) {
			t.Errorf("%d ns from now is in the past, or less than a century away", long)
		}
	}
}

// A level that is a number, however large, is never an unknown word.
func TestScriptLevels(t *testing.T) {
	for word, valid := range map[string]bool{
		"z": true, "z1": true, "z22": true, "z007": true, "z3x": true, "zx": true,
		"z0": false, "z23": false, "z99999999999999999999": false,
	} {
		s, err := Parse([]string{word, "./a"})
		if (err == nil) != valid {
			t.Errorf("%s: %v", word, err)
		}
		if err != nil {
			if !strings.Contains(err.Error(), word+" in the script: level ") {
				t.Errorf("%s: %v", word, err)
			}
			continue
		}
		if compresses := len(s.Dirs[0].Command) > 0; compresses == strings.HasSuffix(word, "x") {
			t.Errorf("%s: command %q", word, s.Dirs[0].Command)
		}
	}
}

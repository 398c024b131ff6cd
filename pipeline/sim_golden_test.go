package pipeline_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"multilog/internal/test/simkernel"
	"multilog/ioring"
	"multilog/pipeline/script"
)

// Golden files have the order of operations on disk, for every path through a list of
// steps: what a logger does to its directory on a simulated kernel in which all
// operations take the same time. A change of the order shows there.

var update = flag.Bool("update", false, "write the golden files anew")

// orderly is a simkernel.Watcher. It checks that no file gets a name with .s before its
// data is on disk.
type orderly struct{ t *testing.T }

func (o orderly) Linking(d *simkernel.Dir, name string, f *simkernel.File) {
	if strings.HasSuffix(name, ".s") && !bytes.Equal(f.Disk, f.Data) {
		o.t.Errorf("%s gets its name with %d of %d bytes on disk", name, len(f.Disk), len(f.Data))
	}
}

func (o orderly) Renaming(d *simkernel.Dir, _, to string, f, _ *simkernel.File) { o.Linking(d, to, f) }
func (orderly) Removing(*simkernel.Dir, string, *simkernel.File)                {}
func (orderly) TakingBack(*simkernel.Dir, *simkernel.File, int)                 {}
func (orderly) Synced(*simkernel.Dir)                                           {}
func (orderly) Consumed()                                                       {}
func (orderly) Warned(string)                                                   {}

// killer kills the logger at its first write to a log, or before it consumes the batch.
type killer struct {
	*simkernel.Kernel
	atWrite bool
}

func (k *killer) Writev(fd int, pieces [][]byte) (int, error) {
	n, err := k.Kernel.Writev(fd, pieces)
	if k.atWrite && n < 4096 { // a shorter one is to the lock page
		k.Kill()
	}
	return n, err
}

func (k *killer) Consume(int, *byte, []byte) error {
	k.Kill()
	return nil
}

// line returns a line of 100 bytes.
func line(n int) string { return fmt.Sprintf("%04d %094d\n", n, n) }

func lines(from, to int) string {
	var b strings.Builder
	for n := from; n < to; n++ {
		b.WriteString(line(n))
	}
	return b.String()
}

const (
	label1 = "@400000006955b8f40000000a" // before the start of the simulated time
	label2 = "@400000006955b8f40000000b"
)

var goldens = []struct {
	name  string
	args  []string
	input int // lines of 100 bytes
	alarm bool
	fails int // runs of the processor
	setup func(w *simkernel.World, d *simkernel.Dir)
	first func(k *simkernel.Kernel) kernel // the previous logger, which is killed
}{
	{name: "end-of-input", input: 3},
	{name: "end-of-input-nothing"},
	{name: "end-of-input-unfinished-line", input: -1},
	{name: "rotation", input: 80},
	{name: "rotation-alarm", input: 3, alarm: true},
	{name: "processor", args: []string{"!process"}, input: 40},
	{name: "processor-fails", args: []string{"!process"}, input: 40, fails: 1},
	{name: "processor-y", args: []string{"n9", "y20ms", "!process"}, input: 90},
	{name: "recovery-clean", setup: files("current 744", lines(0, 3))},
	{name: "recovery-clean-next", setup: files("current 744", lines(0, 3), "next 644", "")},
	{name: "recovery-clean-previous", args: []string{"n9"}, setup: files("current 744", lines(22, 25), "previous 744", lines(0, 22))},
	{name: "recovery-current", setup: files("current 644", lines(0, 3), "state 644", "")},
	{name: "recovery-current-linked", setup: func(w *simkernel.World, d *simkernel.Dir) {
		w.Link(d, label1+".u", w.MakeFile(d, "current", lines(0, 3), 0o644))
	}},
	{name: "recovery-next-empty", setup: files("current 644", lines(0, 22), "next 644", "")},
	{name: "recovery-next", setup: files("current 644", lines(0, 22), "next 644", lines(22, 25))},
	{name: "recovery-next-alone", setup: files(label1+".u 644", lines(0, 22), "next 644", lines(22, 25))},
	{name: "recovery-unsafe", setup: files(label1+".u 744", lines(0, 22), "current 644", lines(22, 25))},
	{name: "recovery-previous", setup: files("previous 744", lines(0, 22), "processed 644", lines(0, 7),
		"state 644", "", "newstate 644", "", label2+".u 644", lines(22, 44), "current 644", lines(44, 46))},
	{name: "recovery-processed", setup: files("previous 744", lines(0, 22), "processed 744", lines(0, 22),
		"state 644", "", "newstate 644", "1", "current 644", lines(22, 23))},
	{name: "recovery-processed-alone", setup: files("processed 744", lines(0, 22), "newstate 644", "1", "current 644", lines(22, 23))},
	{name: "recovery-too-many", setup: files(label1+".s 744", lines(0, 22), label2+".u 644", lines(22, 44), "current 644", lines(44, 46))},
	{name: "recovery-begun", input: 3, first: func(k *simkernel.Kernel) kernel { return &killer{k, true} }},
	{name: "recovery-done", input: 3, first: func(k *simkernel.Kernel) kernel { return &killer{k, false} }},
}

// files makes files. Each pair is a name with a mode, and a text.
func files(pairs ...string) func(w *simkernel.World, d *simkernel.Dir) {
	return func(w *simkernel.World, d *simkernel.Dir) {
		for i := 0; i < len(pairs); i += 2 {
			var name string
			var mode uint32
			if _, err := fmt.Sscanf(pairs[i], "%s %o", &name, &mode); err != nil {
				panic(err)
			}
			w.MakeFile(d, name, pairs[i+1], mode)
		}
	}
}

func TestOrderOfOperations(t *testing.T) {
	for _, g := range goldens {
		t.Run(g.name, func(t *testing.T) {
			w := simkernel.NewWorld(rand.New(rand.NewPCG(1, 1)))
			fails := g.fails
			w.Processor = func() simkernel.Behaviour {
				if fails--; fails >= 0 {
					return simkernel.Behaviour{Exit: 1, After: 1000}
				}
				return simkernel.Behaviour{}
			}
			d := w.MakeDir("./main")
			if g.setup != nil {
				g.setup(w, d)
			}
			w.Watch = orderly{t}
			text := lines(1000, 1000+g.input)
			if g.input < 0 {
				text = strings.TrimSuffix(line(1000), "\n")
			}
			p := &simkernel.Pipe{Stream: []byte(text), Capacity: 65536}
			p.Schedule(1, nil, nil)
			w.NewPipe(p)
			parsed, err := script.Parse(append([]string{"s4096", "n2"}, append(g.args, "./main")...))
			if err != nil {
				t.Fatal(err)
			}
			var trace transcript
			if g.first != nil {
				k := w.Start(plan(w, false))
				k.Run(logger(g.first(k), parsed))
			}
			w.Trace = trace.add
			k := w.Start(plan(w, g.alarm))
			if out := k.Run(logger(k, parsed)); out.Err != nil || w.Err() != nil {
				t.Fatal(out, w.Err())
			}
			compareGolden(t, g.name, trace.text(d))
		})
	}
}

// plan is a life in which nothing fails, until the end of input.
func plan(w *simkernel.World, alarm bool) simkernel.Plan {
	return simkernel.Plan{
		Delay: func(ioring.Code) (before, after int64) { return 1e6, 1e6 },
		Idle: func(k *simkernel.Kernel) {
			if alarm {
				alarm = false
				k.Alrm()
				return
			}
			w.Pipe.Close(w.Mono())
		},
	}
}

// transcript collects the lines of a trace that belong in a golden file: the effects.
type transcript struct{ lines []string }

var noEffect = regexp.MustCompile(`^(peek|wait|done|stat|readdir|open main$|map|flock|writer|mkdir)\b`)

func (tr *transcript) add(line string) {
	if _, text, ok := strings.Cut(strings.TrimSpace(line), "  "); ok && !noEffect.MatchString(text) {
		tr.lines = append(tr.lines, strings.TrimSuffix(text, ": <nil>"))
	}
}

var labelPattern = regexp.MustCompile(`@[0-9a-f]{24}`)

// text returns the transcript and what is left in the directory, with numbers for
// labels.
func (tr *transcript) text(d *simkernel.Dir) string {
	all := append(tr.lines, "")
	for _, e := range d.Entries() {
		if e.Name != "lock" {
			all = append(all, fmt.Sprintf("%04o %5d bytes %s", e.File.Mode, len(e.File.Data), e.Name))
		}
	}
	numbers := map[string]string{}
	return labelPattern.ReplaceAllStringFunc(strings.Join(all, "\n")+"\n", func(label string) string {
		if numbers[label] == "" {
			numbers[label] = fmt.Sprintf("@LABEL%d", len(numbers)+1)
		}
		return numbers[label]
	})
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the order of operations has changed; if that is meant: go test ./pipeline -run TestOrderOfOperations -update\n--- want\n%s\n--- got\n%s", want, got)
	}
}

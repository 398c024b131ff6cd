package pipeline_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"multilog/internal/test/simkernel"
	"multilog/ioring"
	"multilog/pipeline/script"
	"multilog/rotate"
)

// runs is a kernel that notes which processors run, by their commands.
type runs struct {
	*simkernel.Kernel
	bad     string // the command that fails each time
	running int
	most    int
	begun   []string
	ended   func(command string)
}

func (k *runs) Submit(op *ioring.Op) {
	if op.Code == ioring.Run {
		command := op.Cmd.Args[len(op.Cmd.Args)-1]
		k.begun = append(k.begun, command)
		k.running++
		k.most = max(k.most, k.running)
		done := op.Done
		op.Done = func(op *ioring.Op) {
			k.running--
			if command == k.bad {
				op.Res = 1
			}
			k.ended(command)
			done(op)
		}
	}
	k.Kernel.Submit(op)
}

// runThree runs a logger with three directories and processors, each of which gets some
// files, until there are three files in each of the directories named until.
func runThree(t *testing.T, turns *rotate.Turns, bad string, until ...string) (*runs, *simkernel.World) {
	t.Helper()
	w := simkernel.NewWorld(rand.New(rand.NewPCG(1, 1)))
	for _, name := range []string{"./a", "./b", "./c"} {
		w.MakeDir(name)
	}
	w.Processor = func() simkernel.Behaviour { return simkernel.Behaviour{Chunk: 1000, Every: 300e6} }
	p := &simkernel.Pipe{Stream: []byte(lines(0, 90)), Capacity: 65536}
	p.Schedule(1, nil, nil)
	w.NewPipe(p)
	parsed, err := script.Parse([]string{"s4096", "n9", "!one", "./a", "!two", "./b", "!three", "./c"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range parsed.Dirs {
		parsed.Dirs[i].Turns = turns
	}
	k := w.Start(simkernel.Plan{Delay: func(ioring.Code) (before, after int64) { return 1e6, 1e6 }, Idle: func(k *simkernel.Kernel) { k.Term() }})
	r := &runs{Kernel: k, bad: bad}
	r.ended = func(string) {
		for _, name := range until {
			if safe(w.Dir(name)) < 3 {
				return
			}
		}
		if k.Idles() == 0 {
			k.Term()
			r.ended = func(string) {}
		}
	}
	if out := k.Run(logger(r, parsed)); out.Err != nil || w.Err() != nil {
		t.Fatal(out, w.Err())
	}
	return r, w
}

// safe counts the complete old files of a directory.
func safe(d *simkernel.Dir) (n int) {
	for _, e := range d.Entries() {
		if strings.HasSuffix(e.Name, ".s") {
			n++
		}
	}
	return n
}

// As many processors run side by side as there are turns. Without a limit all of them
// do.
func TestTurnsBoundProcessors(t *testing.T) {
	for _, c := range []struct {
		turns *rotate.Turns
		most  int
	}{{rotate.NewTurns(0), 1}, {rotate.NewTurns(1), 1}, {rotate.NewTurns(2), 2}, {rotate.NewTurns(3), 3}, {nil, 3}} {
		if r, _ := runThree(t, c.turns, "", "./a", "./b", "./c"); r.most != c.most {
			t.Errorf("%d processors ran at a time, not %d", r.most, c.most)
		}
	}
}

// If there is one turn, the directories take turns.
func TestTurnsAreFair(t *testing.T) {
	r, _ := runThree(t, rotate.NewTurns(1), "", "./a", "./b", "./c")
	for i := 3; i+3 <= len(r.begun) && i < 9; i += 3 {
		round := slices.Clone(r.begun[i : i+3])
		slices.Sort(round)
		if !slices.Equal(round, []string{"one", "three", "two"}) {
			t.Errorf("the processors ran in the order %q", r.begun)
			break
		}
	}
}

// A processor that keeps failing gives up its turn and closes its files while it
// pauses. SIGTERM ends it.
func TestTurnsPassFailures(t *testing.T) {
	r, w := runThree(t, rotate.NewTurns(1), "one", "./b", "./c")
	if a, b, c := safe(w.Dir("./a")), safe(w.Dir("./b")), safe(w.Dir("./c")); a != 0 || b < 3 || c < 3 {
		t.Errorf("%d, %d and %d files are safe; runs: %q", a, b, c, r.begun)
	}
}

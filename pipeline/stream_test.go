package pipeline_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"multilog/internal/test/naive"
	"multilog/internal/test/simkernel"
	"multilog/ioring"
	"multilog/pipeline/script"
	"multilog/tai64n"
)

// For any script, any input and any pieces of it, the files are those of the naive
// logger. The real loop and the real rotation run on a simulated kernel in which
// nothing fails.

const (
	streamDirs  = 3
	streamBytes = 150_000 // maximum input of a run
)

// streamArgs makes a script from a text in which newlines end arguments. It renames
// directories and status files so that each exists once.
func streamArgs(text string) []string {
	var args []string
	dirs, statuses := 0, 0
	for _, arg := range strings.Split(text, "\n") {
		switch {
		case arg == "":
		case arg[0] == 't':
			arg = "t" // the model does not know the other stamps
		case strings.IndexByte("FSTwzabcky", arg[0]) >= 0:
			arg = "x" // nor these words
		case arg[0] == '.' || arg[0] == '/':
			if dirs == streamDirs {
				continue
			}
			arg = fmt.Sprintf("./dir%d", dirs)
			dirs++
		case arg[0] == '=':
			arg = fmt.Sprintf("=status%d", statuses)
			statuses++
		}
		args = append(args, arg)
	}
	if strings.HasPrefix(text, "t") {
		// All lines, with their labels.
		args = append(args, "+*", "s16777215", "n1000", "!", "./all")
	}
	return args
}

// streamKernel is a simulated kernel that keeps warnings and what goes to standard
// error.
type streamKernel struct {
	*simkernel.Kernel
	stderr   bytes.Buffer
	warnings []string
}

func (k *streamKernel) WriteStderr(b []byte) { k.stderr.Write(b) }
func (k *streamKernel) Warn(text string)     { k.warnings = append(k.warnings, text) }

// streamRun is a run of the real logger.
type streamRun struct {
	args  []string
	input string
	prior map[string]string // the content of each directory's current, which was finished cleanly
	seed  uint64            // determines the pieces of the input
	most  int               // maximum size of a piece in bytes
}

func (s *streamRun) run() (*simkernel.World, *streamKernel, error) {
	r := rand.New(rand.NewPCG(s.seed, 0))
	w := simkernel.NewWorld(r)
	w.Processor = func() simkernel.Behaviour { return simkernel.Behaviour{Chunk: pick(r, 0, 1000)} }
	for name, text := range s.prior {
		w.MakeFile(w.MakeDir(name), "current", text, 0o744)
	}
	pipe := &simkernel.Pipe{Stream: []byte(s.input), Capacity: pick(r, 4096, 65536, 1<<20)}
	var ends []int
	for at := 0; at < len(s.input) && s.most > 0; {
		at = min(at+1+r.IntN(s.most), len(s.input))
		ends = append(ends, at)
	}
	gap := pick(r, 1, 20e3, 2e6)
	pipe.Schedule(w.Mono()+1, ends, func() int64 { return r.Int64N(int64(gap)) + 1 })
	pipe.Close(w.Mono())
	w.NewPipe(pipe)
	most := int64(pick(r, 1, 20e3, 2e6))
	inner := w.Start(simkernel.Plan{
		Delay:     func(ioring.Code) (before, after int64) { return r.Int64N(most), r.Int64N(most) },
		Window:    pick(r, 0, 1200, 5000, 262144),
		ShortRate: pick(r, 0, 0.2),
		Lazy:      r.IntN(4) == 0,
		Idle:      func(*simkernel.Kernel) { w.Fail("the logger waits, but all input has come") },
	})
	k := &streamKernel{Kernel: inner}
	parsed, err := script.Parse(s.args)
	if err != nil {
		return w, k, err
	}
	out := inner.Run(logger(k, parsed))
	if w.Err() != nil {
		return w, k, w.Err()
	}
	return w, k, out.Err
}

// contents returns the texts of a directory's old files, the oldest first, and of its
// current.
func contents(w *simkernel.World, name string) (old []string, current string) {
	entries := slices.Clone(w.Dir(name).Entries())
	slices.SortFunc(entries, func(a, b simkernel.Entry) int { return strings.Compare(a.Name, b.Name) })
	for _, e := range entries {
		switch {
		case e.Name[0] == '@':
			old = append(old, string(e.File.Data))
		case e.Name == "current":
			current = string(e.File.Data)
		}
	}
	return old, current
}

// labels returns the labels of the lines in ./all. They must increase.
func labels(w *simkernel.World) ([]string, error) {
	old, current := contents(w, "./all")
	var found []string
	var last tai64n.Label
	for _, line := range naive.Lines(strings.Join(old, "") + current) {
		if len(line) <= tai64n.Len || line[tai64n.Len] != ' ' {
			return nil, fmt.Errorf("a line without label: %.40q", line)
		}
		l, ok := tai64n.ParseString(line[:tai64n.Len])
		if !ok || !last.Before(l) {
			return nil, fmt.Errorf("label %q comes after %v", line[:tai64n.Len], last)
		}
		last = l
		found = append(found, line[:tai64n.Len+1])
	}
	return found, nil
}

// model runs the naive logger on the same input.
func (s *streamRun) model(w *simkernel.World) (*naive.Logger, error) {
	l := naive.New(s.args)
	for i := range l.Directories {
		d := &l.Directories[i]
		d.Current = []byte(s.prior[d.Text])
	}
	lines := naive.Lines(s.input)
	before := make([]string, len(lines))
	if l.Label {
		var err error
		if before, err = labels(w); err != nil {
			return nil, err
		}
		if len(before) != len(lines) {
			return nil, fmt.Errorf("%d lines have labels, of %d", len(before), len(lines))
		}
	}
	for i, line := range lines {
		l.Log(before[i] + line)
	}
	return l, nil
}

// check runs both loggers and returns an error if their results differ.
func (s *streamRun) check() error {
	w, k, err := s.run()
	if err != nil {
		return err
	}
	l, err := s.model(w)
	if err != nil {
		return err
	}
	for i := range l.Directories {
		d := &l.Directories[i]
		old, current := contents(w, d.Text)
		if err := sameFiles(append(old, current), append(d.Old, string(d.Current))); err != nil {
			return fmt.Errorf("%s: %w", d.Text, err)
		}
		if mode := w.Dir(d.Text).Lookup("current").Mode; mode != 0o744 {
			return fmt.Errorf("%s: current has mode %o at the end", d.Text, mode)
		}
	}
	for name, want := range l.Statuses {
		if got := string(w.Root.Lookup(name).Data); got != want {
			return fmt.Errorf("%s: %q, not %q", name, got, want)
		}
	}
	if got := k.stderr.String(); got != l.Stderr {
		return fmt.Errorf("stderr: %s", difference(got, l.Stderr))
	}
	if len(k.warnings) > 0 {
		return fmt.Errorf("warnings: %q", k.warnings)
	}
	return nil
}

func sameFiles(got, want []string) error {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Errorf("file %d of %d: %s", i, len(got), difference(got[i], want[i]))
		}
	}
	if len(got) != len(want) {
		return fmt.Errorf("%d files, not %d", len(got), len(want))
	}
	return nil
}

func difference(got, want string) string {
	at := 0
	for at < len(got) && at < len(want) && got[at] == want[at] {
		at++
	}
	return fmt.Sprintf("%d bytes, not %d; they differ at %d: %.60q, not %.60q", len(got), len(want), at, got[at:], want[at:])
}

// expand repeats the input so that files fill up.
func expand(input string, times uint8) string {
	if input == "" {
		return ""
	}
	return strings.Repeat(input, min(int(times)+1, max(1, streamBytes/len(input))))
}

func FuzzStream(f *testing.F) {
	line := "new msg 93195: delivery 8: success: 192.0.2.7_accepted_message./Remote_host_said:_250_ok/\n"
	f.Add("t\n./a", line, uint8(200), uint64(1), uint16(1000), "")
	f.Add("s4096\n./a", line, uint8(200), uint64(2), uint16(100), "before\n")
	f.Add("./a", "", uint8(0), uint64(3), uint16(1), "before\n")
	f.Add("s4096\nn3\n./a\n-*8*\n=x\ns5000\n!p\n./b\n+*:*\ne\n./c", line+"deferral\n", uint8(200), uint64(4), uint16(4000), "")
	f.Add("t\n-@*5*\ns4096\n./a\n=x\ne\n+*2 *\n./b", line+"5\n2\n\n", uint8(100), uint64(5), uint16(300), strings.Repeat("p", 3000)+"\n")
	f.Add("t\ne\ns4096\n./a\n-*xy\ns6000\n./b", strings.Repeat("x", 2997)+"y\nx", uint8(30), uint64(6), uint16(500), strings.Repeat("p", 4000))
	f.Add("s4096\n./a\ns5000\n./b", strings.Repeat("x", 999)+"\n"+strings.Repeat("y", 9000), uint8(9), uint64(7), uint16(7), "x")
	f.Add("=x\ne\n-a*\n=y\ne", "abc\n\nb\x00\xff\nlast", uint8(3), uint64(8), uint16(2), "")
	for _, n := range []int{2094, 2095, 2096} { // a line that ends where it may fill a file
		text := strings.Repeat("x", n) + "\ny\nz\n"
		f.Add("s4096\n./a", text, uint8(3), uint64(9), uint16(0), "")
		f.Add("+*\ns4096\n./a", text, uint8(3), uint64(9), uint16(0), "")
		f.Add("t\ns4096\n./a", text[tai64n.Len+1:], uint8(3), uint64(9), uint16(0), "")
	}
	f.Add("t", "a\nb", uint8(1), uint64(8), uint16(2), "")
	f.Fuzz(func(t *testing.T, script, input string, times uint8, seed uint64, most uint16, prior string) {
		s := streamRun{args: streamArgs(script), input: expand(input, times), seed: seed, most: int(most), prior: map[string]string{}}
		if len(s.args) > 30 || len(s.input) > streamBytes || len(prior) > streamBytes {
			return
		}
		if s.most > 0 && len(s.input)/s.most > 2000 {
			s.most = 0 // this many pieces would take too long
		}
		if prior != "" {
			for i := range s.args {
				if strings.HasPrefix(s.args[i], "./dir") {
					s.prior[s.args[i]] = prior
				}
			}
		}
		if err := s.check(); err != nil {
			t.Errorf("%q: %v", s.args, err)
		}
	})
}

// Random scripts and inputs of the kinds that matter, which a fuzzer takes long to
// find.
func TestStreams(t *testing.T) {
	count := 3000
	if testing.Short() {
		count = 300
	}
	for seed := range uint64(count) {
		s := randomStream(seed)
		if err := s.check(); err != nil {
			t.Fatalf("seed %d, %q, %d bytes, of %d before: %v", seed, s.args, len(s.input), len(s.prior["./dir0"]), err)
		}
	}
}

func randomStream(seed uint64) *streamRun {
	r := rand.New(rand.NewPCG(seed, 1))
	var script []string
	if r.IntN(2) == 0 {
		script = append(script, "t")
	}
	kinds := pick(r, 1, 4, 4)
	for range 1 + r.IntN(6) {
		script = append(script, fmt.Sprintf("s%d", pick(r, 4096, 4096, 5000, 7001)), fmt.Sprintf("n%d", pick(r, 2, 3, 100)))
		switch r.IntN(kinds) {
		case 0:
			script = append(script, "./d")
		case 1:
			script = append(script, pick(r, "-", "+")+pick(r, "*", "a*", "*a*", "@* a*", "*\xff", "*5*", "* ", "**", ""))
		case 2:
			script = append(script, pick(r, "e", "=x"))
		case 3:
			script = append(script, pick(r, "!p", "!", "x", "./d"))
		}
	}
	s := &streamRun{args: streamArgs(strings.Join(script, "\n")), seed: seed, prior: map[string]string{}}
	var input []byte
	borders := []int{0, 200, 975, 1000, 2095, 3000, 4096, 5000}
	for total := pick(r, 0, 100, 3000, 20000, 60000); len(input) < total; {
		n := pick(r, r.IntN(10), r.IntN(100), 900+r.IntN(200), 1900+r.IntN(300), r.IntN(9000))
		if r.IntN(2) == 0 { // near the length from which rules apply, with labels or without
			n = max(0, borders[r.IntN(len(borders))]+r.IntN(5)-2-pick(r, 0, tai64n.Len+1))
		}
		for range n {
			input = append(input, "aab5* \x00\xff"[r.IntN(8)])
		}
		input = append(input, '\n')
	}
	s.input = string(input[:max(0, len(input)-r.IntN(2))])
	s.most = len(s.input)/(1+r.IntN(200)) + 1
	if r.IntN(3) == 0 {
		s.prior["./dir0"] = strings.Repeat("p", pick(r, 0, 100, 2095, 2096, 3000, 4090, 4096, 6000)) + pick(r, "", "\n")
	}
	return s
}

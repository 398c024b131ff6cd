package script

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"multilog/internal/test/logger"
	"multilog/internal/test/naive"
)

func FuzzMatch(f *testing.F) {
	for _, seed := range [][2]string{
		{"", ""}, {"*", "anything"}, {"**", "a*b"}, {"**b", "*ab"}, {"* status: *", "@4000 status: local 0/10"},
		{"a*bc*d", "axxbcd"}, {"*aab", "aaab"}, {"***", "**"}, {"a**", "a*"}, {"*\x00", "a\x00"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Add("[a-z]*[!\\]]", "ab")
	f.Add("\\", "a")
	f.Fuzz(func(t *testing.T, pattern, line string) {
		if got := globMatch(pattern, []byte(line)); !strings.ContainsAny(pattern, `*?[\`) && got != (pattern == line) {
			t.Errorf("glob %q, line %q: %v", pattern, line, got)
		}
		if p := compile(pattern); p.match([]byte(line)) != naive.Match(pattern, line) {
			t.Errorf("pattern %q, line %q: %v, want %v", pattern, line, p.match([]byte(line)), naive.Match(pattern, line))
		}
	})
}

const oracle = "/usr/bin/multilog" // daemontools'

// randomText returns text of few different characters, among them stars, so that
// patterns and lines made of it often match in part.
func randomText(r *rand.Rand, most int) string {
	b := make([]byte, r.IntN(most+1))
	for i := range b {
		b[i] = "aaabb* "[r.IntN(7)]
	}
	return string(b)
}

// For many patterns and lines, daemontools' multilog, ours and the model select the
// same.
func TestMatchAsDaemontools(t *testing.T) {
	logger.Need(t, oracle)
	r := rand.New(rand.NewPCG(1, 2))
	patterns := []string{"", "*", "**", "***", "* *", "*a", "**a", "a**", "a*b*", "\xff*", "*\xff"}
	for len(patterns) < 60 {
		patterns = append(patterns, randomText(r, 6))
	}
	lines := []string{"", "*", "**", "a\x00b", "\xff", "a\xff", strings.Repeat("a", 999) + "b", strings.Repeat("a", 1000) + "b"}
	for len(lines) < 3000 {
		lines = append(lines, randomText(r, 8))
	}
	dir := t.TempDir()
	args := []string{"s16777215"}
	for i, p := range patterns {
		args = append(args, "-*", "+"+p, fmt.Sprintf("./d%d", i))
	}
	all := strings.Join(lines, "\n") + "\n"
	cmd := exec.Command(oracle, args...)
	cmd.Dir, cmd.Stdin = dir, strings.NewReader(all)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for i, text := range patterns {
		got, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("d%d", i), "current"))
		if err != nil {
			t.Fatal(err)
		}
		var ours, model strings.Builder
		p := compile(text)
		for _, line := range naive.Lines(all) {
			seen := line[:min(len(line), LineBytes)]
			if p.match([]byte(seen)) {
				ours.WriteString(line + "\n")
			}
			if naive.Match(text, seen) {
				model.WriteString(line + "\n")
			}
		}
		if string(got) != ours.String() {
			t.Errorf("pattern %q: daemontools selects %d bytes, we do %d", text, len(got), ours.Len())
		}
		if string(got) != model.String() {
			t.Errorf("pattern %q: daemontools selects %d bytes, the model does %d", text, len(got), model.Len())
		}
	}
}

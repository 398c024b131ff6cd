package script

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Some sets only look like classes. glibc and bash treat them differently; the
// results are glibc's.
func TestGlobHalfAClass(t *testing.T) {
	for _, c := range []struct {
		glob, line string
		want       bool
	}{
		{"[[:]", "[", true},
		{"[[:]", ":", true},
		{"[[:]", "x", false},
		{"[[:]]", ":]", true},
		{"[[:]]", "[", false},
		{"[[:]:]", "::]", true},
		{"[[:a]b:]", "ab:]", true},
		{"[[:", "[[:", true},
		{"[[:digit:]", "[[:digit:]", false},
	} {
		if got := globMatch(c.glob, []byte(c.line)); got != c.want {
			t.Errorf("%s, %s: %v", c.glob, c.line, got)
		}
	}
}

// Many globs match the same lines as with bash, whose [[ ]] matches as fnmatch does.
func TestGlobAsBash(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	r := rand.New(rand.NewPCG(3, 4))
	random := func(from string, most int) string {
		b := make([]byte, r.IntN(most+1))
		for i := range b {
			b[i] = from[r.IntN(len(from))]
		}
		return string(b)
	}
	globs := []string{"", "*", "?", "**", "a*b*", "*a*b", "[ab]*", "[!a]?", "[^a]*", "[a-c]x*", "[a-c]*", "*[A-Z0-9]", "\\*", "\\[*", "[]a]*", "[!]a]*", "[a-]", "[[:digit:]]*", "*[[:upper:]a]", "[", "[a", "a]"}
	for len(globs) < 120 {
		globs = append(globs, random("aab*?", 6), random("ab[]!-c*?", 8))
	}
	lines := []string{"", "*", "[", "]", "-", "[a", "a]", "x", "A", "7"}
	for len(lines) < 150 {
		lines = append(lines, random("aabc*[]-A7", 6))
	}
	var want bytes.Buffer
	for _, glob := range globs {
		for _, line := range lines {
			if globMatch(glob, []byte(line)) {
				want.WriteString(glob + "\t" + line + "\n")
			}
		}
	}
	cmd := exec.Command(bash, "-c", `shopt -u extglob; mapfile -t globs <<<"$GLOBS"; mapfile -t lines <<<"$LINES"
		for g in "${globs[@]}"; do for l in "${lines[@]}"; do [[ $l == $g ]] && printf '%s\t%s\n' "$g" "$l"; done; done; :`)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "GLOBS="+strings.Join(globs, "\n"), "LINES="+strings.Join(lines, "\n"))
	got, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := map[string]bool{}, map[string]bool{}
	for _, pair := range strings.Split(want.String(), "\n") {
		ours[pair] = true
	}
	for _, pair := range strings.Split(string(got), "\n") {
		theirs[pair] = true
		if !ours[pair] {
			t.Errorf("bash matches, but we do not: %q", pair)
		}
	}
	for pair := range ours {
		if !theirs[pair] {
			t.Errorf("we match, but bash does not: %q", pair)
		}
	}
	if len(ours) < 500 {
		t.Errorf("only %d matches", len(ours))
	}
}

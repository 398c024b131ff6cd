package contender

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestScripts(t *testing.T) {
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "execlineb"), nil, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin) // s6-log runs processors with it
	plain := Job{FileBytes: 50000, Files: 7, Patterns: []string{"* zone 1: *"}, LineBytes: 2048}
	stamped := Job{FileBytes: 50000, Files: 7, Stamp: true, Processor: "sleep 3; cat"}
	for _, test := range []struct {
		family Family
		job    Job
		want   string
	}{
		{Multilog, plain, "x s50000 n7 -* zone 1: * ./main"},
		{Multilog, stamped, "x t s50000 n7 !sleep 3; cat ./main"},
		{S6Log, plain, `x -l 8192 n7 s50000 -^zone 1:  ./main`},
		{S6Log, stamped, `x -l 8192 n7 s50000 !sh -c "sleep 3; cat" t ./main`},
		{Svlogd, plain, "x -b 65536 -l 2148 ./main"},
		{Svlogd, stamped, "x -b 65536 -t ./main"},
		{Copier, plain, "-"},
		{Copier, stamped, "-"},
		{Copier, Job{Stamp: true, Bytes: 9}, "x ./main 9"},
	} {
		l, err := Contender{Path: "x", Family: test.family}.Launch(t.TempDir(), test.job)
		got := strings.Join(l.Argv, " ")
		if err != nil {
			got = "-"
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", test.family, diff)
		}
	}
}

// Without execline, s6-log says after each run that it has failed, for ever.
func TestNoExecline(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if hasExecline() {
		t.Skip("execline is installed")
	}
	_, err := Contender{Path: "x", Family: S6Log}.Launch(t.TempDir(), Job{Processor: "cat"})
	if _, ok := err.(ErrCannot); !ok {
		t.Error(err)
	}
}

func TestSvlogdConfig(t *testing.T) {
	dir := t.TempDir()
	c := Contender{Path: "svlogd", Family: Svlogd}
	if _, err := c.Launch(dir, Job{FileBytes: 9, Files: 3, Stamp: true, Mail: true}); err != nil {
		t.Fatal(err)
	}
	alert, err := os.ReadFile(filepath.Join(dir, "alert", "config"))
	if err != nil || !strings.HasPrefix(string(alert), "s9\nn3\n-status: *\n-starting delivery *\n") {
		t.Errorf("%q, %v", alert, err)
	}
	if main, err := os.ReadFile(filepath.Join(dir, "main", "config")); err != nil || string(main) != "s9\nn3\n" {
		t.Errorf("%q, %v", main, err)
	}
}

func TestStarsToRegexp(t *testing.T) {
	for pattern, want := range map[string]string{
		"* status: *": "^status: ", "* delivery * success*": "^delivery [^ ]* success", "* a.b*": `^a\.b`,
	} {
		if got := starsToRegexp(pattern); got != want {
			t.Errorf("%q: %q, want %q", pattern, got, want)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, test := range []struct {
		pattern, line string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "anything", true}, {"a*", "abc", true}, {"*c", "abc", true}, {"*c", "abcd", false},
		{"*b*", "abc", true}, {"* status: *", "@label status: local", true}, {"*ab", "aab", false}, // the first a, no second try
		{"delivery * success*", "delivery 7: success: ok", true}, {"delivery * success*", "delivery 7: failure: no", false},
	} {
		if got := Match(test.pattern, []byte(test.line)); got != test.want {
			t.Errorf("Match(%q, %q) = %v", test.pattern, test.line, got)
		}
	}
	if !matchLabelled("* new msg *", []byte("new msg 7"), true) || matchLabelled("* new msg *", []byte("a new msg 7"), true) {
		t.Error("a label's star must match the label and no more")
	}
}

// Package man holds the manual pages to what the commands say of themselves.
package man

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// bin is where the commands are, built for the tests.
var bin string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "multilog-man-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	bin = dir
	if out, err := exec.Command("go", "build", "-o", bin, "../cmd/...").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// pages are all of them, by the name of their command.
func pages(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("*.[1-8]")
	if err != nil || len(names) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	pages := map[string]string{}
	for _, name := range names {
		pages[strings.TrimSuffix(name, filepath.Ext(name))] = name
	}
	return pages
}

// need skips the test where a program is missing; in CI it fails.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no %s: %v", program, err)
		}
		t.Skipf("no %s: %v", program, err)
	}
}

// mandoc runs it, if it is installed.
func mandoc(t *testing.T, args ...string) string {
	t.Helper()
	need(t, "mandoc")
	out, err := exec.Command("mandoc", args...).Output()
	if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
		t.Fatal(err)
	}
	return string(out)
}

// TestLint has mandoc look at each page; it complains with something on
// standard output. Which other pages are installed is not our affair.
func TestLint(t *testing.T) {
	for _, page := range pages(t) {
		for line := range strings.Lines(mandoc(t, "-T", "lint", page)) {
			if !strings.Contains(line, "referenced manual not found") {
				t.Error(strings.TrimSpace(line))
			}
		}
	}
}

func TestEveryCommandHasAPage(t *testing.T) {
	commands, err := filepath.Glob("../cmd/*")
	if err != nil || len(commands) == 0 {
		t.Fatalf("no commands: %v", err)
	}
	known := pages(t)
	for _, command := range commands {
		if known[filepath.Base(command)] == "" {
			t.Errorf("%s has no page", filepath.Base(command))
		}
	}
	if len(known) != len(commands) {
		t.Errorf("%d pages, %d commands", len(known), len(commands))
	}
}

var (
	// anOption is one in a usage: -x, --word.
	anOption = regexp.MustCompile(`(?m)(?:^|[\s\[|(,])(--?[a-zA-Z][a-z-]*)(?:[^A-Za-z-]|$)`)
	// anAction is one that begins a line of multilog's usage.
	anAction = regexp.MustCompile(`(?m)^  (\S.*?)(?:  |$)`)
)

// usage is what a command prints when it is asked for help.
func usage(t *testing.T, command, arg string) string {
	t.Helper()
	out, err := exec.Command(filepath.Join(bin, command), arg).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", command, arg, err, out)
	}
	return string(out)
}

// rendered is a page as people read it.
func rendered(t *testing.T, page string) string {
	t.Helper()
	text := mandoc(t, "-T", "ascii", page)
	return regexp.MustCompile(`.\x08`).ReplaceAllString(text, "")
}

func TestOptions(t *testing.T) {
	for _, command := range []string{"mlcat", "mlstat", "multilog-zstd"} {
		text := rendered(t, pages(t)[command])
		var options []string
		for _, m := range anOption.FindAllStringSubmatch(usage(t, command, "--help"), -1) {
			options = append(options, m[1])
		}
		if len(options) < 3 {
			t.Errorf("%s: options %q", command, options)
		}
		for _, option := range slices.Compact(slices.Sorted(slices.Values(options))) {
			if !regexp.MustCompile(`(?m)(^|[\s\[|(,])` + option + `([^a-z-]|$)`).MatchString(text) {
				t.Errorf("%s: no %s in its page", command, option)
			}
		}
	}
}

// TestActions looks for each action of multilog's usage in its page: at the
// start of a line, as what a paragraph is about.
func TestActions(t *testing.T) {
	text := rendered(t, pages(t)["multilog"])
	found := 0
	for _, m := range anAction.FindAllStringSubmatch(usage(t, "multilog", "--help"), -1) {
		for _, word := range strings.FieldsFunc(m[1], func(r rune) bool { return r == ' ' || r == ',' }) {
			found++
			form := regexp.QuoteMeta(word)
			if m := regexp.MustCompile(`^([a-z])[A-Z]+$`).FindStringSubmatch(word); m != nil {
				form = m[1] + "[a-z]+" // sSIZE: the page has it in italics, in lower case
			}
			if !regexp.MustCompile(`(?m)^     (\S+, )*` + form + `([ ,]|$)`).MatchString(text) {
				t.Errorf("no %s in its page", word)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d actions in the usage", found)
	}
}

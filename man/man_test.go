// Package man tests the manual pages: mandoc must accept them, they must name all options
// and actions in the commands' help, and their examples must work.
package man

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"multilog/internal/test/logger"
)

func TestMain(m *testing.M) { os.Exit(logger.Main{M: m}.Run()) }

// bin returns a directory that holds all commands.
func bin(t *testing.T) string {
	t.Helper()
	commands, err := filepath.Glob("../cmd/*")
	if err != nil {
		t.Fatal(err)
	}
	for i := range commands {
		commands[i] = filepath.Base(commands[i])
	}
	return logger.Bin(t, commands...)
}

// pages returns the file names of all pages, by the names of their commands.
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

// mandoc runs mandoc and returns its output.
func mandoc(t *testing.T, args ...string) string {
	t.Helper()
	logger.Need(t, "mandoc")
	out, err := exec.Command("mandoc", args...).Output()
	if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
		t.Fatal(err)
	}
	return string(out)
}

// TestLint checks each page with mandoc, which prints complaints to standard output. It
// ignores that other manual pages are not installed.
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
	// anOption matches an option in a help text: -x, --word.
	anOption = regexp.MustCompile(`(?m)(?:^|[\s\[|(,])(--?[a-zA-Z][a-z-]*)(?:[^A-Za-z-]|$)`)
	// anAction matches the actions at the start of a line of multilog's help.
	anAction = regexp.MustCompile(`(?m)^  (\S.*?)(?:  |$)`)
)

// usage returns the help text of a command, which it prints with arg.
func usage(t *testing.T, command, arg string) string {
	t.Helper()
	out, err := exec.Command(logger.Binary(t, command), arg).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", command, arg, err, out)
	}
	return string(out)
}

// rendered returns a page as plain text.
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

// Each action in multilog's help is in its manual page at the start of a line, as the
// head of a paragraph.
func TestActions(t *testing.T) {
	text := rendered(t, pages(t)["multilog"])
	found := 0
	for _, m := range anAction.FindAllStringSubmatch(usage(t, "multilog", "--help"), -1) {
		for _, word := range strings.FieldsFunc(m[1], func(r rune) bool { return r == ' ' || r == ',' }) {
			found++
			form := regexp.QuoteMeta(word)
			if m := regexp.MustCompile(`^([a-z])[A-Z]+$`).FindStringSubmatch(word); m != nil {
				form = m[1] + "[a-z]+" // the page has SIZE in italics and lower case
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

// The messages that multilog(8) explains are messages of the program, which
// scripts/testdata/messages.txt lists. In both, a part of the text may be left out.
func TestDiagnostics(t *testing.T) {
	page, err := os.ReadFile("multilog.8")
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile("../scripts/testdata/messages.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n.Sh DIAGNOSTICS\n")
	explained := regexp.MustCompile(`(?m)^\.It Li (.*)$`).FindAllStringSubmatch(section, -1)
	if len(explained) < 10 {
		t.Errorf("only %d messages are explained", len(explained))
	}
	for _, m := range explained {
		begin, _, _ := strings.Cut(m[1], " ...")
		if !regexp.MustCompile(`(?m)^(pipeline|pipeline/.*|rotate): ` + regexp.QuoteMeta(begin)).Match(list) {
			t.Errorf("no message begins with %q", begin)
		}
	}
}

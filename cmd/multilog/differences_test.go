package main_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// byBinary matches a line of a script that is for one of the two binaries only.
var byBinary = regexp.MustCompile(`^(\[[^\]]*\] *)*\[!?(ours|djb)\]`)

// TestDifferencesListed compares testdata/differences.txt with the scripts. It must list
// with a reason each line that is for one binary only, and no other line.
func TestDifferencesListed(t *testing.T) {
	used := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(scriptDir, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			if byBinary.MatchString(line) {
				used[filepath.Base(file)+": "+strings.TrimSpace(line)] = true
			}
		}
	}
	data, err := os.ReadFile("testdata/differences.txt")
	if err != nil {
		t.Fatal(err)
	}
	listed := listedDifferences(t, string(data))
	if diff := cmp.Diff(slices.Sorted(maps.Keys(used)), slices.Sorted(maps.Keys(listed))); diff != "" {
		t.Errorf("-in the scripts +in testdata/differences.txt\n%s", diff)
	}
}

// listedDifferences returns the lines that the list names. Entries are "SCRIPT: LINE".
// After one or more of them comes the reason, indented with a tab. Empty lines and those
// that begin with # are ignored.
func listedDifferences(t *testing.T, list string) map[string]bool {
	listed := map[string]bool{}
	waiting := "" // the last entry, if it has no reason yet
	for line := range strings.Lines(list) {
		line = strings.TrimRight(line, "\n")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
			if waiting != "" {
				t.Errorf("no reason for %s", waiting)
			}
		case strings.HasPrefix(line, "\t"):
			waiting = ""
		default:
			listed[line], waiting = true, line
		}
	}
	if waiting != "" {
		t.Errorf("no reason for %s", waiting)
	}
	return listed
}

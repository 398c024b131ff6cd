package version

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestString(t *testing.T) {
	if got := String(); !regexp.MustCompile(`^\d+\.\d+\.\d+( \([0-9a-f]{12}(-dirty)?\))?$`).MatchString(got) {
		t.Errorf("%q", got)
	}
	defer func(was string) { commit = was }(commit)
	commit = "64284d8a1b2c-dirty"
	if got := String(); !strings.HasSuffix(got, " (64284d8a1b2c-dirty)") {
		t.Errorf("%q", got)
	}
}

// CHANGELOG.md begins with this version.
func TestChangelog(t *testing.T) {
	text, err := os.ReadFile("../../CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	heading := regexp.MustCompile(`(?m)^## (\S+?),? .*$`).FindStringSubmatch(string(text))
	if heading == nil || heading[1] != strings.TrimSpace(number) {
		t.Errorf("CHANGELOG.md begins with %q, the version is %q", heading, number)
	}
}

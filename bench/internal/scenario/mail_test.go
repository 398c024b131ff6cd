package scenario

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mailLog returns a log of so many mails.
func mailLog(count int) (lines []string) {
	for i := range count {
		id := fmt.Sprintf("Nov 28 20:08:32 mx postfix/qmgr[5813]: 4gXyZ%d", i)
		lines = append(lines, id+": client=localhost[127.0.0.1]\n", id+": to=<b@example.net>, status=sent (250 2.0.0 Ok)\n", id+": removed\n")
	}
	return lines
}

// TestCheckMails checks logs that have all lines of the mails once, and logs that do
// not.
func TestCheckMails(t *testing.T) {
	const count = 3
	for name, test := range map[string]struct {
		change func(lines []string) []string
		want   string // in the error
	}{
		"all":      {func(l []string) []string { return l }, ""},
		"lost":     {func(l []string) []string { return append(l[:4:4], l[5:]...) }, "2 mails have a line with \" status=sent \", not 3"},
		"twice":    {func(l []string) []string { return append(l, l[2]) }, "line 10 comes twice"},
		"torn":     {func(l []string) []string { l[3] = "tfix/qmgr[5813]: x\n"; return l }, "line 4 is not Postfix's"},
		"no lines": {func([]string) []string { return nil }, "0 mails have a line"},
		"too many": {func([]string) []string { return mailLog(count + 1) }, "4 mails have a line"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "current"), []byte(labelled(strings.Join(test.change(mailLog(count)), ""))), 0o600); err != nil {
			t.Fatal(err)
		}
		lines, err := checkMails(dir, count)
		switch {
		case test.want == "" && (err != nil || lines != 3*count):
			t.Errorf("%s: %d lines, %v", name, lines, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
			t.Errorf("%s: error %v, want %q", name, err, test.want)
		}
	}
}

package examples

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// label matches what t puts in front of a line.
var label = regexp.MustCompile(`^@[0-9a-f]{24} `)

// labels matches the labels of all lines of a file.
var labels = regexp.MustCompile(`(?m)^@[0-9a-f]{24} `)

// verify checks that a log directory contains exactly these lines with ascending
// labels, and that its logger has ended cleanly.
func (r *run) verify(t *testing.T, dir string, want []string) {
	t.Helper()
	files, err := filepath.Glob(dir + "/@*")
	must(t, err)
	files = append(files, dir+"/current")
	var got []string
	var last string
	for _, file := range files {
		data, err := os.ReadFile(file)
		must(t, err)
		for line := range strings.Lines(string(data)) {
			l := label.FindString(line)
			if l == "" || l < last {
				t.Fatalf("%s: no label, or a label before that of the previous line: %q", file, line)
			}
			last = l
			got = append(got, line[len(l):])
		}
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("%s: line %d of %d is %q, want %q (%d sent)", dir, i, len(got), got[i], want[i], len(want))
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%s has %d lines, want %d", dir, len(got), len(want))
	}
	info, err := os.Stat(dir + "/current")
	must(t, err)
	if info.Mode().Perm() != 0o744 {
		t.Errorf("%s/current has mode %o after a clean end", dir, info.Mode().Perm())
	}
}

// routine matches the lines that the patterns of qmail-send's logger keep out of
// ./alert.
var routine = regexp.MustCompile(`^(status: |starting delivery |delivery \d+: (success|failure)|new msg |info msg |end msg |bounce msg ` +
	`|delivery \d+: deferral: Sorry,_I_(couldn't_find_any_host_by_that_name|wasn't_able_to_establish_an_SMTP_))`)

// verifyAlert checks the lines in ./alert, and the status file.
func (r *run) verifyAlert(t *testing.T) {
	var alerts []string
	var status string
	for _, line := range r.sent {
		if !routine.MatchString(line) {
			alerts = append(alerts, line)
		}
		if strings.HasPrefix(line, "status: ") {
			status = strings.TrimSuffix(line, "\n")
		}
	}
	if len(alerts) == 0 {
		t.Error("no line was sent that belongs in ./alert")
	}
	r.verify(t, filepath.Join(r.log, "alert"), alerts)

	data, err := os.ReadFile(filepath.Join(r.log, "status"))
	must(t, err)
	if len(data) != 1001 || !bytes.Contains(data, []byte(" "+status+"\n")) || len(bytes.Trim(data[26+len(status):], "\n")) != 0 {
		t.Errorf("the status file contains %q, want %q in 1,001 bytes", data, status)
	}
}

// newestFile returns the path of current, or of the newest old file while current is
// empty.
func newestFile(dir string) string {
	if size(dir+"/current") > 0 {
		return dir + "/current"
	}
	files, _ := filepath.Glob(dir + "/@*")
	if len(files) == 0 {
		return dir + "/current"
	}
	return files[len(files)-1]
}

// size returns the size of a file in bytes, 0 if it does not exist.
func size(file string) int64 {
	info, err := os.Stat(file)
	if err != nil {
		return 0
	}
	return info.Size()
}

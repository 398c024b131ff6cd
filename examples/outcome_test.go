package examples

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// label is what t puts before each line.
var label = regexp.MustCompile(`^@[0-9a-f]{24} `)

// labels are those of all lines of a file.
var labels = regexp.MustCompile(`(?m)^@[0-9a-f]{24} `)

// verify finds exactly these lines in a log directory whose logger has ended.
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
				t.Fatalf("%s: a bad label, or one before its predecessor's: %q", file, line)
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

// dull is what the patterns of qmail-send's logger keep from ./alert.
var dull = regexp.MustCompile(`^(status: |starting delivery |delivery \d+: (success|failure)|new msg |info msg |end msg |bounce msg ` +
	`|delivery \d+: deferral: Sorry,_I_(couldn't_find_any_host_by_that_name|wasn't_able_to_establish_an_SMTP_))`)

// verifyAlert looks at the lines that are to be seen, and at the status file.
func (r *run) verifyAlert(t *testing.T) {
	var alerts []string
	var status string
	for _, line := range r.sent {
		if !dull.MatchString(line) {
			alerts = append(alerts, line)
		}
		if strings.HasPrefix(line, "status: ") {
			status = strings.TrimSuffix(line, "\n")
		}
	}
	if len(alerts) == 0 {
		t.Error("there was nothing to alert anyone to")
	}
	r.verify(t, filepath.Join(r.log, "alert"), alerts)

	data, err := os.ReadFile(filepath.Join(r.log, "status"))
	must(t, err)
	if len(data) != 1001 || !bytes.Contains(data, []byte(" "+status+"\n")) || len(bytes.Trim(data[26+len(status):], "\n")) != 0 {
		t.Errorf("the status file holds %q, want %q and 1,001 bytes", data, status)
	}
}

// newestFile is current, or the last old file while current is empty.
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

func size(file string) int64 {
	info, err := os.Stat(file)
	if err != nil {
		return 0
	}
	return info.Size()
}

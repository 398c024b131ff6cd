package scripts

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// messagesFile lists all texts that the programs can print, so that people can read
// them as an operator would. Braces enclose what is inserted at run time: {err} may be
// another of these messages, {reason} is the system's text for an error.

const messagesFile = "testdata/messages.txt"

var update = flag.Bool("update", false, "write "+messagesFile+" anew")

// results matches files whose texts are a command's output, not messages.
var results = regexp.MustCompile(`^cmd/(mlstat/(table|cells|long|watch|json|metrics|expose)|mlcat/internal/render/formats|multilog/check)\.go$|^pipeline/script/explain\.go$|^fleet/(ship/metrics|ship/check|store/probe)\.go$`)

// inner maps the beginning of a message that does not name its subject to the message
// into which the caller puts it, at the place of %.
var inner = map[string]string{
	"standard error":     "lines are read from the terminal, up to ^D, and written to %",
	"is a symbolic link": "unable to use {path}: %",
	"is a FIFO":          "unable to use {path}: %",
	"is a socket":        "unable to use {path}: %",
	"is a device":        "unable to use {path}: %",

	"it has content of another program":                  "unable to use {path} as lock page, going on without: %",
	"it has a second name, and may be another program's": "unable to use {path} as lock page, going on without: %",

	"a TAI64N label":         "put % in front of each line",
	"the time in UTC, ":      "put % in front of each line",
	"the seconds since":      "put % in front of each line",
	"the milliseconds since": "put % in front of each line",
	"the nanoseconds since":  "put % in front of each line",

	"no such option: ":       "% (--help tells more)",
	"takes no value":         "{option} % (--help tells more)",
	"needs a value":          "{option} % (--help tells more)",
	"no log directory given": "% (--help tells more)",

	"not a time longer than 0, such as ":                      "unable to understand {arg} in the script: %",
	"not a time like ":                                        "--{option}: {text}: %",
	"an empty text is no time":                                "--{option}: {text}: %",
	"not a cursor that mlcat has shown, and no label":         "unable to use cursor {text}: %",
	"its files are renamed faster than they can be listed":    "unable to read {path}: %",
	"some old files may have been":                            "{path}: % removed before being read",
	"an old file was":                                         "{path}: % removed before being read",
	"unexpected end of file":                                  "unable to read {path}: %",
	"it was removed meanwhile":                                "unable to read {path}: %",
	"no lock page: another logger's directory, or never used": "unable to look at {dir}: %",

	"damaged frame":                    "unable to read {path}: %",
	"bad seek table":                   "unable to read {path}: %",
	"no seek table":                    "unable to read {path}: %",
	"frame too big to read at once":    "unable to read {path}: %",
	"too many frames for a seek table": "unable to write to standard output: %",
	"write to a closed writer":         "unable to write to standard output: %",
	"not a regular file":               "unable to list {name}: %",
	"no zstd frame in the file":        "unable to list {name}: %",

	"unknown operation":                                             "unable to {what}: %",
	"io_uring: the kernel is too old for it":                        "unable to set up file operations with MULTILOG_IO=ring: %",
	"the kernel describes an io_uring that does not fit its memory": "io_uring_setup: %",

	// mlship
	"too few arguments":                           "mlship: fatal: %",
	"read the settings for":                       "unable to % s3://{bucket}: {reason}",
	"look at":                                     "unable to % {key}: {reason}",
	"it is sent once it is there":                 "there is no such directory: {path}; trying again in {pause}: %",
	"the store ignores If-None-Match":             "mlship: warning: %",
	"failed to refresh cached credentials":        "a text of the client that means that there are no credentials",
	"get identity":                                "the same",
	"static credentials are empty":                "the same",
	"the store did not answer":                    "unable to {op} {key}: %",
	"there is one already":                        "unable to {op} {key}: %",
	"it is not there":                             "unable to {op} {key}: %",
	"the store denies it":                         "unable to {op} {key}: %",
	"there are no credentials":                    "unable to {op} {key}: %",
	"the store does not accept the credentials":   "unable to {op} {key}: %",
	"there is no such bucket":                     "unable to {op} {key}: %",
	"the store is busy":                           "unable to {op} {key}: %",
	"the clocks of this machine and of the store": "unable to {op} {key}: %",
	"the store is full":                           "unable to {op} {key}: %",
	"the store refuses it":                        "unable to {op} {key}: %",
	"the store does not know this request":        "unable to {op} {key}: %",
	"the store cannot be reached":                 "unable to {op} {key}: %",
	"the object ends before these bytes":          "unable to {op} {key}: %",
	"given up":                                    "unable to {op} {key}: the store did not answer (%)",
	"check the network and the store":             "{text}; trying again in {pause}: %",
	"nothing is to be done":                       "{text}; trying again in {pause}: %",
	"it was removed: look at":                     "{text}; trying again in {pause}: %",
	"give these credentials s3:":                  "{text}; trying again in {pause}: %",
	"set AWS_ACCESS_KEY_ID and":                   "{text}; trying again in {pause}: %",
	"compare AWS_ACCESS_KEY_ID":                   "{text}; trying again in {pause}: %",
	"create the bucket":                           "{text}; trying again in {pause}: %",
	"set this machine's clock":                    "{text}; trying again in {pause}: %",
	"make room in the store":                      "{text}; trying again in {pause}: %",
	"read what the store says":                    "{text}; trying again in {pause}: %",
	"use another store":                           "{text}; trying again in {pause}: %",
	"check AWS_ENDPOINT_URL":                      "{text}; trying again in {pause}: %",
	"another sender was faster":                   "{host}/{log}: %; trying again in {pause}",
	"another mlship sends this directory":         "{host}/{log}: %; trying again in {pause}",
	"files may have come and gone while":          "files between {label} and {label} may be missing: %",
	"it was removed because files":                "{file} is missing, {bytes} bytes: %",
	"not all of it is sent":                       "{host}/{log}: %",

	"read input":        "{program}: fatal: unable to %: {reason}",
	"write output":      "{program}: fatal: unable to %: {reason}",
	"out of disk space": "{program}: fatal: unable to {op}: %",
}

func TestMessages(t *testing.T) {
	found := collect(t)
	if len(found) < 100 {
		t.Fatalf("only %d texts", len(found))
	}
	var lines []string
	for _, m := range found {
		shown := strings.Trim(m.text, "\n")
		lines = append(lines, filepath.Dir(m.file)+": "+strings.ReplaceAll(shown, "\n", "\n\t"))
		if !results.MatchString(m.file) && !strings.Contains(shown, "\n") {
			checkStyle(t, m.file, shown)
		}
	}
	slices.Sort(lines)
	got := strings.Join(slices.Compact(lines), "\n") + "\n"
	if *update {
		if err := os.WriteFile(messagesFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(messagesFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("read the new texts as an operator would; if they are good: go test ./scripts -run Messages -update\n%s", diff)
	}
}

// checkStyle checks that a message begins in lower case, has no full stop, and names its
// subject.
func checkStyle(t *testing.T, file, message string) {
	if unicode.IsUpper(rune(message[0])) {
		t.Errorf("%s: %q begins with a capital", file, message)
	}
	if strings.HasSuffix(message, ".") || strings.HasSuffix(message, "!") {
		t.Errorf("%s: %q ends like a sentence", file, message)
	}
	passedOn := false
	for begin := range inner {
		passedOn = passedOn || strings.HasPrefix(message, begin)
	}
	if !passedOn && !strings.HasPrefix(message, " (") && !regexp.MustCompile(`\{|-[a-z]|standard (in|out)put`).MatchString(message) {
		t.Errorf("%s: %q does not name its subject", file, message)
	}
}

package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"multilog/internal/cmdline"
)

func TestParse(t *testing.T) {
	o, _, err := parse([]string{"/service/qmail-send/log/main", "--every=1m", "/var/log/smtpd", "--keep", "2GiB", "/x=y=z", "--host=mx1", "s3://logs/a/b/"})
	if err != nil {
		t.Fatal(err)
	}
	if o.every != time.Minute || o.keep != 2<<30 || o.host != "mx1" || o.bucket != "logs" || o.prefix != "a/b" {
		t.Errorf("%+v", o)
	}
	want := []dirOption{{"/service/qmail-send/log/main", "qmail-send"}, {"/var/log/smtpd", "smtpd"}, {"/x=y", "z"}}
	for i, d := range want {
		if len(o.dirs) != len(want) || o.dirs[i] != d {
			t.Fatalf("directories: %v, want %v", o.dirs, want)
		}
	}
}

// What is wrong is told with what is right.
func TestParseErrors(t *testing.T) {
	for args, want := range map[string]string{
		"":                              "name log directories, and then s3://BUCKET or",
		"/a":                            "too few arguments",
		"/a /b":                         "must be s3://BUCKET",
		"/a s3://":                      "must be s3://BUCKET",
		"/s/a/log/main /t/a/log s3://b": "would both be a in the store; give one another name with /t/a/log=NAME",
		"/a=b/c s3://b":                 "cannot be part of a key",
		"--every=1 /a s3://b":           "neither 0 nor a time",
		"--every=1ms /a s3://b":         "neither 0 nor a time",
		"--keep=much /a s3://b":         "is no size such as",
		"--host=a/b /a s3://b":          "--host: ",
		"--hots=a /a s3://b":            "hots",
	} {
		if _, _, err := parse(strings.Fields(args)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", args, err, want)
		}
	}
}

// The manual names every option of --help.
func TestManual(t *testing.T) {
	page, err := os.ReadFile("../../man/mlship.1")
	if err != nil {
		t.Fatal(err)
	}
	for _, option := range regexp.MustCompile(`--([a-z]+)`).FindAllStringSubmatch(new(options).command().Help(), -1) {
		if !bytes.Contains(page, []byte("Fl Fl "+option[1])) {
			t.Errorf("the manual does not have %s", option[0])
		}
	}
}

func TestHelpAndVersion(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"-h"}, {"--version"}, {"/a", "-V"}} {
		var out bytes.Buffer
		if code := run(args, &out); code != 0 || !strings.Contains(out.String(), "mlship") {
			t.Errorf("%v: exit %d, %q", args, code, out.String())
		}
	}
	if code := run([]string{"/a"}, nil); code != cmdline.ExitUsage {
		t.Errorf("a wrong command line: exit %d", code)
	}
}

package cmdline_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"multilog/internal/cmdline"
)

// parse parses a command line, whose arguments spaces separate, and returns what it sets
// and leaves.
func parse(line string) (string, error) {
	var got []string
	note := func(name string) func(string) error {
		return func(value string) error {
			if value == "bad" {
				return errors.New("it is bad")
			}
			got = append(got, name+"="+value)
			return nil
		}
	}
	set := cmdline.Set{
		Options: []cmdline.Option{
			{Letter: 'w', Word: "watch", Set: note("watch")},
			{Letter: 'x', Set: note("x")},
			{Word: "since", Letter: 'S', Value: cmdline.Required, Set: note("since")},
			{Word: "sinister", Set: note("sinister")},
			{Word: "sin", Set: note("sin")},
			{Word: "lines", Letter: 'n', Value: cmdline.Optional, Set: note("lines"), Takes: func(arg string) bool { return arg == "5" }},
			{Word: "color", Value: cmdline.Optional, Set: note("color")},
		},
		Number: note("number"),
	}
	rest, err := set.Parse(strings.Fields(line))
	return strings.Join(slices.Concat(got, rest), " "), err
}

func TestParse(t *testing.T) {
	for line, want := range map[string]string{
		"":                      "",
		"a - b":                 "a - b",
		"-w":                    "watch=",
		"a -wx b":               "watch= x= a b",
		"-xS now":               "x= since=now",
		"-Snow a":               "since=now a",
		"--since now --since=b": "since=now since=b",
		"--watch --w --sini":    "watch= watch= sinister=",
		"--sin":                 "sin=",
		"-n5 -n 5 -n 6 --lines": "lines=5 lines=5 lines= lines= 6",
		"--lines 5 --lines=6":   "lines=5 lines=6",
		"--color 5":             "color= 5",
		"-- -w --":              "-w --",
		"-7 -12x":               "number=7 number=12x",
	} {
		if got, err := parse(line); got != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", line, got, err, want)
		}
	}
}

func TestErrors(t *testing.T) {
	for line, want := range map[string]string{
		"--frob":      "no such option: --frob",
		"--si now":    "no such option: --si",
		"--=":         "no such option: --",
		"-wy":         "no such option: -y",
		"--watch=yes": "--watch takes no value",
		"a --since":   "--since needs a value",
		"-wS":         "-S needs a value",
		"-S bad":      "--since: it is bad",
	} {
		_, err := parse(line)
		if want += " (--help tells more)"; err == nil || err.Error() != want || !errors.As(err, new(*cmdline.Error)) {
			t.Errorf("%q: %v, want %q", line, err, want)
		}
	}
}

func TestWrong(t *testing.T) {
	if err := cmdline.Wrong(nil); err != nil {
		t.Errorf("%v of nil", err)
	}
	cause := errors.New("-a and -b exclude each other")
	err := cmdline.Wrong(cmdline.Wrong(cause))
	if !errors.Is(err, cause) || fmt.Sprint(err) != "-a and -b exclude each other (--help tells more)" {
		t.Errorf("%v", err)
	}
}

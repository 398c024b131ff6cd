package cmdline_test

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"multilog/internal/cmdline"
	"multilog/internal/version"
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
	c := cmdline.Command{
		Name: "frob", Forms: []string{"[OPTION]"},
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
	rest, answer, err := c.Parse(strings.Fields(line))
	if answer, _, more := strings.Cut(answer, "\n"); more {
		got = append(got, answer)
	}
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
		"-h":                    "usage: frob [OPTION]",
		"-w --help --bogus":     "watch= usage: frob [OPTION]",
		"a -V":                  "frob " + version.String() + " a",
		"--vers":                "frob " + version.String(),
		"--completion=fish":     "# completions of frob for fish; made by frob --completion=fish",
	} {
		if got, err := parse(line); got != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", line, got, err, want)
		}
	}
}

func TestErrors(t *testing.T) {
	for line, want := range map[string]string{
		"--frob":           "no such option: --frob",
		"--si now":         "--si may be --since, --sinister or --sin",
		"--=":              "no such option: --",
		"--sinse=now":      "no such option: --sinse; did you mean --since?", //nolint:misspell // on purpose
		"--isn":            "no such option: --isn; did you mean --sin?",
		"--hlep":           "no such option: --hlep; did you mean --help?",
		"--xyz":            "no such option: --xyz",
		"-quick":           "no such option: -q",
		"--completion=csh": `--completion: "csh" is not bash, zsh or fish`,
		"-wy":              "no such option: -y",
		"--watch=yes":      "--watch takes no value",
		"a --since":        "--since needs a value",
		"-wS":              "-S needs a value",
		"-S bad":           "--since: it is bad",
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

// With OneHyphen, words may follow one hyphen.
func TestOneHyphen(t *testing.T) {
	var quick bool
	var run string
	c := cmdline.Command{Name: "frob", OneHyphen: true, Options: []cmdline.Option{
		{Word: "quick", Set: cmdline.Flag(&quick)},
		{Word: "run", Value: cmdline.Required, Set: cmdline.Text(&run)},
	}}
	rest, answer, err := c.Parse([]string{"rate", "-quick", "-run", "x", "limit"})
	if !quick || run != "x" || strings.Join(rest, " ") != "rate limit" || answer != "" || err != nil {
		t.Errorf("%v %q %q %q %v", quick, run, rest, answer, err)
	}
	if _, _, err := c.Parse([]string{"-run=y", "--quick=1"}); run != "y" || err == nil || !strings.HasPrefix(err.Error(), "--quick takes no value") {
		t.Errorf("%q %v", run, err)
	}
	if _, answer, err := c.Parse([]string{"-h"}); !strings.HasPrefix(answer, "usage: frob\n") || err != nil {
		t.Errorf("%q %v", answer, err)
	}
	if _, _, err := c.Parse([]string{"-qiuck"}); err == nil || !strings.HasPrefix(err.Error(), "no such option: -qiuck; did you mean --quick?") {
		t.Errorf("%v", err)
	}
}

// A command whose arguments are not options answers only if there is one argument.
func TestAlone(t *testing.T) {
	c := cmdline.Command{Name: "frob"}
	for args, want := range map[string]bool{
		"": false, "-h": true, "--help": true, "-V": true, "--version": true, "--completion=zsh": true,
		"--hel": false, "--completion": false, "--completion=csh": false, "--help=x": false, "-h ./main": false, "--help --help": false, "-x": false, "h": false,
	} {
		if answer := c.Alone(strings.Fields(args)); (answer != "") != want {
			t.Errorf("%s: %q", args, answer)
		}
	}
}

func TestPrint(t *testing.T) {
	c := cmdline.Command{Name: "frob"}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	var stdout, stderr strings.Builder
	if code := c.Print(full, &stderr, "x"); code != cmdline.ExitFailed || stderr.String() != "frob: fatal: unable to write to standard output: out of disk space\n" {
		t.Errorf("%d, %q", code, stderr.String())
	}
	if code := c.Print(&stdout, &stderr, "x"); code != cmdline.ExitOK || stdout.String() != "x" {
		t.Errorf("%d, %q", code, stdout.String())
	}
}

func TestHelp(t *testing.T) {
	c := cmdline.Command{
		Name: "frob", Forms: []string{"[OPTION]... FILE", "-x"}, About: "Frob does it.", Notes: "Exit status: 0.",
		Options: []cmdline.Option{
			{Letter: 'w', Help: "one two three four five six seven eight nine ten eleven twelve thirteen"},
			{Letter: 'n', Word: "lines", Value: cmdline.Optional, Name: "N", Help: "the last N; these:\n  a  b   c"},
			{Word: "a-long-word", Value: cmdline.Required, Name: "A-LONG-VALUE", Help: "long"},
			{Name: "-LEVEL", Head: "Others:", Help: "a level"},
		},
	}
	const want = `usage: frob [OPTION]... FILE
       frob -x

Frob does it.

Options:
  -w                      one two three four five six seven eight nine ten
                          eleven twelve thirteen
  -n, --lines[=N]         the last N; these:
                            a  b   c
      --a-long-word=A-LONG-VALUE
                          long

Others:
  -LEVEL                  a level
      --completion=SHELL  print completions for SHELL: bash, zsh or fish
  -h, --help              show this help
  -V, --version           show the version

Exit status: 0.
`
	if diff := cmp.Diff(want, c.Help()); diff != "" {
		t.Error(diff)
	}
}

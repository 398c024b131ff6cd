package scripts

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"multilog/internal/test/logger"
)

// builtCommands returns a directory with all commands, and their names; in short tests
// without the fleet's.
func builtCommands(t *testing.T) (dir string, names []string) {
	t.Helper()
	if names = commands(t); testing.Short() {
		return logger.Bin(t, names...), names
	}
	runIn(t, nil, "make", "build", "BIN="+bin)
	return bin, installed(t)
}

// outcome runs a command with an empty standard input.
func outcome(t *testing.T, path string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	cmd := exec.Command(path, args...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &complaints, t.TempDir()
	if err := cmd.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), complaints.String()
}

// helpColumns is the width of a terminal.
const helpColumns = 80

// All commands answer these options, fit the help into a terminal, and fail if they can't
// write the answer.
func TestAnswers(t *testing.T) {
	dir, names := builtCommands(t)
	for _, name := range names {
		for arg, begin := range map[string]string{
			"-h": "usage: " + name, "--help": "usage: " + name, "-V": name + " " + version(t), "--version": name + " " + version(t),
			"--completion=bash": "# completions of " + name + " for bash", "--completion=zsh": "#compdef " + name,
			"--completion=fish": "# completions of " + name + " for fish",
		} {
			code, stdout, stderr := outcome(t, filepath.Join(dir, name), arg)
			if code != 0 || !strings.HasPrefix(stdout, begin) || stderr != "" {
				t.Errorf("%s %s: exit %d, %q, %q", name, arg, code, stdout, stderr)
			}
			for line := range strings.Lines(stdout) {
				if arg == "--help" && len(line) > helpColumns+1 {
					t.Errorf("%s --help: more than %d columns: %s", name, helpColumns, line)
				}
			}
		}
		if !strings.Contains(runIn(t, nil, filepath.Join(dir, name), "--help"), "\nExit status: 0 ") {
			t.Errorf("%s --help does not tell the exit status", name)
		}
		full := exec.Command("sh", "-c", `"$0" --help >/dev/full`, filepath.Join(dir, name))
		message, err := full.CombinedOutput()
		if want := name + ": fatal: unable to write to standard output: "; err == nil || full.ProcessState.ExitCode() != 111 || !strings.HasPrefix(string(message), want) {
			t.Errorf("%s --help >/dev/full: %v, %q", name, err, message)
		}
	}
}

// daemontoolsNames are the commands whose arguments are daemontools': a wrong option is
// a pattern, or ignored.
var daemontoolsNames = []string{"multilog", "tai64n", "tai64nlocal"}

// The other commands tell a wrong command line in the same words, with the same status.
func TestWrongOptions(t *testing.T) {
	dir, names := builtCommands(t)
	for _, name := range names {
		if slices.Contains(daemontoolsNames, name) {
			continue
		}
		for _, args := range [][]string{{"--hlep"}, {"x", "--hlep"}, {"--hlep", "x"}} {
			code, stdout, stderr := outcome(t, filepath.Join(dir, name), args...)
			want := name + ": fatal: no such option: --hlep; did you mean --help? (--help tells more)\n"
			if code != 2 || stdout != "" || stderr != want {
				t.Errorf("%s %q: exit %d, %q, %q, want %q", name, args, code, stdout, stderr, want)
			}
		}
		if code, _, stderr := outcome(t, filepath.Join(dir, name), "--completion", "csh"); code != 2 || !strings.Contains(stderr, `"csh" is not bash, zsh or fish`) {
			t.Errorf("%s --completion csh: exit %d, %q", name, code, stderr)
		}
	}
}

// TestOneParser checks that no command parses its command line by itself.
func TestOneParser(t *testing.T) {
	out, err := exec.Command("git", "-C", "..", "grep", "-lE", `^\s*"(flag|github.com/spf13/pflag)"$`, "--", "*.go", ":!*_test.go").Output()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Skip(err)
	}
	if len(out) > 0 {
		t.Errorf("these files do not use internal/cmdline:\n%s", out)
	}
}

// completed is what a shell offers for the last word of a command line.
var completed = []struct {
	line  []string
	want  []string // all of these are offered
	never string   // and this is not
}{
	{[]string{"mlcat", "--si"}, []string{"--since"}, "--until"},
	{[]string{"mlcat", "--output=j"}, []string{"json"}, "utc"},
	{[]string{"mlcat", "-o", ""}, []string{"local", "utc", "json", "cat"}, "--since"},
	{[]string{"mlcat", "--color=a"}, []string{"always", "auto"}, "never"},
	{[]string{"mlstat", "--w"}, []string{"--watch"}, "--json"},
	{[]string{"mlstat", "a d"}, []string{"a directory"}, "a document"},
	{[]string{"mlcat", "--utc", "a d"}, []string{"a directory", "a document"}, "--utc"},
	{[]string{"multilog-zstd", "--dec"}, []string{"--decompress"}, "--list"},
	{[]string{"multilog-zstd", "-l", "a d"}, []string{"a directory", "a document"}, ""},
	{[]string{"multilog", "tRFC"}, []string{"tRFC3339", "tRFC3339Nano"}, "tUnix"},
	{[]string{"multilog", "--he"}, []string{"--help"}, "--version"},
	{[]string{"tai64n", "--completion=b"}, []string{"bash"}, "zsh"},
}

// shells are how a shell completes the words, with the completions of the command in
// file: a script for the shell, whose arguments are the words. It prints what is offered,
// one to a line.
var shells = map[string][]string{
	// bash splits words at =.
	"bash": {"bash", "--norc", "-c", `
compopt() { :; }
. "$1"; shift
name=$1; COMP_WORDS=()
for w; do
	case $w in
	--*=*) COMP_WORDS+=("${w%%=*}" = "${w#*=}") ;;
	*) COMP_WORDS+=("$w") ;;
	esac
done
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
set -- $(complete -p "$name")
"$3"
printf '%s\n' "${COMPREPLY[@]}"`, "-"},
	"fish": {"fish", "--no-config", "-c", `
source $argv[1]
complete -C (string escape -n -- $argv[2..-2] | string join ' ')' '(string escape -n -- $argv[-1])`},
}

func TestCompletions(t *testing.T) {
	dir, _ := builtCommands(t)
	zsh, err := filepath.Abs("testdata/offers.zsh")
	if err != nil {
		t.Fatal(err)
	}
	shells := maps.Clone(shells)
	shells["zsh"] = []string{"zsh", "-f", zsh}
	for shell, command := range shells {
		t.Run(shell, func(t *testing.T) {
			logger.Need(t, shell)
			t.Parallel()
			for i, c := range completed {
				if shell == "zsh" && i%3 != 0 {
					continue // each takes half a second
				}
				work := t.TempDir()
				script := filepath.Join(work, "script."+shell)
				_, text, _ := outcome(t, filepath.Join(dir, c.line[0]), "--completion="+shell)
				write(t, script, text)
				write(t, filepath.Join(work, "a document"), "")
				if err := os.Mkdir(filepath.Join(work, "a directory"), 0o755); err != nil {
					t.Fatal(err)
				}
				cmd := exec.Command(command[0], slices.Concat(command[1:], []string{script}, c.line)...)
				cmd.Dir, cmd.Env = work, append(os.Environ(), "HOME="+work)
				out, err := cmd.CombinedOutput()
				checkOffers(t, c.line, string(out), err, c.want, c.never)
			}
		})
	}
}

// checkOffers checks what a shell has offered.
func checkOffers(t *testing.T, line []string, out string, err error, want []string, never string) {
	t.Helper()
	if err != nil {
		t.Errorf("%q: %v\n%s", line, err, out)
	}
	offered := map[string]bool{}
	for o := range strings.Lines(out) {
		o, _, _ = strings.Cut(strings.TrimSuffix(o, "\n"), "\t") // a description
		o = strings.TrimRight(o, "/ =")
		o = o[strings.IndexByte(o, '=')+1:] // fish offers --word=value
		offered[strings.ReplaceAll(o, `\ `, " ")] = true
	}
	for _, w := range want {
		if !offered[w] {
			t.Errorf("%q: %q is not offered:\n%s", line, w, out)
		}
	}
	if never != "" && offered[never] {
		t.Errorf("%q: %q is offered", line, never)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

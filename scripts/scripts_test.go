// Package scripts tests the shell scripts behind make's targets. It also tests what
// concerns the whole tree: the messages of all commands, and the names in documents.
package scripts

import (
	"bytes"
	"crypto/sha256"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"multilog/internal/test/logger"
)

// bin is the directory into which make builds in the tests.
var bin string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if bin, err = os.MkdirTemp("", "multilog-scripts-"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(bin)
		return logger.Main{M: m}.Run()
	}())
}

// runIn runs a command in the root of the tree and returns its output. The command must
// succeed.
func runIn(t *testing.T, env []string, name string, args ...string) string {
	t.Helper()
	out, err := command(env, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// command runs a command in the root of the tree with additional variables in its
// environment. It returns the standard output and error.
func command(env []string, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// commands returns the names of the commands, which are the directories in cmd/.
func commands(t *testing.T) []string { return namesIn(t, "../cmd") }

// installed returns the names of all commands that are installed: the fleet's, too.
func installed(t *testing.T) []string { return namesIn(t, "../cmd", "../fleet/cmd") }

func namesIn(t *testing.T, trees ...string) (names []string) {
	for _, tree := range trees {
		dirs, err := os.ReadDir(tree)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range dirs {
			names = append(names, d.Name())
		}
	}
	return names
}

// files returns the checksums of the files below a directory, by their paths.
func files(t *testing.T, root string) map[string][sha256.Size]byte {
	sums := map[string][sha256.Size]byte{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		sums[strings.TrimPrefix(path, root+"/")] = sha256.Sum256(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

func TestInstallAndUninstall(t *testing.T) {
	if testing.Short() {
		t.Skip("builds everything")
	}
	dest := t.TempDir()
	install := func(what string) {
		runIn(t, nil, "make", what, "DESTDIR="+dest, "PREFIX=/opt/multilog", "BIN="+bin)
	}
	install("install")
	got := files(t, dest)
	for _, name := range installed(t) {
		if _, ok := got["opt/multilog/bin/"+name]; !ok {
			t.Errorf("%s is not installed", name)
		}
	}
	for _, path := range []string{"README.md", "LICENSE", "CHANGELOG.md", "docs/FLEET.md", "docs/READING.md", "examples/daemontools/qmail-send/log/run"} {
		if _, ok := got["opt/multilog/share/doc/multilog/"+path]; !ok {
			t.Errorf("%s is not installed", path)
		}
	}
	for _, name := range installed(t) {
		for _, path := range []string{"bash-completion/completions/" + name, "zsh/site-functions/_" + name, "fish/vendor_completions.d/" + name + ".fish"} {
			if _, ok := got["opt/multilog/share/"+path]; !ok {
				t.Errorf("%s is not installed", path)
			}
		}
	}
	checkLinks(t, filepath.Join(dest, "opt/multilog/share/doc/multilog"))
	install("uninstall")
	for path := range files(t, dest) {
		t.Errorf("%s is still there", path)
	}
}

// A build outside a repository gives the same bytes.
func TestBuildsAreEqual(t *testing.T) {
	if testing.Short() {
		t.Skip("builds everything twice")
	}
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	runIn(t, nil, "sh", "-c", `mkdir "$0" && tar -c --exclude=.git --exclude=./bin . | tar -x -C "$0"`, elsewhere)
	runIn(t, nil, "make", "build", "BIN="+bin, "COMMIT=64284d8a1b2c")
	runIn(t, nil, "make", "-C", elsewhere, "build", "COMMIT=64284d8a1b2c")
	here, there := files(t, bin), files(t, filepath.Join(elsewhere, "bin"))
	for _, name := range installed(t) {
		if _, ok := here[name]; !ok || here[name] != there[name] {
			t.Errorf("two builds of %s differ", name)
		}
	}
	for _, name := range []string{"multilog", "mlcat", "mlstat", "multilog-zstd", "mlship"} {
		want := name + " " + version(t) + " (64284d8a1b2c)\n"
		if got := runIn(t, nil, filepath.Join(bin, name), "--version"); got != want {
			t.Errorf("--version prints %q, want %q", got, want)
		}
	}
}

// version returns the version in the tree.
func version(t *testing.T) string {
	text, err := os.ReadFile("../internal/version/VERSION")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func TestDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("builds everything")
	}
	out := runIn(t, nil, "make", "demo", "BIN="+bin)
	for _, want := range []string{"1200000 | multilog", "kill -9, 1 of 5\n", ".s\n", "current\n", "Lines sent: 1200000. Lines found: 1200000."} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
}

// If the logger loses a line, the demo fails.
func TestDemoNoticesLoss(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	lossy := filepath.Join(t.TempDir(), "multilog")
	script := "#!/bin/sh\nmkdir -p main\n: >main/@1\nexec sed 1d >> main/current\n"
	if err := os.WriteFile(lossy, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := command([]string{"MULTILOG=" + lossy, "BIN=" + logger.Bin(t, "mlcat", "mlstat")}, "scripts/demo")
	if err == nil || !strings.Contains(out, "Lines sent: 1200000. Lines found: ") {
		t.Errorf("a lost line is not noticed: %v\n%s", err, out)
	}
}

// Where no program is installed and the user is not root, peers prints how to install
// them and what is skipped.
func TestPeersPrintsWhatIsSkipped(t *testing.T) {
	dir := t.TempDir()
	for _, tool := range []string{"sh", "cut", "sort", "tr"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, tool)); err != nil {
			t.Fatal(err)
		}
	}
	for tool, script := range map[string]string{"apt-get": "exit 1", "id": "echo 1000"} {
		if err := os.WriteFile(filepath.Join(dir, tool), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"PATH=" + dir, "CI="}
	out := runIn(t, env, "scripts/peers")
	for _, want := range []string{"only root can install them: sudo apt-get install ", " strace ", "strace (package strace) is missing, tests skip: "} {
		if !strings.Contains(out, want) {
			t.Errorf("there is no %q in\n%s", want, out)
		}
	}
	if out, err := command(append(env, "CI=true"), "scripts/peers"); err == nil {
		t.Errorf("in CI it succeeds:\n%s", out)
	}
}

// A package whose tests can't be listed ends the fuzzing with a failure.
func TestFuzzFindsBrokenPackages(t *testing.T) {
	dir := t.TempDir()
	stub := "#!/bin/sh\n[ \"$1\" != list ] || { echo one; echo two; exit; }\n" +
		"case $* in *-list*two) echo broken; exit 1 ;; *-list*) echo FuzzOne; echo ok ;; esac\n"
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte(stub), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := command([]string{"PATH=" + dir + ":" + os.Getenv("PATH")}, "scripts/fuzz", "1s")
	if err == nil || !strings.Contains(out, "fuzz: one FuzzOne, 1s\n") || !strings.Contains(out, "broken\nfuzz: fatal: unable to list the tests of two\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestHelpListsTargets(t *testing.T) {
	out := runIn(t, nil, "make")
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(makefile) {
		names, ok := bytes.CutPrefix(line, []byte(".PHONY: "))
		if !ok || bytes.HasPrefix(names, []byte("peers")) {
			continue
		}
		for name := range bytes.FieldsSeq(names) {
			if !strings.Contains("\n"+out, "\n"+string(name)+" ") {
				t.Errorf("make does not list %s", name)
			}
		}
	}
}

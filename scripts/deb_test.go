package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"multilog/internal/test/logger"
)

// buildDeb builds the package and returns its path.
func buildDeb(t *testing.T) string {
	if testing.Short() {
		t.Skip("builds everything")
	}
	logger.Need(t, "dpkg-deb")
	dir := t.TempDir()
	runIn(t, nil, "scripts/deb", dir)
	debs, err := filepath.Glob(dir + "/multilog_*.deb")
	if err != nil || len(debs) != 1 {
		t.Fatalf("packages: %v, %v", debs, err)
	}
	return debs[0]
}

// TestDeb builds the package once, for several tests of it.
func TestDeb(t *testing.T) {
	deb := buildDeb(t)
	t.Run("lint", func(t *testing.T) { lintDeb(t, deb) })
	t.Run("install", func(t *testing.T) { installDeb(t, deb) })
	t.Run("conflicts", func(t *testing.T) { compareDeb(t, deb) })
}

func lintDeb(t *testing.T, deb string) {
	logger.Need(t, "lintian")
	out, err := command(nil, "lintian", "--allow-root", "--fail-on", "error,warning", deb)
	if err != nil || out != "" {
		t.Errorf("lintian: %v\n%s", err, out)
	}
}

// installDeb installs the package into an empty root, runs its programs, and removes
// it.
func installDeb(t *testing.T, deb string) {
	if os.Getuid() != 0 {
		t.Skip("not root: dpkg installs only as root")
	}
	root := t.TempDir()
	for _, dir := range []string{"info", "updates"} {
		if err := os.MkdirAll(filepath.Join(root, "var/lib/dpkg", dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "var/lib/dpkg/status"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	dpkg := []string{"--root=" + root, "--force-script-chrootless", "--log=/dev/null"}
	runIn(t, nil, "dpkg", append(dpkg, "-i", deb)...)
	for _, name := range installed(t) {
		if _, err := os.Stat(filepath.Join(root, "usr/lib/multilog/bin", name)); err != nil {
			t.Error(err)
		}
	}
	if out := runIn(t, nil, filepath.Join(root, "usr/lib/multilog/bin/multilog"), "--version"); !strings.HasPrefix(out, "multilog "+version(t)) {
		t.Errorf("--version prints %q", out)
	}
	if out := runIn(t, nil, "dpkg-deb", "--field", deb, "Version"); !strings.HasPrefix(out, version(t)+"-") {
		t.Errorf("the package's version is %q", out)
	}
	// The links in /usr/bin and among the manual pages must have targets.
	links := runIn(t, nil, "find", filepath.Join(root, "usr"), "-xtype", "l")
	if links != "" {
		t.Errorf("broken links:\n%s", links)
	}
	readPages(t, root)
	runIn(t, nil, "dpkg", append(dpkg, "-P", "multilog")...)
	if left := runIn(t, nil, "find", root, "-path", filepath.Join(root, "var"), "-prune", "-o", "-type", "f", "-print"); left != "" {
		t.Errorf("left after removal:\n%s", left)
	}
}

// readPages lets man, or mandoc if only that is installed, format each command's page
// below root, at every place where it is installed.
func readPages(t *testing.T, root string) {
	read := []string{"man", "-l"}
	if _, err := exec.LookPath("man"); err != nil {
		logger.Need(t, "mandoc")
		read = []string{"mandoc", "-T", "utf8"}
	}
	for _, name := range installed(t) {
		found, err := filepath.Glob(filepath.Join(root, "usr/lib/multilog/share/man/man[18]", name+".[18].gz"))
		if err != nil || len(found) != 1 {
			t.Errorf("pages of %s: %v, %v", name, found, err)
			continue
		}
		links, err := filepath.Glob(filepath.Join(root, "usr/share/man/man[18]", name+".[18].gz"))
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range append(found, links...) {
			text := runIn(t, []string{"MANPAGER=cat", "MANWIDTH=80"}, read[0], append(read[1:], page)...)
			if !strings.Contains(text, name) || !strings.Contains(text, "EXAMPLES") {
				t.Errorf("%s is formatted as\n%s", page, text)
			}
		}
	}
}

// compareDeb checks that the package has no path in common with the packages that users
// may have installed with it.
func compareDeb(t *testing.T, deb string) {
	for _, other := range []string{"daemontools", "runit", "s6"} {
		theirs, err := command(nil, "dpkg", "-L", other)
		if err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is not installed", other)
			}
			t.Logf("%s is not installed", other)
			continue
		}
		for path := range strings.FieldsSeq(runIn(t, nil, "sh", "-c", `dpkg-deb --fsys-tarfile "$0" | tar -t`, deb)) {
			path = strings.TrimPrefix(path, ".")
			if !strings.HasSuffix(path, "/") && strings.Contains(theirs, "\n"+path+"\n") {
				t.Errorf("%s is in the package %s, too", path, other)
			}
		}
	}
}

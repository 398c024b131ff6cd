package scripts

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"multilog/internal/test/logger"
)

// TestPackages builds the packages for this machine once, for several tests of them.
func TestPackages(t *testing.T) {
	if testing.Short() {
		t.Skip("builds everything")
	}
	dir := t.TempDir()
	runIn(t, []string{"ARCHES=" + runtime.GOARCH}, "scripts/packages", dir)
	deb := one(t, dir+"/multilog_*.deb")
	t.Run("lint", func(t *testing.T) { lintDeb(t, deb) })
	t.Run("install", func(t *testing.T) { installDeb(t, deb) })
	t.Run("conflicts", func(t *testing.T) { compareDeb(t, deb) })
	t.Run("beside daemontools", func(t *testing.T) { alternatives(t, deb) })
	t.Run("lists", func(t *testing.T) { listPackages(t, dir) })
	t.Run("checksums", func(t *testing.T) { runIn(t, nil, "sh", "-c", `cd "$0" && sha256sum --quiet -c SHA256SUMS`, dir) })
	t.Run("contents", func(t *testing.T) { checkBOM(t, one(t, dir+"/*.cdx.json"), deb) })
	t.Run("versions", func(t *testing.T) { sortVersions(t, dir) })
}

// one returns the only file that matches the pattern.
func one(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v, %v", pattern, found, err)
	}
	return found[0]
}

// listPackages checks that all packages and the tarball have the same commands.
func listPackages(t *testing.T, dir string) {
	list := map[string]func(path string) string{
		"*.deb": func(path string) string {
			return runIn(t, nil, "sh", "-c", `dpkg-deb --fsys-tarfile "$0" | tar -t`, path)
		},
		"*.apk":           func(path string) string { return runIn(t, nil, "tar", "-tzf", path) },
		"*.pkg.tar.zst":   func(path string) string { return runIn(t, nil, "tar", "--zstd", "-tf", path) },
		"*-linux-*tar.gz": func(path string) string { return runIn(t, nil, "tar", "-tzf", path) },
	}
	if _, err := exec.LookPath("rpm"); err == nil || os.Getenv("CI") == "true" {
		list["*.rpm"] = func(path string) string { return runIn(t, nil, "rpm", "-qpl", path) }
	}
	for pattern, names := range list {
		all := "\n" + names(one(t, filepath.Join(dir, pattern)))
		for _, name := range installed(t) {
			if !strings.Contains(all, "/bin/"+name+"\n") || !strings.Contains(all, "/"+name+".") {
				t.Errorf("%s has no %s, or no manual page of it", pattern, name)
			}
		}
		for _, name := range []string{"/README.md\n", "/examples/daemontools/qmail-send/log/run\n"} {
			if !strings.Contains(all, name) {
				t.Errorf("%s has no %s", pattern, name)
			}
		}
	}
}

// checkBOM checks that the list of contents has the modules that the commands are linked
// with.
func checkBOM(t *testing.T, path, deb string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var bom struct {
		BOMFormat  string
		Components []struct{ Name, Version string }
	}
	if err := json.Unmarshal(data, &bom); err != nil || bom.BOMFormat != "CycloneDX" {
		t.Fatalf("%v, format %q", err, bom.BOMFormat)
	}
	known := map[string]bool{"multilog": true, "multilog/fleet": true}
	for _, c := range bom.Components {
		known[c.Name] = true
	}
	tree := t.TempDir()
	runIn(t, nil, "dpkg-deb", "-x", deb, tree)
	for _, name := range installed(t) {
		info, err := buildinfo.ReadFile(filepath.Join(tree, "usr/lib/multilog/bin", name))
		if err != nil {
			t.Fatal(err)
		}
		for _, dep := range info.Deps {
			if !known[dep.Path] {
				t.Errorf("%s has %s in it, which %s does not list", name, dep.Path, path)
			}
		}
	}
}

// sortVersions checks that a snapshot sorts below its release in the order of dpkg and
// rpm.
func sortVersions(t *testing.T, dir string) {
	release := version(t)
	snapshot, _, _ := strings.Cut(runIn(t, nil, "dpkg-deb", "--field", one(t, dir+"/*.deb"), "Version"), "-")
	if snapshot == release {
		t.Skip("this is a release")
	}
	runIn(t, nil, "dpkg", "--compare-versions", snapshot+"-1", "lt", release+"-1")
	if _, err := exec.LookPath("rpm"); err == nil || os.Getenv("CI") == "true" {
		lua := fmt.Sprintf(`%%{lua:print(rpm.vercmp("%s", "%s"))}`, snapshot, release)
		if got := runIn(t, nil, "rpm", "--eval", lua); strings.TrimSpace(got) != "-1" {
			t.Errorf("rpm compares %s with %s: %s", snapshot, release, got)
		}
	}
}

func lintDeb(t *testing.T, deb string) {
	logger.Need(t, "lintian")
	out, err := command(nil, "lintian", "--allow-root", "--fail-on", "error,warning", deb)
	if err != nil || out != "" {
		t.Errorf("lintian: %v\n%s", err, out)
	}
}

// packageRoot returns an empty root directory and the arguments that let dpkg install
// into it.
func packageRoot(t *testing.T) (root string, dpkg []string) {
	if os.Getuid() != 0 {
		t.Skip("not root: dpkg installs only as root")
	}
	root = t.TempDir()
	for _, dir := range []string{"var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/alternatives", "var/log", "etc/alternatives"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "var/lib/dpkg/status"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return root, []string{"--root=" + root, "--force-script-chrootless", "--log=/dev/null"}
}

// installDeb installs the package into an empty root, runs its programs, and removes it.
func installDeb(t *testing.T, deb string) {
	root, dpkg := packageRoot(t)
	runIn(t, nil, "dpkg", append(dpkg, "-i", deb)...)
	for _, name := range installed(t) {
		if _, err := os.Stat(filepath.Join(root, "usr/lib/multilog/bin", name)); err != nil {
			t.Error(err)
		}
		if _, err := os.Lstat(filepath.Join(root, "usr/bin", name)); err != nil {
			t.Error(err)
		}
	}
	if out := runIn(t, nil, filepath.Join(root, "usr/lib/multilog/bin/multilog"), "--version"); !strings.HasPrefix(out, "multilog "+version(t)) {
		t.Errorf("--version prints %q", out)
	}
	// The links in /usr/bin and among the manual pages must have targets, but for those
	// through /etc/alternatives, which have them below /.
	links := runIn(t, nil, "find", filepath.Join(root, "usr"), "-xtype", "l", "!", "-lname", "/etc/alternatives/*")
	if links != "" {
		t.Errorf("broken links:\n%s", links)
	}
	readPages(t, root)
	runIn(t, nil, "dpkg", append(dpkg, "-P", "multilog")...)
	if left := runIn(t, nil, "find", root, "-path", filepath.Join(root, "var"), "-prune", "-o", "!", "-type", "d", "-print"); left != "" {
		t.Errorf("left after removal:\n%s", left)
	}
}

// alternatives checks that multilog is in PATH where daemontools is not installed, and
// that daemontools' own file is there where it is, in whatever order they come and go.
// The package of daemontools is one made here, with the same paths.
func alternatives(t *testing.T, deb string) {
	tree := t.TempDir()
	for path, text := range map[string]string{
		"DEBIAN/control":   "Package: daemontools\nVersion: 1\nArchitecture: all\nMaintainer: none <none@multilog.example>\nDescription: none\n",
		"usr/bin/multilog": "theirs\n",
		"usr/bin/tai64n":   "theirs\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(tree, path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(tree, path), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	theirs := filepath.Join(t.TempDir(), "daemontools.deb")
	runIn(t, nil, "dpkg-deb", "--root-owner-group", "--build", tree, theirs)

	root, dpkg := packageRoot(t)
	do := func(args ...string) {
		runIn(t, nil, "dpkg", append(append(dpkg, "--no-triggers"), args...)...)
		runIn(t, nil, "dpkg", append(dpkg, "--triggers-only", "--pending")...)
	}
	multilogIs := func(when, want string) {
		t.Helper()
		path := filepath.Join(root, "usr/bin/multilog")
		got, err := os.Readlink(path)
		if err != nil {
			data, _ := os.ReadFile(path)
			got = string(data)
		}
		if got != want {
			t.Errorf("%s: /usr/bin/multilog is %q, want %q", when, got, want)
		}
	}
	const ours = "/etc/alternatives/multilog"
	do("-i", deb)
	multilogIs("ours", ours)
	do("-i", theirs)
	multilogIs("ours, theirs", "theirs\n")
	do("-P", "daemontools")
	multilogIs("theirs removed", ours)
	do("-i", theirs)
	do("-P", "multilog")
	multilogIs("ours removed", "theirs\n")
	do("-i", deb)
	multilogIs("theirs, ours", "theirs\n")
	do("-P", "daemontools")
	multilogIs("theirs removed again", ours)
	do("-P", "multilog")
	multilogIs("both removed", "")
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

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"multilog/internal/test/logger"
)

// A user who may not read a log is told who may.
func TestDenied(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can become another user")
	}
	root := t.TempDir()
	for _, log := range []string{"a/log/main", "b"} {
		dir := filepath.Join(root, "service", log)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "current"), []byte("x\n"), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	main := filepath.Join(root, "service/a/log/main")
	if err := os.Chown(main, 54321, 54322); err != nil { // without names
		t.Fatal(err)
	}
	for dir, mode := range map[string]os.FileMode{main: 0o700, root: 0o755, filepath.Dir(root): 0o755} {
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
	}
	// The user can't reach the directory of the command, so it is started by its descriptor.
	command, err := os.Open(filepath.Join(logger.Bin(t, "mlcat"), "mlcat"))
	if err != nil {
		t.Fatal(err)
	}
	defer command.Close()
	const a = `permission denied: it takes 54321 or root \(ROOT/service/a/log/main has owner 54321, group 54322, mode 0700\)\n`
	for args, want := range map[string]string{
		"a":                       `^mlcat: fatal: unable to open ROOT/service/a/log/main: ` + a,
		"ROOT/service/a/log/main": `^mlcat: fatal: unable to [a-z]+ ROOT/service/a/log/main[^ ]*: ` + a,
		"ROOT/service/a":          `^mlcat: fatal: unable to open ROOT/service/a/log/main: ` + a,
		"ROOT/service":            `^mlcat: warning: unable to find a log in ROOT/service: neither current nor old files are there; below it are ROOT/service/b; unable to open ROOT/service/a/log/main: ` + a,
		"b":                       `^mlcat: (fatal|warning): unable to [a-z]+ ROOT/service/b/current: permission denied: it takes root or group root \(ROOT/service/b/current has owner root, group root, mode 0640\)\n$`,
		"--list":                  `mlcat: warning: unable to open ROOT/service/a/log/main: ` + a,
	} {
		cmd := exec.Command("/proc/self/fd/3", strings.Fields(strings.ReplaceAll(args, "ROOT", root))...)
		cmd.ExtraFiles = []*os.File{command}
		cmd.Env = append(os.Environ(), "MLCAT_PATH="+root+"/service")
		cmd.Dir = "/"
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		var errors strings.Builder
		cmd.Stderr = &errors
		if err := cmd.Run(); err == nil {
			t.Errorf("%s: success", args)
		}
		if !regexp.MustCompile(strings.ReplaceAll(want, "ROOT", regexp.QuoteMeta(root))).MatchString(errors.String()) {
			t.Errorf("%s: %q does not match %s", args, errors.String(), want)
		}
	}
}

package findlogs

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tree makes files, with the directories above them, and links "NAME -> TARGET".
func tree(t *testing.T, names ...string) (root string) {
	root = t.TempDir()
	for _, name := range names {
		name, target, link := strings.Cut(name, " -> ")
		path := filepath.Join(root, name)
		err := os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil && link {
			err = os.Symlink(target, path)
		} else if err == nil {
			err = os.WriteFile(path, nil, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

var services = []string{
	"etc/qmail-send/run", "etc/qmail-send/log/run", "etc/qmail-send/log/main/current", "etc/qmail-send/log/supervise/status",
	"service/qmail-send -> ../etc/qmail-send",
	"service/smtpd/log/main/@400000006955b90a02193c67.s",
	"service/bare/run",
	"log/smtpd/current", "log/suite/a/current", "log/suite/b/current", "log/syslog", "log/suite/loop -> ..",
	"log/plain/current/file", "log/a/b/c/d/e/current", "log/.hidden/current",
}

func relative(root string, paths []string) []string {
	var names []string
	for _, p := range paths {
		names = append(names, strings.TrimPrefix(p, root+"/"))
	}
	return names
}

func TestAll(t *testing.T) {
	root := tree(t, services...)
	path := []string{root + "/service", root + "/nowhere", root + "/etc", root + "/log"}
	found := All(path)
	want := []string{"service/qmail-send/log/main", "service/smtpd/log/main", "log/smtpd", "log/suite/a", "log/suite/b"}
	if diff := cmp.Diff(want, relative(root, found.Logs)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"service", "etc", "log"}, relative(root, found.Searched)); diff != "" {
		t.Error(diff)
	}
	if len(found.Refused) > 0 {
		t.Error(found.Refused)
	}
	if got := Below(root + "/log/suite").Logs; len(got) != 3 { // a, b, and smtpd by way of loop
		t.Error(got)
	}
}

func TestNamed(t *testing.T) {
	root := tree(t, services...)
	path := []string{root + "/service", root + "/log"}
	for name, want := range map[string][]string{
		"qmail-send": {"service/qmail-send/log/main"},
		"smtpd":      {"service/smtpd/log/main"}, // the first one
		"suite/a":    {"log/suite/a"},
		"bare":       nil,
		"suite":      nil,
		"plain":      nil, // current is a directory
		"nothing":    nil,
		"*s*d":       {"service/qmail-send/log/main", "service/smtpd/log/main", "log/smtpd"},
		"suite/[ab]": {"log/suite/a", "log/suite/b"},
		"b":          {"log/suite/b"}, // deeper, but there is no other
		"[ab]":       {"log/suite/a", "log/suite/b"},
		"[":          nil,
	} {
		logs, err := Named(path, name)
		if diff := cmp.Diff(want, relative(root, logs)); diff != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

// A name that several logs have names none of them.
func TestSeveral(t *testing.T) {
	root := tree(t, "log/one/mail/main/current", "log/two/mail/current")
	logs, err := Named([]string{root + "/log"}, "mail")
	if several, ok := err.(*SeveralError); len(logs) > 0 || !ok {
		t.Error(logs, err)
	} else if diff := cmp.Diff([]string{"log/one/mail/main", "log/two/mail"}, relative(root, several.Logs)); diff != "" {
		t.Error(diff)
	}
	logs, err = Named([]string{root + "/log"}, "two/mail")
	if diff := cmp.Diff([]string{"log/two/mail"}, relative(root, logs)); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

// What may not be read is told.
func TestRefused(t *testing.T) {
	root := tree(t, "service/a/log/main/current")
	for dir := filepath.Join(root, "service"); len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	main := filepath.Join(root, "service/a/log/main")
	if err := os.Chmod(main, 0); err != nil {
		t.Fatal(err)
	}
	asNobody(t, func() {
		found := All([]string{root + "/service"})
		if len(found.Logs) > 0 || len(found.Refused) != 1 || !errors.Is(found.Refused[0], fs.ErrPermission) {
			t.Errorf("%+v", found)
		}
		if logs, err := Named([]string{root + "/service"}, "a"); len(logs) > 0 || !errors.Is(err, fs.ErrPermission) {
			t.Error(logs, err)
		}
	})
}

// asNobody runs f as a user who may not read everything: the thread changes its user, and ends
// with its goroutine.
func asNobody(t *testing.T, f func()) {
	const nobody = 65534
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if os.Getuid() == 0 {
			if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, nobody, nobody, nobody); errno != 0 {
				t.Error(errno)
				return
			}
		}
		f()
	}()
	<-done
}

func TestNames(t *testing.T) {
	for _, tt := range []struct{ dirs, want string }{
		{"/service/smtpd/log/main", "smtpd"},
		{"/service/smtpd/log/main /service/send/log/main", "smtpd send"},
		{"/service/smtpd/log/main /var/log/smtpd/", "service/smtpd log/smtpd"},
		{"a/x b/x x c", "a/x b/x x c"},
		{"main ./log .", "main log ."},
		{"/var/log /var/log/main", "var var"},
		{"s3://logs/mail/mx1/smtpd s3://logs/mail/mx2/smtpd", "mx1/smtpd mx2/smtpd"},
		{"s3://logs/mail/mx1/smtpd /service/smtpd/log/main", "mx1/smtpd smtpd"},
		{"s3://a/mx1/smtpd s3://b/mx1/smtpd", "a/mx1/smtpd b/mx1/smtpd"},
		{"s3://logs/mx1/main", "mx1/main"},
	} {
		if got := strings.Join(Names(strings.Fields(tt.dirs)), " "); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.dirs, got, tt.want)
		}
	}
}

func TestPath(t *testing.T) {
	t.Setenv("MLCAT_PATH", "")
	if diff := cmp.Diff([]string{"/service", "/var/service", "/etc/service", "/var/log"}, Path()); diff != "" {
		t.Error(diff)
	}
	t.Setenv("MLCAT_PATH", "/a::b:")
	if diff := cmp.Diff([]string{"/a", "b"}, Path()); diff != "" {
		t.Error(diff)
	}
}

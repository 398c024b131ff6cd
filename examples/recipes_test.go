package examples

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/internal/test/logger"
)

// This file runs the recipes of docs/RECIPES.md. It changes only the paths and the
// names in them.

// running returns the ids of the processes below pid that run this program.
func running(pid int, program string) (pids []int) {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	for _, field := range strings.Fields(string(text)) {
		var child int
		fmt.Sscan(field, &child)
		if exe, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", child)); exe == program {
			pids = append(pids, child)
		}
		pids = append(pids, running(child, program)...)
	}
	return pids
}

// killed kills the only process below pid that runs this program, and waits until
// another one runs.
func killed(t *testing.T, pid int, program string) {
	t.Helper()
	var old []int
	logger.Until(t, program+" runs", func() bool { old = running(pid, program); return len(old) == 1 })
	must(t, unix.Kill(old[0], unix.SIGKILL))
	logger.Until(t, program+" runs again", func() bool {
		now := running(pid, program)
		return len(now) == 1 && now[0] != old[0]
	})
}

// numbered feeds lines to a logger and adds them to want.
func numbered(l *logger.Logger, want []string) []string {
	for range 100 {
		line := fmt.Sprintf("line %d\n", len(want))
		l.Feed(line)
		want = append(want, line)
	}
	return want
}

func TestPlainShell(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	program := logger.Binary(t, "multilog")
	text := strings.NewReplacer("service 2>&1", "cat", "multilog", program).Replace(recipeIn(t, "RECIPES.md", "### Plain shell"))
	l := logger.Start(t, base, nil, "sh", "-c", text)
	var want []string
	for range 3 {
		want = numbered(l, want)
		killed(t, l.PID(), program)
	}
	want = numbered(l, want)
	l.EOF()
	l.Exits(0)
	new(run).verify(t, filepath.Join(base, "main"), want)
}

// TestS6Overlay runs the scripts of the two services with a pipe between them, and
// checks that the names in the source directories fit.
func TestS6Overlay(t *testing.T) {
	logger.Need(t, "s6-setuidgid")
	if os.Getuid() != 0 {
		t.Skip("not root: the logger runs as another user")
	}
	t.Parallel()
	base := enterable(t)
	must(t, os.Mkdir(base+"/log", 0o755))
	must(t, exec.Command("chown", user, base+"/log").Run())
	source := func(name string) string {
		text, err := os.ReadFile(filepath.Join("s6-overlay/s6-rc.d", name))
		must(t, err)
		return strings.TrimSpace(string(text))
	}
	if source("mail/type") != "longrun" || source("mail-log/type") != "longrun" || source("mail/producer-for") != "mail-log" || source("mail-log/consumer-for") != "mail" {
		t.Error("mail and mail-log are no pipeline")
	}
	source("user/contents.d/" + source("mail-log/pipeline-name"))

	service := logger.New(t, base, "sh", "-c", strings.Replace(source("mail/run"), "my-service", "sh -c 'cat; echo done >&2'", 1))
	log := logger.New(t, base, "sh", "-c", strings.NewReplacer("/var/log/mail", base+"/log", "maillog", user, " multilog", " "+logger.Binary(t, "multilog")).Replace(source("mail-log/run")))
	r, w, err := os.Pipe()
	must(t, err)
	service.Command().Stdout, log.Command().Stdin = w, r
	service.Start()
	log.Start()
	must(t, w.Close())
	must(t, r.Close())
	want := append(numbered(service, nil), "done\n")
	service.EOF()
	service.Exits(0)
	log.Exits(0)
	new(run).verify(t, base+"/log/main", want)
}

// TestSocklog sends lines to a socket in place of /dev/log.
func TestSocklog(t *testing.T) {
	logger.Need(t, "socklog", "envuidgid")
	if os.Getuid() != 0 {
		t.Skip("not root: socklog gives up root")
	}
	t.Parallel()
	base := t.TempDir()
	socket := base + "/socket"
	r, w, err := os.Pipe()
	must(t, err)
	service := logger.New(t, base, "sh", "-c", strings.Replace(recipeIn(t, "RECIPES.md", "### socklog"), "/dev/log", socket, 1))
	service.Command().Stdout = w
	service.Start()
	l := logger.Start(t, base, r, logger.Binary(t, "multilog"), "t", "./all", "-*", "+@* mail.*", "./mail")
	must(t, w.Close())
	must(t, r.Close())
	var conn net.Conn
	logger.Until(t, "socklog listens", func() bool { conn, err = net.Dial("unixgram", socket); return err == nil })
	defer conn.Close()
	var all, mail strings.Builder
	for i := range 100 {
		for priority, out := range map[int]io.Writer{2<<3 | 6: io.MultiWriter(&all, &mail), 3<<3 | 4: &all} { // mail.info, daemon.warn
			_, err := fmt.Fprintf(conn, "<%d>Nov 29 00:00:00 server[7]: line %d", priority, i)
			must(t, err)
			fmt.Fprintf(out, "%s: Nov 29 00:00:00 server[7]: line %d\n", map[int]string{22: "mail.info", 28: "daemon.warn"}[priority], i)
		}
	}
	logged := func(name string) string {
		text, _ := os.ReadFile(filepath.Join(base, name, "current"))
		return labels.ReplaceAllString(string(text), "")
	}
	logger.Until(t, "all lines are logged", func() bool { return strings.Count(logged("all"), "server[7]") == 200 })
	service.Signal(unix.SIGTERM)
	service.Wait()
	l.Exits(0)
	if got := logged("mail"); got != mail.String() {
		t.Errorf("mail:\n%s", got)
	}
	if got := logged("all"); !strings.HasSuffix(got, all.String()) { // socklog's own message comes first
		t.Errorf("all:\n%s", got)
	}
}

// TestContainer runs the entrypoint as the first process of a process namespace, with a
// read-only root, as another user, and without the system calls that Docker refuses.
func TestContainer(t *testing.T) {
	logger.Need(t, "unshare", "setpriv")
	if os.Getuid() != 0 || exec.Command("unshare", "-m", "-p", "-f", "true").Run() != nil {
		t.Skip("not root, or no namespaces")
	}
	t.Parallel()
	base := enterable(t)
	out, err := exec.Command("go", "build", "-o", base+"/likedocker", "multilog/internal/test/seccomp/likedocker").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	program := logger.Binary(t, "multilog")
	volume := base + "/volume"
	must(t, os.Mkdir(volume, 0o700))
	must(t, os.Chown(volume, 1000, 1000))
	entrypoint := strings.NewReplacer("/var/log/mail", volume, " multilog", " "+program).Replace(recipeIn(t, "RECIPES.md", "The service and its logger in one container"))
	must(t, os.WriteFile(base+"/entrypoint", []byte(entrypoint), 0o755))
	// The service ends when it gets TERM, with a last line and a code of its own.
	service := `trap 'echo the last line >&2; exit 7' TERM; ( touch /read-only ) 2>/dev/null && echo the root can be written; while read -r line; do echo "$line"; done <` + base + `/lines; while :; do sleep 0.1; done`
	must(t, mkfifo(base+"/lines"))
	must(t, os.Chown(base+"/lines", 1000, 1000))
	lines, err := os.OpenFile(base+"/lines", os.O_RDWR, 0)
	must(t, err)
	defer lines.Close()
	container := logger.New(t, base, "unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc", "sh", "-c",
		`mount --bind "$1" "$1" && mount -o remount,bind,ro / && cd / && shift && exec "$@"`, "sh", volume,
		base+"/likedocker", "setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", base+"/entrypoint", "sh", "-c", service)
	container.Start()

	var want []string
	send := func() {
		for range 100 {
			want = append(want, fmt.Sprintf("line %d\n", len(want)))
			_, err := lines.WriteString(want[len(want)-1])
			must(t, err)
		}
	}
	send()
	killed(t, container.PID(), program)
	send()
	logged := func() string {
		text, _ := os.ReadFile(volume + "/main/current")
		return string(text)
	}
	logger.Until(t, "all lines are logged", func() bool { return strings.HasSuffix(logged(), want[len(want)-1]) })
	pid := running(container.PID(), program)[0]
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	must(t, err)
	for _, line := range []string{"\nUid:\t1000\t1000\t1000\t1000\n", "\nSeccomp:\t2\n"} {
		if !strings.Contains(string(status), line) {
			t.Errorf("no %q in\n%s", line, status)
		}
	}
	links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	must(t, err)
	for _, link := range links {
		if to, _ := os.Readlink(link); strings.Contains(to, "io_uring") {
			t.Errorf("the logger uses io_uring")
		}
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", container.PID(), container.PID()))
	must(t, err)
	var first int
	_, err = fmt.Sscan(string(children), &first)
	must(t, err)
	must(t, unix.Kill(first, unix.SIGTERM))
	container.Exits(7)
	new(run).verify(t, volume+"/main", append(want, "the last line\n"))
}

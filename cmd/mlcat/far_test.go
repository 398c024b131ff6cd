package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"multilog/internal/test/logger"
	"multilog/internal/test/ports"
)

// farSSH is an sshd on loopback, and an mlcat that reaches it.
type farSSH struct {
	t     *testing.T
	dir   string // where logs are
	mlcat string
	env   []string
}

// startFar starts an sshd of the test's own: with its own keys and configuration, as an
// ordinary process.
func startFar(t *testing.T) *farSSH {
	t.Setenv("PATH", os.Getenv("PATH")+":/usr/sbin:/sbin")
	logger.Need(t, "sshd", "ssh", "ssh-keygen")
	f := &farSSH{t: t, dir: t.TempDir(), mlcat: logger.Binary(t, "mlcat")}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if me.Uid == "0" { // sshd wants this directory for a part of itself
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
			t.Fatal(err)
		}
	}
	keys := t.TempDir()
	for _, name := range []string{"host", "user"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", keys+"/"+name).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v\n%s", err, out)
		}
	}
	port, err := ports.Free()
	if err != nil {
		t.Fatal(err)
	}
	f.write(keys+"/sshd_config", fmt.Sprintf("ListenAddress 127.0.0.1:%d\nHostKey %s/host\nAuthorizedKeysFile %s/user.pub\nStrictModes no\n"+
		"PidFile none\nUsePAM no\nSetEnv PATH=%s:/usr/bin:/bin\n", port, keys, keys, filepath.Dir(f.mlcat)))
	f.write(keys+"/ssh_config", fmt.Sprintf("Host mx1\nHostName 127.0.0.1\nPort %d\nUser %s\nIdentityFile %s/user\nIdentitiesOnly yes\n"+
		"BatchMode yes\nStrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\n", port, me.Username, keys))
	sshd, _ := exec.LookPath("sshd") // it was found above; it wants its whole path
	cmd := exec.Command(sshd, "-D", "-e", "-f", keys+"/sshd_config")
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if err := ports.Await(t.Context(), port, time.Minute); err != nil {
		t.Fatalf("sshd does not listen: %v\n%s", err, said.String())
	}
	f.env = append(os.Environ(), "TZ=UTC0", "MLCAT_SSH=ssh -F "+keys+"/ssh_config")
	return f
}

func (f *farSSH) write(path, text string) {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// log makes a log of lines with the numbers from first to last, half a second apart.
func (f *farSSH) log(name string, first, last int) (dir string) {
	dir = filepath.Join(f.dir, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		f.t.Fatal(err)
	}
	var text strings.Builder
	for i := first; i <= last; i++ {
		fmt.Fprintf(&text, "@4000000050000%03x%08x line %d of %s\n", i/2, i%2*500_000_000, i, "it's")
		if i == (first+last)/2 {
			f.write(fmt.Sprintf("%s/@4000000050000%03x%08x.s", dir, i/2, i%2*500_000_000), text.String())
			text.Reset()
		}
	}
	f.write(dir+"/current", text.String())
	return dir
}

// run runs mlcat.
func (f *farSSH) run(args ...string) (out, said string, status int) {
	cmd := exec.Command(f.mlcat, args...)
	cmd.Env = f.env
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		f.t.Fatal(err)
	}
	return stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// TestFar compares what mlcat shows of a log on another machine with what it shows of the
// same log here.
func TestFar(t *testing.T) {
	f := startFar(t)
	one, two := f.log("one", 0, 199), f.log("two", 100, 299)
	all := [][]string{
		{}, {"-S", "@400000005000003200000000"}, {"-U", "@40000000500000321dcd6500"}, {"-g", "7 of it's"}, {"-g", "'|\n"}, {"-g", "no such"},
		{"-F", "-i", "-g", "LINE 7"}, {"-v", "-g", "1"}, {"-n", "7"}, {"-n", "0"}, {"-r"}, {"-r", "-n", "3", "-g", "5"}, {"-C", "2", "-g", "57 of"}, {"--exclude", "7", "-g", "5"}, {"--count", "-g", "5"}, {"-n", "+3"}, {"-o", "json"}, {"--utc"}, {"--tai", "-n", "1"},
	}
	for i, options := range all {
		if testing.Short() && i%4 != 1 {
			continue
		}
		for _, dirs := range [][]string{{one}, {one, two}} {
			want, wantSaid, wantStatus := f.run(append(options, append([]string{"-q", "--no-name"}, dirs...)...)...)
			for i, dir := range dirs[:1] {
				dirs[i] = "mx1:" + dir
			}
			got, said, status := f.run(append(options, append([]string{"-q", "--no-name"}, dirs...)...)...)
			got = strings.NewReplacer(`"dir":"mx1:`, `"dir":"`, `,"host":"mx1"`, "").Replace(got)
			if got != want || said != wantSaid || status != wantStatus {
				t.Errorf("mlcat %q %q: status %d, %d bytes, says %q; want status %d, %d bytes, %q\n%s", options, dirs, status, len(got), said, wantStatus, len(want), wantSaid, got)
			}
		}
	}
	if out, said, _ := f.run("-n", "1", "mx1:"+one, two); !strings.Contains(out, " two:     line 299") || said != "" {
		t.Errorf("%q, %q", out, said)
	}
	if out, _, _ := f.run("-n", "2", "-o", "json", "mx1:"+one, "mx1:"+one); strings.Count(out, `"host":"mx1","log":"one"`) != 2 {
		t.Errorf("%s", out)
	}
}

// Names and patterns are text for the far shell, whatever is in them.
func TestFarQuotes(t *testing.T) {
	f := startFar(t)
	names := []string{"a b", "it's $(touch x)\n\"`touch x`", `"`, "; touch x", "*", "-r", `\`, "~", "é"}
	if testing.Short() {
		names = names[:2]
	}
	for _, name := range names {
		dir := f.log(name, 0, 9)
		if out, said, status := f.run("-o", "cat", "-g", "2 of it's|"+name[:0]+"$(touch x)'", "mx1:"+dir); out != "line 2 of it's\n" || status != 0 {
			t.Errorf("%q: status %d, %q, %q", name, status, out, said)
		}
	}
	for _, host := range []string{"-oProxyCommand=touch x", "a;touch x", "$(touch x)", "-", " "} {
		if out, said, status := f.run("--", host+":/x"); status != 111 || !strings.Contains(said, "unable to ") {
			t.Errorf("%q: status %d, %q, %q", host, status, out, said)
		}
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("a command in a name was run")
	}
	if out, _, status := f.run("-n", "1", "-o", "cat", f.dir+"/a b"); status != 0 || out == "" {
		t.Error("a directory here can't be read")
	}
	name := filepath.Join(t.TempDir(), "host:dir")
	f.write(name, "@400000005000003200000000 here\n")
	cmd := exec.Command(f.mlcat, "-o", "cat", "host:dir")
	cmd.Dir = filepath.Dir(name)
	if out, err := cmd.Output(); string(out) != "here\n" {
		t.Errorf("a file with a colon in its name: %q, %v", out, err)
	}
}

// A cursor is that of the far mlcat.
func TestFarCursor(t *testing.T) {
	f := startFar(t)
	one, two := f.log("one", 0, 9), f.log("two", 10, 19)
	args := []string{"-o", "cat", "--cursor-file=" + f.dir + "/cursor", "mx1:" + one, two}
	if out, said, status := f.run(args...); strings.Count(out, "\n") != 20 || status != 0 {
		t.Fatalf("status %d, %q, %q", status, out, said)
	}
	if out, said, status := f.run(args...); out != "" || status != 0 {
		t.Errorf("nothing new: status %d, %q, %q", status, out, said)
	}
	current, err := os.OpenFile(one+"/current", os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer current.Close()
	fmt.Fprintf(current, "@400000005000010000000000 new\n")
	if out, said, status := f.run(args...); out != "new\n" || status != 0 {
		t.Errorf("status %d, %q, %q", status, out, said)
	}
	out, _, _ := f.run("--show-cursor", "-n", "2", "-o", "cat", "mx1:"+one)
	_, text, ok := strings.Cut(strings.TrimSpace(out), "\n-- cursor: ")
	if !ok || strings.Count(out, "\n") != 3 {
		t.Fatalf("%q", out)
	}
	if out, said, _ := f.run("--cursor="+text, "-o", "cat", "mx1:"+one); out != "new\n" {
		t.Errorf("%q, %q", out, said)
	}
}

// Errors say what happened, where, and what to do.
func TestFarErrors(t *testing.T) {
	f := startFar(t)
	one := f.log("one", 0, 999)
	here := f.log("here", 0, 9)
	script := func(text string) string {
		path := filepath.Join(t.TempDir(), "ssh")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		return "MLCAT_SSH=" + path
	}
	for _, c := range []struct {
		env, arg string
		want     string
	}{
		{"", "mx1:" + one + "/none", "unable to read mx1:" + one + "/none: unable to "},
		{"", "mx1:", "no log is named behind the host"},
		{"MLCAT_SSH=/none/ssh", "mx1:/x", "unable to run /none/ssh: "},
		{"MLCAT_SSH=no-such-ssh -v", "mx1:/x", "there is no program no-such-ssh here; install it, or name another one in MLCAT_SSH"},
		{"MLCAT_SSH=ssh -F /dev/null -p 1", "127.0.0.1:/x", "there is no connection to 127.0.0.1; try ssh 127.0.0.1 mlcat --version: ssh: connect to host 127.0.0.1 port 1"},
		{script("PATH=/none; eval \"$2\""), "mx1:/x", "there is no mlcat on mx1; install it there"},
		{script("echo 'mlcat: fatal: no such option: --what' >&2; exit 2"), "mx1:/x", "mlcat on mx1 does not accept these options; install the version there that is here: no such option: --what"},
		{script("echo '@400000005000003200000000 x'; echo broken >&2; exit 255"), "mx1:/x", "the connection to mx1 broke, and lines are missing; try again: broken"},
		{script("echo no shell for you; exit 1"), "mx1:/x", "mlcat on mx1 ended with status 1"},
	} {
		env := f.env
		if c.env != "" {
			f.env = append(env[:len(env):len(env)], c.env)
		}
		_, said, status := f.run(c.arg)
		if !strings.Contains(said, c.want) || status != 111 || strings.Count(said, "\n") != 1 {
			t.Errorf("%s %s: status %d, says %q, want %q", c.env, c.arg, status, said, c.want)
		}
		// What is here is shown all the same.
		out, said, status := f.run("-n", "1", "-o", "cat", here, c.arg)
		if !strings.Contains(said, c.want) || status != 111 || !strings.Contains(out, "line 9 ") && !strings.Contains(out, "x\n") {
			t.Errorf("%s %s, with a log here: status %d, says %q, shows %q", c.env, c.arg, status, said, out)
		}
		f.env = env
	}
}

// TestFarFollow follows a log, breaks the connection again and again, and counts the lines.
func TestFarFollow(t *testing.T) {
	f := startFar(t)
	one, here := f.log("one", 0, 9), f.log("here", 0, 9)
	wrapper, pids := filepath.Join(t.TempDir(), "ssh"), f.dir+"/pids"
	real := strings.TrimPrefix(f.env[len(f.env)-1], "MLCAT_SSH=")
	if err := os.WriteFile(wrapper, []byte("#!/bin/sh\necho $$ >>"+pids+"\nexec "+real+" \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	l := logger.New(t, f.dir, f.mlcat, "-f", "-n", "3", "-o", "cat", "mx1:"+one, here)
	out, err := os.Create(f.dir + "/out")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	l.Command().Stdout = out
	l.Command().Env = append(f.env, "MLCAT_SSH="+wrapper)
	l.Start()
	current, err := os.OpenFile(one+"/current", os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer current.Close()
	shown := func() string {
		text, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	want := ""
	for round := range 3 {
		l.Until("it is connected", func() bool {
			text, _ := os.ReadFile(pids)
			return strings.Count(string(text), "\n") == round+2
		})
		for i := range 100 {
			line := fmt.Sprintf("new %d %d\n", round, i)
			fmt.Fprintf(current, "@40000000500001%02x%08x %s", round, i, line)
			want += line
		}
		l.Until("the new lines are shown", func() bool { return strings.HasSuffix(shown(), want) })
		text, err := os.ReadFile(pids)
		if err != nil {
			t.Fatal(err)
		}
		fields := strings.Fields(string(text))
		pid, err := strconv.Atoi(fields[len(fields)-1])
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(current, "@40000000500001%02x%08x away %d\n", round, 1000, round)
		want += fmt.Sprintf("away %d\n", round)
	}
	l.Until("what came meanwhile is shown", func() bool { return strings.HasSuffix(shown(), want) })
	if n := strings.Count(strings.TrimSuffix(shown(), want), "\n"); n != 3 {
		t.Errorf("%d lines at first, want 3", n)
	}
	l.End()
	if said := l.Said(); !strings.Contains(said, "there is no connection to mx1") || !strings.Contains(said, "; trying again in 1s") {
		t.Errorf("it says %q", said)
	}
}

// Of many other machines, only some are read at a time.
func TestFarBound(t *testing.T) {
	dir := t.TempDir()
	ssh := dir + "/ssh"
	script := "#!/bin/sh\n: >" + dir + "/running.$$\nsleep 1\nls " + dir + " | grep -c running >>" + dir + "/counts\nrm " + dir + "/running.$$\n"
	if err := os.WriteFile(ssh, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	var args []string
	for i := range 2 * logsAtOnce {
		args = append(args, fmt.Sprintf("mx%d:smtpd", i))
	}
	cmd := exec.Command(logger.Binary(t, "mlcat"), args...)
	cmd.Env = append(os.Environ(), "MLCAT_SSH="+ssh)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	counts, err := os.ReadFile(dir + "/counts")
	if err != nil {
		t.Fatal(err)
	}
	for count := range strings.FieldsSeq(string(counts)) {
		if n, err := strconv.Atoi(count); err != nil || n > logsAtOnce {
			t.Fatalf("these were running at a time: %q", counts)
		}
	}
	if n := len(strings.Fields(string(counts))); n != len(args) {
		t.Errorf("%d of %d were read", n, len(args))
	}
}

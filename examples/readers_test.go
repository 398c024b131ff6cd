package examples

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"multilog/bench/maillog"
)

// What the README says to programs that read logs, run as it stands there but
// for the paths.

// recipe is the first indented block of the README behind the line that begins
// with after.
func recipe(t *testing.T, after string) string {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	must(t, err)
	_, rest, found := strings.Cut(string(text), "\n"+after)
	if !found {
		t.Fatalf("README.md has no line that begins with %q", after)
	}
	block := regexp.MustCompile(`(?m)(^    .*\n|^\n)+`)
	for _, b := range block.FindAllString(rest, -1) {
		if b = strings.ReplaceAll(b, "\n    ", "\n"); strings.Trim(b, "\n") != "" {
			return strings.TrimLeft(b, "\n ")
		}
	}
	t.Fatalf("README.md has no block behind %q", after)
	return ""
}

// logMail writes a log of so many lines into base/main, and returns the lines.
func logMail(t *testing.T, base string, lines int) string {
	buf := make([]byte, 200*lines)
	size, _ := maillog.New(maillog.Config{Seed: 8}).Fill(buf, lines)
	cmd := exec.Command(ours, "t", "s16777215", "./main")
	cmd.Dir, cmd.Stdin = base, bytes.NewReader(buf[:size])
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(buf[:size])
}

func TestFail2ban(t *testing.T) {
	needPrograms(t, []string{"fail2ban-regex"})
	t.Parallel()
	base := t.TempDir()
	filter := filepath.Join(base, "filter.conf")
	must(t, os.WriteFile(filter, []byte(recipe(t, "**fail2ban**")), 0o600))
	turnedAway := regexp.MustCompile(`(?m)^(rblsmtpd: .*: 451|qmail-smtpd: .* Reject::)`)
	want := len(turnedAway.FindAllString(logMail(t, base, 20_000), -1))
	if want < 100 {
		t.Fatalf("only %d hosts are turned away", want)
	}
	out, err := exec.Command("fail2ban-regex", filepath.Join(base, "main/current"), filter).CombinedOutput()
	must(t, err)
	for _, line := range []string{fmt.Sprintf("20000 lines, 0 ignored, %d matched", want), "[20000] {^LN-BEG}TAI64N"} {
		if !strings.Contains(string(out), line) {
			t.Errorf("not there: %s\n%s", line, out)
		}
	}
}

func TestLnav(t *testing.T) {
	needPrograms(t, []string{"lnav"})
	t.Parallel()
	base := t.TempDir()
	logMail(t, base, 1000)
	cmd := exec.Command("lnav", "-n", "-c", ";SELECT count(*) AS n, max(log_time) > datetime('now', '-1 hour') AS now FROM all_logs",
		"-c", ":write-csv-to -", "main/current")
	cmd.Dir = base
	cmd.Env = append(os.Environ(), "HOME="+base, "TZ=UTC0")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "n,now\n1000,1\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestRsyslog feeds a logger as fast as rsyslog follows, through many rotations.
func TestRsyslog(t *testing.T) {
	needPrograms(t, []string{"rsyslogd"})
	t.Parallel()
	base := t.TempDir()
	logs := filepath.Join(base, "service/qmail-send/log")
	must(t, os.MkdirAll(logs, 0o755))
	shipped := filepath.Join(base, "shipped")
	conf := strings.NewReplacer("/service/", base+"/service/", "/var/log/mail-lines", shipped).Replace(recipe(t, "rsyslog takes labels"))
	if strings.Count(conf, base) != 2 {
		t.Fatalf("paths in\n%s", conf)
	}
	must(t, os.WriteFile(base+"/conf", []byte("global(workDirectory=\""+base+"\")\n"+conf), 0o600))
	// A copy, since AppArmor lets the one that is installed write to /var/log only.
	installed, err := exec.LookPath("rsyslogd")
	must(t, err)
	must(t, exec.Command("cp", installed, base+"/rsyslogd").Run())
	var chatter bytes.Buffer
	shipper := exec.Command(base+"/rsyslogd", "-n", "-f", base+"/conf", "-i", base+"/pid")
	shipper.Stdout, shipper.Stderr = &chatter, &chatter
	must(t, shipper.Start())
	t.Cleanup(func() {
		must(t, shipper.Process.Signal(syscall.SIGTERM))
		_ = shipper.Wait()
		if t.Failed() {
			t.Log(chatter.String())
		}
	})

	logger := exec.Command(ours, "t", "s50000", "n50", "./main")
	logger.Dir, logger.Stderr = logs, os.Stderr
	in, err := logger.StdinPipe()
	must(t, err)
	must(t, logger.Start())
	lines := maillog.New(maillog.Config{Seed: 9})
	var sent []byte
	buf := make([]byte, 10_000)
	for range 60 {
		size, _ := lines.Fill(buf, 1<<30)
		sent = append(sent, buf[:size]...)
		_, err := io.Writer(in).Write(buf[:size])
		must(t, err)
		waitFor(t, "what rsyslog shipped", func() bool {
			got, _ := os.ReadFile(shipped)
			return bytes.Count(got, []byte("\n")) >= bytes.Count(sent, []byte("\n"))
		})
	}
	must(t, in.Close())
	must(t, logger.Wait())
	if old, _ := filepath.Glob(logs + "/main/@*.s"); len(old) < 5 {
		t.Errorf("only %d rotations", len(old))
	}
	got, err := os.ReadFile(shipped)
	must(t, err)
	if !bytes.Equal(labels.ReplaceAll(got, nil), sent) {
		t.Errorf("%d bytes were sent, %d shipped", len(sent), len(got))
	}
}

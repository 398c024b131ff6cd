package examples

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"multilog/bench/maillog"
	"multilog/internal/test/logger"
)

// This file runs the configurations that the README gives for programs that read logs.
// It changes only the paths in them.

// recipe returns the first indented block of docs/SHIPPERS.md after the line that begins
// with after.
func recipe(t *testing.T, after string) string {
	t.Helper()
	return recipeIn(t, "SHIPPERS.md", after)
}

// recipeIn returns the first indented block of a document in docs after the line that
// begins with after.
func recipeIn(t *testing.T, document, after string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../docs", document))
	must(t, err)
	_, rest, found := strings.Cut(string(text), "\n"+after)
	if !found {
		t.Fatalf("%s: no line begins with %q", document, after)
	}
	block := regexp.MustCompile(`(?m)(^    .*\n|^\n)+`)
	for _, b := range block.FindAllString(rest, -1) {
		if b = strings.ReplaceAll(b, "\n    ", "\n"); strings.Trim(b, "\n") != "" {
			return strings.TrimLeft(b, "\n ")
		}
	}
	t.Fatalf("%s: no block after %q", document, after)
	return ""
}

// logMail writes a log of that many lines to base/main and returns the lines.
func logMail(t *testing.T, base string, lines int) string {
	buf := make([]byte, 200*lines)
	size, _ := maillog.New(maillog.Config{Seed: 8}).Fill(buf, lines)
	l := logger.New(t, base, logger.Binary(t, "multilog"), "t", "s16777215", "./main")
	l.Command().Stdin = bytes.NewReader(buf[:size])
	l.Start()
	l.Exits(0)
	return string(buf[:size])
}

func TestFail2ban(t *testing.T) {
	logger.Need(t, "fail2ban-regex")
	t.Parallel()
	base := t.TempDir()
	filter := filepath.Join(base, "filter.conf")
	must(t, os.WriteFile(filter, []byte(recipe(t, "## fail2ban")), 0o600))
	turnedAway := regexp.MustCompile(`(?m)^(rblsmtpd: .*: 451|qmail-smtpd: .* Reject::)`)
	want := len(turnedAway.FindAllString(logMail(t, base, 20_000), -1))
	if want < 100 {
		t.Fatalf("only %d hosts are turned away", want)
	}
	out, err := exec.Command("fail2ban-regex", filepath.Join(base, "main/current"), filter).CombinedOutput()
	must(t, err)
	for _, line := range []string{fmt.Sprintf("20000 lines, 0 ignored, %d matched", want), "[20000] {^LN-BEG}TAI64N"} {
		if !strings.Contains(string(out), line) {
			t.Errorf("no %q in\n%s", line, out)
		}
	}
}

func TestLnav(t *testing.T) {
	logger.Need(t, "lnav")
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

// TestRsyslog feeds a logger through many rotations, as fast as rsyslog follows, and
// compares what rsyslog ships with the input.
func TestRsyslog(t *testing.T) {
	logger.Need(t, "rsyslogd")
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
	// Run a copy, because AppArmor lets the installed one write only to /var/log.
	installed, err := exec.LookPath("rsyslogd")
	must(t, err)
	must(t, exec.Command("cp", installed, base+"/rsyslogd").Run())
	shipper := logger.New(t, base, base+"/rsyslogd", "-n", "-f", base+"/conf", "-i", base+"/pid")
	shipper.Start()
	t.Cleanup(func() {
		shipper.Signal(syscall.SIGTERM)
		shipper.Wait()
		if t.Failed() {
			t.Log(shipper.Said())
		}
	})

	l := logger.Start(t, logs, nil, logger.Binary(t, "multilog"), "t", "s50000", "n50", "./main")
	lines := maillog.New(maillog.Config{Seed: 9})
	var sent []byte
	buf := make([]byte, 10_000)
	for range 60 {
		size, _ := lines.Fill(buf, 1<<30)
		sent = append(sent, buf[:size]...)
		l.Feed(string(buf[:size]))
		logger.Until(t, "rsyslog ships the lines", func() bool {
			got, _ := os.ReadFile(shipped)
			return bytes.Count(got, []byte("\n")) >= bytes.Count(sent, []byte("\n"))
		})
	}
	l.EOF()
	l.Exits(0)
	if old, _ := filepath.Glob(logs + "/main/@*.s"); len(old) < 5 {
		t.Errorf("only %d rotations", len(old))
	}
	got, err := os.ReadFile(shipped)
	must(t, err)
	if !bytes.Equal(labels.ReplaceAll(got, nil), sent) {
		t.Errorf("%d bytes were sent, and %d shipped", len(sent), len(got))
	}
}

// postfixLines are some lines as Postfix writes them: a mail that is delivered, one that
// is not, and one that is turned away.
const postfixLines = `Nov 29 08:11:33 mx1 postfix/smtpd[123]: 4F1B2C0D3: client=unknown[203.0.113.9]
Nov 29 08:11:33 mx1 postfix/qmgr[12]: 4F1B2C0D3: from=<x@example.net>, size=1200, nrcpt=1 (queue active)
Nov 29 08:11:34 mx1 postfix/smtp[124]: 4F1B2C0D3: to=<a@example.org>, relay=mail.example.org[192.0.2.1]:25, delay=1, delays=0.1/0/0.4/0.5, dsn=2.0.0, status=sent (250 ok)
Nov 29 08:11:34 mx1 postfix/qmgr[12]: 4F1B2C0D3: removed
Nov 29 08:11:35 mx1 postfix/smtp[124]: 5A1B2C0D4: to=<c@example.org>, relay=none, delay=30, delays=0.1/0/30/0, dsn=4.4.1, status=deferred (connect to mail.example.org[192.0.2.2]:25: Connection timed out)
Nov 29 08:11:35 mx1 postfix/smtpd[123]: NOQUEUE: reject: RCPT from unknown[203.0.113.9]: 554 5.7.1 <b@example.org>: Relay access denied; from=<x@example.net> to=<b@example.org> proto=ESMTP helo=<x>
`

// logPostfix writes postfixLines to base/postfix.
func logPostfix(t *testing.T, base string) {
	l := logger.New(t, base, logger.Binary(t, "multilog"), "t", "./postfix")
	l.Command().Stdin = strings.NewReader(postfixLines)
	l.Start()
	l.Exits(0)
}

func TestFail2banPostfix(t *testing.T) {
	logger.Need(t, "fail2ban-regex")
	t.Parallel()
	base := t.TempDir()
	logPostfix(t, base)
	config := filepath.Join(base, "fail2ban")
	must(t, os.CopyFS(config, os.DirFS("/etc/fail2ban")))
	read := func() string {
		out, err := exec.Command("fail2ban-regex", "-c", config, filepath.Join(base, "postfix/current"), "postfix").CombinedOutput()
		must(t, err)
		return string(out)
	}
	if out := read(); !strings.Contains(out, " 0 matched") {
		t.Errorf("fail2ban needs no filter any more:\n%s", out)
	}
	must(t, os.WriteFile(filepath.Join(config, "filter.d/postfix.local"), []byte(recipe(t, "## Postfix: fail2ban")), 0o600))
	if out := read(); !strings.Contains(out, "6 lines, 0 ignored, 1 matched") {
		t.Errorf("%s", out)
	}
}

func TestPflogsumm(t *testing.T) {
	logger.Need(t, "pflogsumm")
	t.Parallel()
	base := t.TempDir()
	logPostfix(t, base)
	out := typed(t, base, recipe(t, "Programs that read a whole log"))
	if !regexp.MustCompile(`(?s)\n +1 +received\n +1 +delivered\n.*\n +1 +deferred .*\n +1 +rejected `).MatchString(out) {
		t.Errorf("%s", out)
	}
}

// typed returns the output of a command of the shell, for which mlcat finds the logs in base.
func typed(t *testing.T, base, command string) string {
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Env = append(os.Environ(), "PATH="+logger.Bin(t, "mlcat")+":"+os.Getenv("PATH"), "MLCAT_PATH="+base)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v", command, err)
	}
	return string(out)
}

// Each command for Postfix in docs/READING.md finds what it promises.
func TestReadingPostfix(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	logPostfix(t, base)
	wants := []string{`(.* 4F1B2C0D3: .*\n){4}`, `.* status=deferred .*\n`, `\S+ \d\d:00 1\n`, `.* NOQUEUE: reject: .*\n`}
	commands := strings.Split(strings.TrimSpace(recipeIn(t, "READING.md", "## Postfix")), "\n")
	if len(commands) != len(wants) {
		t.Fatalf("%d commands were found, want %d", len(commands), len(wants))
	}
	for i, command := range commands {
		if out := typed(t, base, command); !regexp.MustCompile("^" + wants[i] + "$").MatchString(out) {
			t.Errorf("%s\n%s", command, out)
		}
	}
}

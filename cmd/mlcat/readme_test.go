package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"multilog/bench/maillog"
	"multilog/internal/test/logger"
)

// documented are the documents whose commands are tested, each with the heading of the part that has
// them, and how many there are at least.
var documented = []struct {
	file, heading string
	least         int
}{
	{"README.md", "## Reading the logs\n", 10},
	{"docs/READING.md", "## Ten questions that people ask\n", 10},
	{"docs/READING.md", "## A mail log\n", 13},
	{"docs/READING.md", "## For programs\n", 3},
}

// wants maps a part of a command to what each line of its output must match.
var wants = map[string]string{
	"delivery 431":       `^\d{4}-\d\d-\d\d [\d:.]+ .*delivery 431: `,
	"msg 250476":         `msg 250476`,
	"remote victor@":     `starting delivery .* to remote victor@`,
	"-n 20":              `\.\d{9} delivery \d+: failure: `,
	"uniq -c":            `^ *\d+ [A-Z]`,
	"--histogram=hour":   `^\d{4}-\d\d-\d\d \d\d:00 \d+$`,
	"--count":            `^\d+$`,
	"local 10":           `status: local 10/`,
	"03:00":              ` 03:\d\d:\d\d\.\d{9} `,
	"'^tcpserver: pid'":  ` tcpserver: pid \d+ from `,
	"dialup":             ` tcpserver: ok .*dialup`,
	"rblsmtpd: '":        `Reject::|rblsmtpd: `,
	"203.0.113.154":      `203\.0\.113\.154`,
	"--cursor-file":      ` qmail-s.*(failure|deferral)`,
	"-o json":            `^\{"time":".*","label":"@.*","dir":".*","log":"qmail-send","line":".*"\}$`,
	"-o iso":             `^\d{4}-\d\d-\d\dT[\d:.]+\d[+-]\d\d:\d\d qmail-(send|smtpd): +`,
	"-o tai64n":          `^@4[0-9a-f]{23} `,
	"--list":             `^FIRST|^\d{4}-.*[KM]iB +.*/qmail-s(end|mtpd)$`,
	"mlcat qmail-send\n": `^\d{4}-\d\d-\d\d `,
	"-f 'qmail-*'":       ` qmail-(send|smtpd): +`,
	"-f qmail-send qm":   ` qmail-(send|smtpd): +`,
	"-B 5":               `^--$|^\d{4}-`,
	"--exclude":          ` qmail-(send: +[^s]|send: +starting|smtpd: +(tcpserver: [^s]|[^t]))`,
	"-n 5":               `deferral`,
	"failure|deferral":   `delivery \d+: (failure|deferral)`,
	"-m 1":               ` status: local `,
}

// Each command in the documents on reading finds what it promises, and nothing else, in a log
// like those that it is meant for.
func TestReadmeCommands(t *testing.T) {
	dir := t.TempDir()
	const lines, hours = 40000, 50
	more := make(map[string]*maillog.Generator)
	for name, kind := range map[string]maillog.Kind{"qmail-send": maillog.Send, "qmail-smtpd": maillog.SMTP} {
		gap := hours * time.Hour / lines
		more[name] = writeLog(t, filepath.Join(dir, name), 5, lines/5, maillog.Config{Seed: 7, Kind: kind, Gap: gap, Start: time.Now().Add(-hours * time.Hour)})
	}
	bin := logger.Bin(t, "mlcat")
	used := make(map[string]bool)
	for _, d := range documented {
		commands := commandsIn(t, d.file, d.heading)
		if len(commands) < d.least {
			t.Errorf("%s, %s: only %d commands were found", d.file, strings.TrimSpace(d.heading), len(commands))
		}
		for _, command := range commands {
			t.Run(command, func(t *testing.T) {
				run := command
				if strings.Contains(command, " -f ") {
					if !strings.Contains(command, " -m ") {
						run += " | head -n 3" // it would not end
					}
					defer keepLogging(t, dir, more)()
				}
				out := printed(t, dir, bin, run)
				for part, want := range wants {
					if !strings.Contains(command+"\n", part) {
						continue
					}
					used[part] = true
					for line := range strings.Lines(out) {
						if line = strings.TrimSuffix(line, "\n"); !regexp.MustCompile(want).MatchString(line) {
							t.Errorf("%q does not match %s", line, want)
							break
						}
					}
				}
			})
		}
	}
	for part := range wants {
		if !used[part] {
			t.Errorf("no command has %q", part)
		}
	}
}

// printed runs a command of the shell and returns its output, which must not be empty.
func printed(t *testing.T, dir, bin, command string) string {
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "MLCAT_PATH="+dir)
	var errors strings.Builder
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil || len(out) == 0 || errors.Len() > 0 {
		t.Errorf("%d bytes of output, %v\n%s", len(out), err, errors.String())
	}
	return string(out)
}

// keepLogging adds lines to the logs in dir until the function that it returns is called.
func keepLogging(t *testing.T, dir string, more map[string]*maillog.Generator) (stop func()) {
	const pause = 5 * time.Millisecond
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-time.After(pause):
			}
			for name, g := range more {
				f, err := os.OpenFile(filepath.Join(dir, name, "current"), os.O_APPEND|os.O_WRONLY, 0)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := f.Write(g.Next()); err != nil {
					t.Error(err)
				}
				f.Close()
			}
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// commandsIn returns the commands in a document's part that begins with heading, without the
// comments behind them.
func commandsIn(t *testing.T, file, heading string) []string {
	text, err := os.ReadFile(filepath.Join("..", "..", file))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), heading)
	section, _, _ = strings.Cut(section, "\n## ")
	var commands []string
	for line := range strings.Lines(section) {
		if command, ok := strings.CutPrefix(line, "    "); ok {
			command, _, _ = strings.Cut(command, "  #")
			commands = append(commands, strings.TrimSpace(command))
		}
	}
	return commands
}

// writeLog makes a log directory of files with so many lines each. It returns what makes more lines.
func writeLog(t *testing.T, dir string, files, lines int, config maillog.Config) *maillog.Generator {
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	g := maillog.New(config)
	next := string(g.Next())
	for i := range files {
		var content strings.Builder
		for range lines {
			content.WriteString(next)
			next = string(g.Next())
		}
		name := "current"
		if i < files-1 {
			name = next[:25] + ".s"
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content.String()), 0o744); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

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

// wants maps a part of a command to what each line of its output must match.
var wants = map[string]string{
	"delivery 431":   `^\d{4}-\d\d-\d\d [\d:.]+ .*delivery 431: `,
	"msg 250476":     `msg 250476`,
	"victor@":        `starting delivery .* to remote victor@`,
	"failure' ":      `\.\d{9} delivery \d+: failure: `,
	"deferral":       `^ *\d+ [A-Z]`,
	"new msg":        `^ *\d+ \d{4}-\d\d-\d\d \d\d$`,
	"local 10":       `status: local 10/`,
	"03:00":          ` 03:\d\d:\d\d\.\d{9} tcpserver: pid \d+ from `,
	"Reject::|^":     `Reject::|rblsmtpd: `,
	"203.0.113.154":  `203\.0\.113\.154`,
	"--cursor-file":  `failure|Reject::`,
	"-o json":        `^\{"time":".*"line":".*"\}$`,
	"-f qmail-send ": `^\d{4}-\d\d-\d\d `,
}

// Each command in the README's section on reading finds what it promises, and nothing
// else, in a log like those that it is meant for.
func TestReadmeCommands(t *testing.T) {
	dir := t.TempDir()
	const lines, hours = 40000, 50
	for name, kind := range map[string]maillog.Kind{"qmail-send": maillog.Send, "qmail-smtpd": maillog.SMTP} {
		gap := hours * time.Hour / lines
		writeLog(t, filepath.Join(dir, name), 5, lines/5, maillog.Config{Seed: 7, Kind: kind, Gap: gap, Start: time.Now().Add(-hours * time.Hour)})
	}
	bin := logger.Bin(t, "mlcat")
	commands := readmeCommands(t, "## Reading the logs\n")
	if len(commands) < 10 {
		t.Errorf("only %d commands were found", len(commands))
	}
	used := make(map[string]bool)
	for _, command := range commands {
		t.Run(command, func(t *testing.T) {
			run := command
			if strings.Contains(command, " -f ") {
				run += " | head -n 3" // it would not end
			}
			cmd := exec.Command("/bin/sh", "-c", run)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
			var errors strings.Builder
			cmd.Stderr = &errors
			out, err := cmd.Output()
			if err != nil || len(out) == 0 || errors.Len() > 0 {
				t.Errorf("%d bytes of output, %v\n%s", len(out), err, errors.String())
			}
			for part, want := range wants {
				if !strings.Contains(command, part) {
					continue
				}
				used[part] = true
				for line := range strings.Lines(string(out)) {
					if line = strings.TrimSuffix(line, "\n"); !regexp.MustCompile(want).MatchString(line) {
						t.Errorf("%q does not match %s", line, want)
					}
				}
			}
		})
	}
	for part := range wants {
		if !used[part] {
			t.Errorf("no command has %q", part)
		}
	}
}

// readmeCommands returns the commands in the README's section that begins with heading,
// without the comments behind them.
func readmeCommands(t *testing.T, heading string) []string {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
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

// writeLog makes a log directory of files with so many lines each.
func writeLog(t *testing.T, dir string, files, lines int, config maillog.Config) {
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
}

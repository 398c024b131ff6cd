package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"multilog/bench/maillog"
)

// Every command of RECIPES.md does what it is for: it finds something in a log
// like those that it is about.
func TestRecipes(t *testing.T) {
	text, err := os.ReadFile("RECIPES.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	const lines, hours = 24000, 30
	for name, kind := range map[string]maillog.Kind{"qmail-send": maillog.Send, "qmail-smtpd": maillog.SMTP} {
		gap := hours * time.Hour / lines
		writeLog(t, filepath.Join(dir, name), 5, lines/5, maillog.Config{Seed: 7, Kind: kind, Gap: gap, Start: time.Now().Add(-hours * time.Hour)})
	}
	bin := filepath.Dir(build(t, "."))
	commands := 0
	for line := range strings.Lines(string(text)) {
		command, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "    ")
		if !ok {
			continue
		}
		commands++
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
		})
	}
	if commands < 10 {
		t.Errorf("only %d recipes were found", commands)
	}
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

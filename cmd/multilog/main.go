// Command multilog reads lines from standard input and appends them to any number of logs
// that are rotated automatically. See multilog(8).
package main

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"multilog/internal/console"
	"multilog/internal/self"
	"multilog/internal/signals"
	"multilog/internal/slack"
	"multilog/internal/zstdcmd"
	"multilog/pipeline"
	"multilog/pipeline/linux"
	"multilog/pipeline/script"
	"multilog/rotate"
)

func main() {
	signals.Default(linux.Signals...)
	if filepath.Base(os.Args[0]) == zstdcmd.Name {
		os.Exit(zstdcmd.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	if answer := command.Alone(os.Args[1:]); answer != "" {
		os.Exit(command.Print(os.Stdout, os.Stderr, answer))
	}
	if len(os.Args) > 1 && os.Args[1] == "--check" {
		os.Exit(check(os.Args[2:], os.Stdout))
	}
	unix.Umask(0o022)
	if err := restart(); err != nil {
		fatal(err)
	}
	parsed, err := script.Parse(os.Args[1:])
	if err != nil {
		fatal(err)
	}
	notice(parsed)
	limits, err := linux.CheckLimits(parsed)
	if err != nil {
		fatal(err)
	}
	if err := findSelf(parsed); err != nil {
		fatal(err)
	}
	system, err := linux.Open(limits)
	if err != nil {
		fatal(err)
	}
	if err := pipeline.Run(system, parsed); err != nil {
		fatal(err)
	}
}

// findSelf puts the path of this program, which z runs, into the commands of the script.
func findSelf(s *script.Script) error {
	for i := range s.Dirs {
		command := s.Dirs[i].Command
		if len(command) == 0 || command[0] != script.Self {
			continue
		}
		path, err := self.Path()
		if err != nil {
			return &rotate.Error{What: "find this program, which z runs for " + s.Dirs[i].Name, Err: err, More: " (/proc is not mounted)"}
		}
		command[0] = path
	}
	return nil
}

// restart executes this program again, with the same process id, if a signal is blocked,
// which would also be blocked in processors, or if Go's runtime would wake too often. If
// that fails, the logger works all the same: Go's runtime unblocks the signals for which
// a program asks.
func restart() error {
	blocked, err := signals.Unblock()
	environment := slack.Enlarge()
	enlarged := environment != nil
	if blocked && !enlarged {
		environment = os.Environ()
	}
	if err == nil && environment != nil {
		_ = self.Execute(environment)
	}
	if enlarged {
		slack.Reduce()
	}
	return err
}

func fatal(err error) {
	console.Say("multilog", console.Fatal, err.Error())
	os.Exit(linux.ExitTrouble)
}

// Command multilog reads lines from standard input and appends them to any number of logs
// that are rotated automatically. See multilog(8).
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"multilog/internal/console"
	"multilog/internal/self"
	"multilog/internal/signals"
	"multilog/internal/slack"
	"multilog/internal/version"
	"multilog/internal/zstdcmd"
	"multilog/pipeline"
	"multilog/pipeline/linux"
	"multilog/pipeline/script"
	"multilog/rotate"
)

const usage = `usage: multilog script

multilog reads lines from standard input and appends selected lines to
logs that are rotated automatically. Each argument of the script is an action:

  t          put a TAI64N label in front of each line; first argument only
  -pattern   deselect lines that match
  +pattern   select lines that match
  e          print selected lines to standard error
  =file      keep the last selected line in file
  sSIZE      limit the files of the following directories to SIZE bytes
  nCOUNT     keep at most COUNT files in each of the following directories
  !command   run command on each finished file of the following directories
  ./dir      append selected lines to the log directory dir; also /dir

Beyond daemontools' multilog, which ignores these words:

  tRFC3339 tRFC3339Nano tUnix tUnixMs tUnixNs
             put this stamp in front of each line; first argument only
  z, zLEVEL  compress finished files of the following directories with zstd
  bSIZE      limit files to SIZE, up to 2GiB; overrides s
  cSIZE      keep at most SIZE of old files
  aTIME      start a new file when current is TIME old (1h, 24h)
  yTIME      sync current to disk at most TIME after a write
  kSIZE      keep SIZE of the filesystem free by removing the oldest files
  T F S wCODE
             as in daemontools-encore

multilog ignores other arguments. SIGTERM ends it. SIGALRM starts new files.
`

func main() {
	signals.Default(linux.Signals...)
	if len(os.Args) == 2 {
		switch os.Args[1] {
		case "--help":
			fmt.Print(usage)
			return
		case "--version":
			fmt.Println("multilog", version.String())
			return
		}
	}
	if filepath.Base(os.Args[0]) == zstdcmd.Name {
		os.Exit(zstdcmd.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	unix.Umask(0o022)
	if err := restart(); err != nil {
		fatal(err)
	}
	parsed, err := script.Parse(os.Args[1:])
	if err != nil {
		fatal(err)
	}
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

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"multilog/internal/console"
)

func isTerminal(fd int) bool {
	_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	return err == nil
}

// An output is where lines are printed: standard output, or the pager in front of it.
type output struct{ io.Writer }

// Gone reports whether standard output is a pipe without a reader.
func (output) Gone() bool {
	fds := []unix.PollFd{{Fd: 1}}
	n, err := unix.Poll(fds, 0)
	return err == nil && n > 0 && fds[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0
}

// A pager is a program that shows the output page by page.
type pager struct {
	cmd *exec.Cmd
	in  io.WriteCloser
}

// openPager runs a pager if a person reads the output: $MLCAT_PAGER, $PAGER or less,
// through the shell. "cat" and the empty string mean none.
func (p *program) openPager() {
	if p.noPager || p.options.follow || !isTerminal(1) {
		return
	}
	command := pagerCommand()
	if command == "" || command == "cat" {
		return
	}
	if err := runnable(command); err != nil {
		if command != "less" { // which nobody has asked for
			p.noPagerBecause(err)
		}
		return
	}
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	less := os.Getenv("LESS")
	if less == "" {
		less = "FRSXMK"
	}
	if p.end {
		less += " +G"
	}
	cmd.Env = append(os.Environ(), "LESS="+less)
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		p.noPagerBecause(err)
		return
	}
	signal.Ignore(syscall.SIGINT) // the pager takes it
	p.pager, p.out = &pager{cmd, in}, output{in}
}

// pagerCommand returns the command of the pager.
func pagerCommand() string {
	command := "less"
	for _, name := range []string{"PAGER", "MLCAT_PAGER"} {
		if value, set := os.LookupEnv(name); set {
			command = value
		}
	}
	return command
}

// noPagerBecause warns that the pager can't run.
func (p *program) noPagerBecause(err error) {
	say(console.Warning, fmt.Sprintf("unable to run the pager %s: %v; lines are shown without it", pagerCommand(), err))
}

// runnable returns an error if it is certain that the shell can't run a command. It looks only at a
// command's first word, and not at one that the shell would change.
func runnable(command string) error {
	words := strings.Fields(command)
	if len(words) == 0 || strings.ContainsAny(words[0], "=$`\"'\\~*?[(){};&|<>#!") {
		return nil
	}
	_, err := exec.LookPath(words[0])
	var reason *exec.Error
	if errors.As(err, &reason) {
		err = reason.Err
	}
	return err
}

// closePager waits until the person ends the pager. It returns an error if the shell could not run
// it, so that nobody has seen the lines.
func (p *program) closePager() error {
	if p.pager == nil {
		return nil
	}
	p.pager.in.Close()
	const cannotRun, notFound = 126, 127 // sh(1)
	var exit *exec.ExitError
	if err := p.pager.cmd.Wait(); errors.As(err, &exit) && (exit.ExitCode() == cannotRun || exit.ExitCode() == notFound) {
		return err
	}
	return nil // otherwise its status does not matter
}

// terminalColumns returns the width of the terminal, or 80 if it is not known.
func terminalColumns() int {
	const usual = 80
	size, err := unix.IoctlGetWinsize(1, unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 {
		return usual
	}
	return int(size.Col)
}

// isUTF8 reports whether the locale's characters are those of Unicode.
func isUTF8() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := os.Getenv(name); value != "" {
			value = strings.ToLower(value)
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}

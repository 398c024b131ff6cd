package far

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"multilog/internal/cmdline"
	"multilog/internal/console"
)

// A Warning is what mlcat on the other machine warns of.
type Warning struct{ Text string }

func (w Warning) Error() string { return w.Text }

// run is one ssh, with mlcat at its other end.
type run struct {
	log *Log
	out io.ReadCloser // what it prints

	ended  chan error
	reason string // the last message, which tells why it failed
	told   sync.WaitGroup
}

// start runs mlcat on the other machine with args. Its warnings go to warn.
func (l *Log) start(args []string, warn func(error)) (*run, error) {
	program := strings.Fields(os.Getenv("MLCAT_SSH"))
	if len(program) == 0 {
		// Without ServerAliveInterval, ssh waits for ever when the other machine loses its power.
		program = []string{"ssh", "-T", "-o", "LogLevel=ERROR", "-o", "ServerAliveInterval=15"}
	}
	cmd := exec.Command(program[0], append(program[1:], l.Host, command(args, l.dir))...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, l.failed(err.Error())
	}
	messages, err := cmd.StderrPipe()
	if err != nil {
		return nil, l.failed(err.Error())
	}
	r := &run{log: l, out: out, ended: make(chan error, 1)}
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the signal comes when the thread that has started it ends
		defer runtime.UnlockOSThread()
		if err := cmd.Start(); err != nil {
			started <- err
			return
		}
		started <- nil
		r.told.Go(func() { r.tell(messages, warn) })
		r.told.Wait() // all is read when both pipes have ended
		r.ended <- cmd.Wait()
	}()
	r.told.Add(1) // done when what it prints was read
	if err := <-started; err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return nil, l.failed(fmt.Sprintf("there is no program %s here; install it, or name another one in MLCAT_SSH", program[0]))
		}
		return nil, l.failed(fmt.Sprintf("unable to run %s: %v", program[0], err))
	}
	return r, nil
}

// tell passes warnings on.
func (r *run) tell(messages io.Reader, warn func(error)) {
	lines := bufio.NewReader(messages)
	for {
		line, err := lines.ReadString('\n')
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, beginning(console.Warning)); ok {
			warn(Warning{r.log.Host + ": " + text})
		} else if line != "" {
			r.reason = strings.TrimPrefix(line, beginning(console.Fatal))
		}
		if err != nil {
			return
		}
	}
}

// beginning returns how a message of the far mlcat begins.
func beginning(severity string) string {
	return strings.TrimSuffix(console.Line("mlcat", severity, ""), "\n")
}

// Exit statuses of a shell that does not find a program, or must not run it; and of ssh, if it
// has failed itself.
const (
	exitNoProgram = 127
	exitNotRun    = 126
	exitSSH       = 255
)

// end waits for the end, after all that it printed was read. found is set if lines may
// not be found without that being an error. any is set if something was printed.
func (r *run) end(found, any bool) error {
	r.told.Done()
	err := <-r.ended
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return r.log.failed(err.Error())
	}
	status := cmdline.ExitOK
	if exit != nil {
		status = exit.ExitCode()
	}
	because := ""
	if r.reason != "" {
		because = ": " + r.reason
	}
	host := r.log.Host
	switch {
	case status == cmdline.ExitOK, status == cmdline.ExitNo && found:
		return nil
	case status == exitNoProgram:
		return r.log.failed("there is no mlcat on " + host + "; install it there, in a directory of the PATH that commands get from ssh" + because)
	case status == exitNotRun:
		return r.log.failed("mlcat cannot be run on " + host + because)
	case status == cmdline.ExitUsage:
		return r.log.failed("mlcat on " + host + " does not accept these options; install the version there that is here" + because)
	case status == exitSSH && any, status < 0 && any:
		return r.log.failed("the connection to " + host + " broke, and lines are missing; try again" + because)
	case status == exitSSH, status < 0:
		return r.log.failed("there is no connection to " + host + "; try ssh " + host + " mlcat --version" + because)
	case r.reason != "":
		return r.log.failed(r.reason)
	}
	return r.log.failed(fmt.Sprintf("mlcat on %s ended with status %d", host, status))
}

// failed returns an error that says why the log can't be read.
func (l *Log) failed(why string) error {
	return errors.New("unable to read " + l.Arg + ": " + why)
}

package examples

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"multilog/internal/test/logger"
)

// supervisor holds the commands of a supervisor. Each takes a directory as one more
// argument.
type supervisor struct {
	name    string   // and its directory in examples
	needs   []string // programs
	command []string // starts the supervisor
	scans   bool     // command and exit take the directory of all services, not that of a service

	restart, kill, rotate, down, up, status []string
	exit                                    []string // ends service, logger and supervisor; nil if there is no such command
}

var supervisors = []supervisor{{
	name:    "daemontools",
	needs:   []string{"svscan", "supervise", "svc", "svstat", "setuidgid", "envuidgid", "softlimit"},
	command: []string{"svscan"}, scans: true,
	restart: []string{"svc", "-t"}, kill: []string{"svc", "-k"}, rotate: []string{"svc", "-a"}, down: []string{"svc", "-d"}, up: []string{"svc", "-u"},
	status: []string{"svstat"},
}, {
	name:    "runit",
	needs:   []string{"runsv", "sv", "chpst"},
	command: []string{"runsv"},
	restart: []string{"sv", "term"}, kill: []string{"sv", "kill"}, rotate: []string{"sv", "alarm"}, down: []string{"sv", "-w", "60", "down"}, up: []string{"sv", "-w", "60", "up"},
	status: []string{"sv", "status"}, exit: []string{"sv", "-w", "60", "exit"},
}, {
	name:    "s6",
	needs:   []string{"s6-svscan", "s6-supervise", "s6-svc", "s6-svstat", "s6-setuidgid", "s6-envuidgid", "s6-softlimit"},
	command: []string{"s6-svscan"}, scans: true,
	restart: []string{"s6-svc", "-t"}, kill: []string{"s6-svc", "-k"}, rotate: []string{"s6-svc", "-a"}, down: []string{"s6-svc", "-d"}, up: []string{"s6-svc", "-u"},
	status: []string{"s6-svstat"}, exit: []string{"s6-svscanctl", "-t"},
}}

// supervised is a running supervisor. The working directories of all its processes are
// in base.
type supervised struct {
	supervisor
	cmd     *exec.Cmd
	base    string
	scan    string   // the directory of all services
	service string   // the directory of the service
	log     string   // the directory of its logger
	env     []string // more variables for the service
}

// target returns the directory for command and exit.
func (s *supervised) target() string {
	if s.scans {
		return s.scan
	}
	return s.service
}

// begin starts the supervisor with its standard output and error at output.
func (s *supervised) begin(t *testing.T, output io.Writer) {
	t.Helper()
	s.cmd = exec.Command(s.command[0], append(s.command[1:len(s.command):len(s.command)], s.target())...)
	s.cmd.Dir = s.base
	s.cmd.Env = append(append(os.Environ(), "PATH="+filepath.Join(s.base, "bin")+":"+os.Getenv("PATH")), s.env...)
	s.cmd.Stdout, s.cmd.Stderr = output, output
	s.cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true} // keeps signals of the terminal away
	s.cmd.WaitDelay = logger.Patience
	must(t, s.cmd.Start())
	t.Cleanup(func() {
		s.cmd.Process.Kill()
		for _, pid := range s.processes() {
			unix.Kill(pid, unix.SIGKILL)
		}
		s.cmd.Wait()
	})
}

// processes returns the ids of the processes whose working directory is in base.
func (s *supervised) processes() (pids []int) {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range links {
		if dir, err := os.Readlink(link); err == nil && strings.HasPrefix(dir+"/", s.base+"/") {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(link)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// control runs a command on a directory. It repeats the command until it succeeds,
// because a supervisor that is just starting does not listen yet.
func (s *supervised) control(t *testing.T, command []string, dir string) {
	t.Helper()
	logger.Until(t, strings.Join(command, " "), func() bool {
		out, err := s.ask(command, dir)
		return err == nil && !strings.Contains(out, "unable to")
	})
}

// ask runs a command on a directory and returns its output.
func (s *supervised) ask(command []string, dir string) (string, error) {
	out, err := exec.Command(command[0], append(command[1:len(command):len(command)], dir)...).CombinedOutput()
	return string(out), err
}

var upWithPID = regexp.MustCompile(`\(pid (\d+)`)

// loggerPID returns the logger's process id, or 0 if it is not running.
func (r *run) loggerPID(t *testing.T) int {
	t.Helper()
	out, _ := r.ask(r.status, r.log)
	m := upWithPID.FindStringSubmatch(out)
	if m == nil {
		return 0
	}
	pid, err := strconv.Atoi(m[1])
	must(t, err)
	return pid
}

// end stops service, logger and supervisor, and waits until all have ended.
func (r *run) end(t *testing.T) {
	t.Helper()
	if r.exit != nil {
		r.control(t, r.exit, r.target())
	} else {
		// svscan's manual: remove the link first, so that svscan does not start them again.
		must(t, os.Remove(filepath.Join(r.scan, filepath.Base(r.service))))
		r.control(t, []string{"svc", "-dx"}, r.service)
		r.control(t, []string{"svc", "-dx"}, r.log)
		logger.Until(t, "the end of service and logger", func() bool {
			pids := r.processes()
			return len(pids) == 1 && pids[0] == r.cmd.Process.Pid
		})
		must(t, r.cmd.Process.Signal(unix.SIGTERM))
	}
	logger.Until(t, "the end of all processes", func() bool { return len(r.processes()) == 0 })
}

func mkfifo(path string) error { return unix.Mkfifo(path, 0o600) }

// must fails the test if err is not nil.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

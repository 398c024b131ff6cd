package shipper

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// relpModule is in a package of its own.
const relpModule = "/usr/lib/*/rsyslog/omrelp.so"

// rsyslogSends follows current, notes how far it is after every 100 lines, and sends
// with acknowledgements: the reader waits for them, since the queue is none.
const rsyslogSends = `global(workDirectory="%[1]s/position")
module(load="imfile" mode="inotify")
module(load="omrelp")
template(name="line" type="string" string="%%msg%%")
ruleset(name="send" queue.type="Direct") {
	action(type="omrelp" target="127.0.0.1" port="%[2]d" template="RSYSLOG_SyslogProtocol23Format" action.resumeRetryCount="-1" action.resumeInterval="1")
}
input(type="imfile" file="%[3]s/current" tag="multilog:" persistStateInterval="100" ruleset="send" reopenOnTruncate="on")
`

const rsyslogTakes = `global(workDirectory="%[1]s/position")
module(load="imrelp")
template(name="line" type="string" string="%%msg%%\n")
ruleset(name="take" queue.type="Direct") { action(type="omfile" file="%[1]s/taken" template="line") }
input(type="imrelp" port="%[2]d" address="127.0.0.1" ruleset="take")
`

// rsyslog returns rsyslog, which sends to another rsyslog by RELP.
func rsyslog() Kind {
	return Kind{Name: "rsyslog", Peer: true, needs: []string{"rsyslogd", relpModule}, install: "apt-get install rsyslog rsyslog-relp",
		setUp: func(s setUp) (*Rig, error) {
			// Run a copy, because AppArmor lets the installed one write only to /var/log.
			binary := filepath.Join(s.dir, "rsyslogd")
			if err := exec.Command("cp", s.path("rsyslogd"), binary).Run(); err != nil {
				return nil, err
			}
			return twoSides(s, rsyslogTakes, rsyslogSends, func(conf string) []string {
				return []string{binary, "-n", "-f", conf, "-i", "NONE"}
			})
		}}
}

// twoSides sets up a shipper that sends to another process of the same program, which
// writes what it takes into the file taken. Each side has a directory of its own: takes
// is the receiver's configuration, in which directory and port are filled in, and sends
// the shipper's, with directory, port and log. command returns the arguments for a
// configuration file.
func twoSides(s setUp, takes, sends string, command func(conf string) []string) (*Rig, error) {
	var processes []*Process
	for _, side := range []struct{ name, text string }{
		{"take", fmt.Sprintf(takes, filepath.Join(s.dir, "take"), s.port)},
		{"send", fmt.Sprintf(sends, filepath.Join(s.dir, "send"), s.link.Port(), s.log)},
	} {
		dir := filepath.Join(s.dir, side.name)
		if err := os.MkdirAll(filepath.Join(dir, "position"), 0o755); err != nil {
			return nil, err
		}
		conf := filepath.Join(dir, "conf")
		if err := os.WriteFile(conf, []byte(side.text), 0o600); err != nil {
			return nil, err
		}
		p, err := newProcess(dir, nil, command(conf)...)
		if err != nil {
			return nil, err
		}
		processes = append(processes, p)
	}
	taken := filepath.Join(s.dir, "take/taken")
	return &Rig{Server: processes[0], Shipper: processes[1], newest: follow(taken), all: readAll(taken)}, nil
}

// follow returns a function that reads what is new in a file.
func follow(path string) func(context.Context) (int, error) {
	t := &tail{path: path}
	return func(context.Context) (int, error) { return t.next() }
}

// readAll returns a function that reads a file.
func readAll(path string) func(context.Context) ([]int, error) {
	return func(context.Context) ([]int, error) { return numbersInFile(path) }
}

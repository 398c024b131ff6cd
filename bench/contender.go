package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// A family is a command line: how a logger is told what to do.
type family string

// The families. The copiers are this program itself; see copier.go.
const (
	familyMultilog    family = "multilog"
	familyS6          family = "s6-log"
	familySvlogd      family = "svlogd"
	familyPeekCopier  family = "peek copier"
	familyPlainCopier family = "plain copier"
	familySplice      family = "splice copier"
	familyUncached    family = "uncached copier"
)

// copies tells whether a family is of the copiers.
func (f family) copies() bool {
	switch f {
	case familyPeekCopier, familyPlainCopier, familySplice, familyUncached:
		return true
	}
	return false
}

// A contender is a program that takes part.
type contender struct {
	Name    string   `json:"name"`
	Path    string   `json:"path"`
	Family  family   `json:"family"`
	Env     []string `json:"env,omitempty"`   // added to the environment
	Words   []string `json:"words,omitempty"` // added to its script
	Version string   `json:"version,omitempty"`
	Size    int64    `json:"size"` // of the binary, in bytes
	peer    bool     // somebody else's
}

// Names of contenders that others are compared with.
const (
	oursName        = "ours"
	daemontoolsName = "multilog"
	peekCopierName  = "copier (peek)"
	plainCopierName = "copier (plain)"
	spliceName      = "copier (splice)"
	uncachedName    = "copier (DONTCACHE)"
)

// A job is what a logger has to do in a run.
type job struct {
	stamp     bool // t
	patterns  []string
	dirs      int // log directories that all get the selected lines
	fileBytes int // size of a file, s
	files     int // how many, n
	processor string
	lineBytes int // of the longest line
	// mail is the script of a mail service, instead of patterns and dirs: all
	// lines to one directory, what is unusual to a second, the last status to a
	// file.
	mail bool
}

// keepAll is a number of files that no run of this program reaches.
const keepAll = 100000

// An output is a log directory, or a status file, and what must be in it.
type output struct {
	path   string // relative to the run's directory
	status bool   // a file that holds the last selected line
	stamp  bool
	// selects tells the lines that belong there; nil: all.
	selects func(line []byte) bool
}

// A launch is a command that does a job, and what must come of it.
type launch struct {
	argv    []string
	outputs []output
}

// errCannot says that a contender has no way to do a job.
type errCannot string

func (e errCannot) Error() string { return string(e) }

// The script of a mail service: what is usual in qmail-send's log, and is kept out
// of the alert log.
var usualMail = []string{
	"* status: *", "* starting delivery *", "* delivery * success*", "* delivery * failure*", "* new msg *",
	"* info msg *", "* end msg *", "* bounce msg *",
	"* delivery * deferral: Sorry,_I_couldn't_find_any_host_by_that_name*",
	"* delivery * deferral: Sorry,_I_wasn't_able_to_establish_an_SMTP_*",
}

// mailStatus selects the lines for the status file.
const mailStatus = "* status: *"

// prepare writes what the contender needs into dir and says how to run it
// there.
func (c contender) prepare(dir string, j job) (launch, error) {
	switch c.Family {
	case familyMultilog:
		return c.multilog(j), nil
	case familyS6:
		return c.s6log(j)
	case familySvlogd:
		return c.svlogd(dir, j)
	}
	if c.Family.copies() {
		if j.mail || len(j.patterns) > 0 || j.dirs > 1 || j.processor != "" {
			return launch{}, errCannot("copies bytes, no more")
		}
		return launch{argv: []string{c.Path, string(c.Family), "./main"}, outputs: []output{{path: "main"}}}, nil
	}
	return launch{}, fmt.Errorf("unknown family %q", c.Family)
}

// directories are the outputs of a job that has no script of its own.
func (j job) directories() []output {
	outs := []output{{path: "main", stamp: j.stamp, selects: deselect(j.patterns, j.stamp)}}
	for i := 1; i < j.dirs; i++ {
		o := outs[0]
		o.path = "dir" + strconv.Itoa(i)
		outs = append(outs, o)
	}
	return outs
}

// mailOutputs are the outputs of the mail script.
func (j job) mailOutputs() []output {
	status := func(line []byte) bool { return matchLabelled(mailStatus, line, j.stamp) }
	return []output{
		{path: "main", stamp: j.stamp},
		{path: "alert", stamp: j.stamp, selects: deselect(usualMail, j.stamp)},
		{path: "status", status: true, stamp: j.stamp, selects: status},
	}
}

func (c contender) multilog(j job) launch {
	argv := []string{c.Path}
	if j.stamp {
		argv = append(argv, "t")
	}
	argv = append(argv, "s"+strconv.Itoa(j.fileBytes), "n"+strconv.Itoa(j.files))
	argv = append(argv, c.Words...)
	if j.processor != "" {
		argv = append(argv, "!"+j.processor)
	}
	if j.mail {
		argv = append(argv, "./main")
		for _, p := range usualMail {
			argv = append(argv, "-"+p)
		}
		argv = append(argv, "./alert", "-*", "+"+mailStatus, "=status")
		return launch{argv: argv, outputs: j.mailOutputs()}
	}
	for _, p := range j.patterns {
		argv = append(argv, "-"+p)
	}
	outs := j.directories()
	for _, o := range outs {
		argv = append(argv, "./"+o.path)
	}
	return launch{argv: argv, outputs: outs}
}

// s6log writes the job in s6-log's script. Its patterns are regular
// expressions and never see the label.
func (c contender) s6log(j job) (launch, error) {
	argv := []string{c.Path, "-l", strconv.Itoa(max(8192, j.lineBytes+100)),
		"n" + strconv.Itoa(j.files), "s" + strconv.Itoa(max(j.fileBytes, 4096))}
	if j.processor != "" { // a line of execline, not of the shell
		argv = append(argv, "!sh -c \""+j.processor+"\"")
	}
	directory := func(name string) {
		if j.stamp {
			argv = append(argv, "t")
		}
		argv = append(argv, "./"+name)
	}
	outs := j.directories()
	if j.mail {
		outs = j.mailOutputs()
		directory("main")
		for _, p := range usualMail {
			argv = append(argv, "-"+starsToRegexp(p))
		}
		directory("alert")
		argv = append(argv, "-", "+"+starsToRegexp(mailStatus))
		if j.stamp {
			argv = append(argv, "t")
		}
		return launch{argv: append(argv, "=status"), outputs: outs}, nil
	}
	for _, p := range j.patterns {
		argv = append(argv, "-"+starsToRegexp(p))
	}
	for _, o := range outs {
		directory(o.path)
	}
	return launch{argv: argv, outputs: outs}, nil
}

// svlogd writes the job in svlogd's config files. Its patterns never see the
// label; it has no status file, which is left out of its mail script.
func (c contender) svlogd(dir string, j job) (launch, error) {
	const buffer = 65536
	if j.lineBytes+200 >= buffer {
		return launch{}, errCannot("lines longer than its buffer")
	}
	argv := []string{c.Path, "-b", strconv.Itoa(buffer)}
	if j.lineBytes > 1000 {
		argv = append(argv, "-l", strconv.Itoa(j.lineBytes+100))
	}
	if j.stamp {
		argv = append(argv, "-t")
	}
	outs, patterns := j.directories(), j.patterns
	if j.mail {
		outs = j.mailOutputs()[:2]
	}
	for i, o := range outs {
		if j.mail && i == 1 {
			patterns = usualMail
		}
		config := fmt.Sprintf("s%d\nn%d\n", j.fileBytes, j.files)
		if j.processor != "" {
			config += "!" + j.processor + "\n"
		}
		for _, p := range patterns {
			config += "-" + strings.TrimPrefix(p, "* ") + "\n"
		}
		if err := os.Mkdir(filepath.Join(dir, o.path), 0o700); err != nil {
			return launch{}, err
		}
		if err := os.WriteFile(filepath.Join(dir, o.path, "config"), []byte(config), 0o600); err != nil {
			return launch{}, err
		}
		argv = append(argv, "./"+o.path)
	}
	return launch{argv: argv, outputs: outs}, nil
}

// starsToRegexp turns a multilog pattern that begins with the label's star
// and space into a POSIX regular expression for the line after it.
func starsToRegexp(pattern string) string {
	pattern = strings.TrimPrefix(pattern, "* ")
	var re strings.Builder
	re.WriteByte('^')
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] != '*':
			re.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		case i+1 < len(pattern):
			re.WriteString("[^" + pattern[i+1:i+2] + "]*")
		}
	}
	return re.String()
}

// The peers that are looked for in PATH.
var peers = []struct {
	name    string
	family  family
	install string
}{
	{daemontoolsName, familyMultilog, "apt-get install daemontools, or https://cr.yp.to/daemontools.html"},
	{"s6-log", familyS6, "apt-get install s6, or https://skarnet.org/software/s6/"},
	{"svlogd", familySvlogd, "apt-get install runit, or http://smarden.org/runit/"},
}

// findPeers says which peers this machine has and what to do about the others.
func findPeers() (found []contender, missing []string) {
	for _, p := range peers {
		path, err := exec.LookPath(p.name)
		if err != nil {
			missing = append(missing, fmt.Sprintf("%s is not installed and does not race: %s", p.name, p.install))
			continue
		}
		if c, err := newContender(p.name, path, p.family); err == nil {
			c.peer = true
			found = append(found, c)
		} else {
			missing = append(missing, fmt.Sprintf("%s does not race: %v", p.name, err))
		}
	}
	return found, missing
}

// newContender looks a binary over.
func newContender(name, path string, f family) (contender, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return contender{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return contender{}, err
	}
	return contender{Name: name, Path: path, Family: f, Size: info.Size(), Version: packageVersion(path)}, nil
}

// packageVersion asks Debian's package manager which package, in which
// version, a file belongs to; empty where it does not know.
func packageVersion(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	owner, err := exec.Command("dpkg-query", "-S", path).Output()
	if err != nil {
		return ""
	}
	name, _, ok := strings.Cut(string(owner), ":")
	if !ok {
		return ""
	}
	version, err := exec.Command("dpkg-query", "-W", "-f", "${Package} ${Version}", name).Output()
	if err != nil {
		return ""
	}
	return string(version)
}

// nameValue parses -peer's and -env's NAME=VALUE.
func nameValue(s string) (name, value string, err error) {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" || value == "" {
		return "", "", errors.New("want NAME=VALUE")
	}
	return name, value, nil
}

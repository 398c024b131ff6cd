package contender

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Launch writes what the contender needs for a job into dir, which must be empty, and
// returns the command to run there.
func (c Contender) Launch(dir string, j Job) (Launch, error) {
	switch c.Family {
	case Multilog:
		return c.multilog(j), nil
	case S6Log:
		if j.Processor != "" && !hasExecline() {
			return Launch{}, ErrCannot("runs processors with execlineb, which is not installed: apt-get install execline")
		}
		return c.s6log(j), nil
	case Svlogd:
		return c.svlogd(dir, j)
	case Copier:
		return c.copier(j)
	}
	return Launch{}, fmt.Errorf("unknown family %q", c.Family)
}

// copier runs this program as a copier: see package feed.
func (c Contender) copier(j Job) (Launch, error) {
	if j.Mail || len(j.Patterns) > 0 || j.Processor != "" {
		return Launch{}, ErrCannot("copies bytes, nothing else")
	}
	argv := append([]string{c.Path}, c.Words...)
	return Launch{Argv: append(argv, "./main", strconv.Itoa(j.Bytes)), Outputs: []Output{{Path: "main"}}}, nil
}

func (c Contender) multilog(j Job) Launch {
	argv := []string{c.Path}
	if j.Stamp {
		argv = append(argv, "t")
	}
	argv = append(argv, "s"+strconv.Itoa(j.FileBytes), "n"+strconv.Itoa(j.Files))
	argv = append(argv, c.Words...)
	if j.Processor != "" {
		argv = append(argv, "!"+j.Processor)
	}
	if j.Mail {
		argv = append(argv, "./main")
		for _, p := range usualMail() {
			argv = append(argv, "-"+p)
		}
		argv = append(argv, "./alert", "-*", "+"+MailStatus, "=status")
		return Launch{Argv: argv, Outputs: j.mailOutputs()}
	}
	for _, p := range j.Patterns {
		argv = append(argv, "-"+p)
	}
	return Launch{Argv: append(argv, "./main"), Outputs: []Output{j.directory()}}
}

// hasExecline reports whether there is an execlineb, in PATH, or where Debian's s6-log or that
// of the author's own layout looks for it.
func hasExecline() bool {
	for _, name := range []string{"execlineb", "/usr/lib/execline/bin/execlineb", "/command/execlineb"} {
		if _, err := exec.LookPath(name); err == nil {
			return true
		}
	}
	return false
}

// s6log writes the job as s6-log's script. Its patterns are regular expressions
// and never see the label; its files have 4096 bytes at least.
func (c Contender) s6log(j Job) Launch {
	const lineLimit, fileLeast = 8192, 4096
	argv := []string{c.Path, "-l", strconv.Itoa(max(lineLimit, j.LineBytes+100)),
		"n" + strconv.Itoa(j.Files), "s" + strconv.Itoa(max(j.FileBytes, fileLeast))}
	if j.Processor != "" { // a line of execline, not of the shell
		argv = append(argv, "!sh -c \""+j.Processor+"\"")
	}
	directory := func(name string) {
		if j.Stamp {
			argv = append(argv, "t")
		}
		argv = append(argv, "./"+name)
	}
	if j.Mail {
		directory("main")
		for _, p := range usualMail() {
			argv = append(argv, "-"+starsToRegexp(p))
		}
		directory("alert")
		argv = append(argv, "-", "+"+starsToRegexp(MailStatus))
		if j.Stamp {
			argv = append(argv, "t")
		}
		return Launch{Argv: append(argv, "=status"), Outputs: j.mailOutputs()}
	}
	for _, p := range j.Patterns {
		argv = append(argv, "-"+starsToRegexp(p))
	}
	directory("main")
	return Launch{Argv: argv, Outputs: []Output{j.directory()}}
}

// svlogd writes the job as svlogd's config files. Its patterns never see the
// label. It has no status file; the mail script goes without it.
func (c Contender) svlogd(dir string, j Job) (Launch, error) {
	const buffer, lineLimit = 65536, 1000
	if j.LineBytes+200 >= buffer {
		return Launch{}, ErrCannot("its buffer is shorter than the lines")
	}
	argv := []string{c.Path, "-b", strconv.Itoa(buffer)}
	if j.LineBytes > lineLimit {
		argv = append(argv, "-l", strconv.Itoa(j.LineBytes+100))
	}
	if j.Stamp {
		argv = append(argv, "-t")
	}
	outs, patterns := []Output{j.directory()}, j.Patterns
	if j.Mail {
		outs = j.mailOutputs()[:2]
	}
	for i, o := range outs {
		if j.Mail && i == 1 {
			patterns = usualMail()
		}
		config := fmt.Sprintf("s%d\nn%d\n", j.FileBytes, j.Files)
		if j.Processor != "" {
			config += "!" + j.Processor + "\n"
		}
		for _, p := range patterns {
			config += "-" + strings.TrimPrefix(p, "* ") + "\n"
		}
		if err := os.Mkdir(filepath.Join(dir, o.Path), 0o700); err != nil {
			return Launch{}, err
		}
		if err := os.WriteFile(filepath.Join(dir, o.Path, "config"), []byte(config), 0o600); err != nil {
			return Launch{}, err
		}
		argv = append(argv, "./"+o.Path)
	}
	return Launch{Argv: argv, Outputs: outs}, nil
}

// starsToRegexp turns a multilog pattern that begins with the label's star and
// space into a POSIX regular expression for the line after the label.
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

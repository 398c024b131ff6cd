package contender

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Family is a kind of command line.
type Family string

// The families. Copiers are this program itself: see package feed.
const (
	Multilog Family = "multilog"
	S6Log    Family = "s6-log"
	Svlogd   Family = "svlogd"
	Copier   Family = "copier"
)

// Names of contenders with which others are compared.
const (
	Ours        = "ours"
	Daemontools = "multilog"
)

// Contender is a program that takes part.
type Contender struct {
	Name    string   `json:"name"`
	Path    string   `json:"path"`
	Family  Family   `json:"family"`
	Env     []string `json:"env,omitempty"`   // added to its environment
	Words   []string `json:"words,omitempty"` // added to its script
	Version string   `json:"version,omitempty"`
	Size    int64    `json:"size"`           // of the binary, in bytes
	Peer    bool     `json:"peer,omitempty"` // not of this project
}

// New returns the contender whose binary is at path. It fails if there is no such file.
func New(name, path string, f Family) (Contender, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Contender{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return Contender{}, err
	}
	return Contender{Name: name, Path: path, Family: f, Size: info.Size(), Version: packageVersion(path)}, nil
}

// Peers returns the peers in PATH. For each of the others it returns a sentence that
// says why it does not race and how to install it.
func Peers() (found []Contender, missing []string) {
	for _, p := range []struct {
		name    string
		family  Family
		install string
	}{
		{Daemontools, Multilog, "apt-get install daemontools, or https://cr.yp.to/daemontools.html"},
		{"s6-log", S6Log, "apt-get install s6, or https://skarnet.org/software/s6/"},
		{"svlogd", Svlogd, "apt-get install runit, or http://smarden.org/runit/"},
	} {
		path, err := exec.LookPath(p.name)
		if err != nil {
			missing = append(missing, fmt.Sprintf("%s is not installed and does not race: %s", p.name, p.install))
			continue
		}
		c, err := New(p.name, path, p.family)
		if err != nil {
			missing = append(missing, fmt.Sprintf("%s does not race: %v", p.name, err))
			continue
		}
		c.Peer = true
		found = append(found, c)
	}
	return found, missing
}

// packageVersion returns the name and version of the Debian package that owns a file,
// or "" if dpkg knows none.
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

// NameValue splits NAME=VALUE, the form of the option --peer.
func NameValue(s string) (name, value string, err error) {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" || value == "" {
		return "", "", errors.New("want NAME=VALUE")
	}
	return name, value, nil
}

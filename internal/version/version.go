// Package version says which version of the programs this is: the answer to
// --version, and what the Debian package is called.
package version

import (
	_ "embed" // for VERSION
	"runtime/debug"
	"strings"
)

// number is that of the release, or of the one to come: this file is the one
// place where it stands. CHANGELOG.md begins with it.
//
//go:embed VERSION
var number string

// commit is what the Makefile puts here, since it has go build leave out what it
// knows of the repository: the same source is to give the same bytes in any
// checkout. Empty outside of one.
var commit string

// commitDigits is how much of a commit's name is shown.
const commitDigits = 12

// String is the version, and the commit in parentheses where that is known:
// "0.1.0 (64284d8a1b2c)". A commit with changes that are not committed ends in
// "-dirty".
func String() string {
	c := commit
	if c == "" {
		c = stamped()
	}
	if c == "" {
		return strings.TrimSpace(number)
	}
	return strings.TrimSpace(number) + " (" + c + ")"
}

// stamped is the commit that a plain go build has found.
func stamped() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	c := settings["vcs.revision"]
	if len(c) > commitDigits {
		c = c[:commitDigits]
	}
	if settings["vcs.modified"] == "true" {
		c += "-dirty"
	}
	return c
}

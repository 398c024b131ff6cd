// Package version holds the version of the programs, which they print with --version
// and which names the Debian package.
package version

import (
	_ "embed" // for VERSION
	"runtime/debug"
	"strings"
)

// number is the version of this release, or of the next one between releases. It is
// stated only in the file VERSION; a test compares it with the top of CHANGELOG.md.
//
//go:embed VERSION
var number string

// commit is the commit that the program was built from. The Makefile sets it with -X,
// because it builds with -buildvcs=false so that the same source gives the same bytes
// in any checkout. It is empty if the build was not in a repository.
var commit string

// commitDigits is the number of digits that are shown of a commit's hash.
const commitDigits = 12

// String returns the version and, if it is known, the commit in parentheses:
// "0.1.0 (64284d8a1b2c)". The commit ends in "-dirty" if the build had changes that
// were not committed.
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

// stamped returns the commit that a plain go build has recorded, or "".
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

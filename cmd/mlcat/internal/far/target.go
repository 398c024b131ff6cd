package far

import (
	"regexp"
	"strings"
)

// hostName matches names that ssh takes for a host, perhaps with a user before it, and never
// for an option.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.@%:-]*$`)

// Split returns host and directory of HOST:DIR; ok is false if arg is no such thing. A HOST
// with colons stands in brackets.
func Split(arg string) (host, dir string, ok bool) {
	if in, found := strings.CutPrefix(arg, "["); found {
		host, dir, ok = strings.Cut(in, "]:")
	} else {
		host, dir, ok = strings.Cut(arg, ":")
	}
	return host, dir, ok && hostName.MatchString(host)
}

// quote returns a word that a shell takes for text, whatever is in it.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// command returns the line that the far shell runs.
func command(args []string, dir string) string {
	var b strings.Builder
	b.WriteString("mlcat")
	for _, arg := range append(args, "--", dir) {
		b.WriteByte(' ')
		b.WriteString(quote(arg))
	}
	return b.String()
}

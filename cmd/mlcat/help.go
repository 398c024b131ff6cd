package main

import (
	"fmt"
	"strings"

	"multilog/cmd/mlcat/internal/render"
)

// The texts of --help above and below the options.
const (
	about = `
Show the lines of log directories of multilog, s6-log or svlogd: the old files,
compressed or not, and then current. Lines of several LOGs are merged in the
order of their labels.

A LOG is a log directory; the name of a service, with * for several; a single
file, or - for standard input; HOST:DIR for a log on another machine, which is
read through ssh; or s3://BUCKET/PREFIX/HOST/LOG, with * for several, for logs
that mlship has sent. --list shows which there are.
`

	notes = `
TIME is "2026-11-24 13:05", "13:05:01.5", "2026-11-24T13:05Z", "Nov 24 13:05",
"yesterday", "tuesday 3pm", "noon", "15min" (ago), "2h ago", "@1790000000"
(Unix time), a label, or what date prints. systemd.time(7) has more forms.

Exit status: 0 if all went well, 1 if -g or --exclude left no line, 2 if the
command line is wrong, 111 if something failed.

Examples:
  mlcat -S -15min qmail-send                   the last quarter of an hour
  mlcat -f 'qmail-*'                           everything, as it happens
  mlcat -f mx1:qmail-send mx2:qmail-send       of two other machines
  mlcat -g 'rcpt=.*@example\.org' -n 20 main   the last 20 deliveries there
`
)

// formatHelp returns the lines of --help that list the formats of -o.
func formatHelp() string {
	var b strings.Builder
	for _, f := range render.All() {
		fmt.Fprintf(&b, "\n  %-10s  %s", f.Name, f.Help)
	}
	return b.String()
}

// formatNames returns the names of the formats of -o.
func formatNames() (names []string) {
	for _, f := range render.All() {
		names = append(names, f.Name)
	}
	return names
}

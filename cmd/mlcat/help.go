package main

import (
	"fmt"
	"strings"

	"multilog/cmd/mlcat/internal/render"
)

// formatsHere is the line of helpText in whose place the formats of -o are listed.
const formatsHere = "{formats}\n"

const helpText = `Usage: mlcat [OPTION]... LOG...
Show the lines of log directories of multilog, s6-log or svlogd: the old files,
compressed or not, and then current. Lines of several LOGs are merged in the
order of their labels.

A LOG is a log directory; the name of a service, with * for several; a single
file, or - for standard input; or s3://BUCKET/PREFIX/HOST/LOG, with * for
several, for logs that mlship has sent. --list shows which there are.

Options that select lines:
  -S, --since=TIME         lines that are not before TIME
  -U, --until=TIME         lines that are not after TIME
  -g, --grep=PATTERN       lines that match PATTERN, a regular expression (RE2);
                           without looking at the label; with several -g, lines
                           that match any of them
  -F, --fixed              PATTERN is plain text
  -i, --ignore-case        ignore case in PATTERN
  -v, --invert-match       lines that do not match
  -n, --lines[=N]          the last N of the selected lines (default 10), or all
      --cursor=CURSOR      lines from CURSOR on
      --after-cursor=CURSOR
                           lines after CURSOR
      --cursor-file=FILE   lines after the cursor in FILE, or all if there is no
                           FILE; at the end, write the new cursor to FILE

Options that change how lines are shown:
  -r, --reverse            newest lines first
  -f, --follow             show the last 10 lines, then new lines as they come
      --no-tail            with -f: show all lines first
  -o, --output=FORMAT      show lines in this format (default local):
` + formatsHere + `      --utc                the same as -o utc
      --tai                labels count leap seconds, as those of s6-log do
      --name, --no-name    show, or do not show, which log each line is from
                           (shown if there are several, but not with tai64n, cat)
      --show-cursor        at the end, show the cursor
      --color[=WHEN]       use colors: always, never or auto (on a terminal)
      --no-pager           do not run a pager, even on a terminal
      --list               show the LOGs, or all that can be found, with the times
                           of their lines, number of files and size
  -q, --quiet              do not warn about missing files
  -h, --help               show this help
  -V, --version            show the version

TIME is "2026-11-24 13:05", "13:05:01.5", "2026-11-24T13:05Z", "yesterday",
"yesterday 03:00", "now", "-15min", "2h ago", "@1790000000" (Unix time), or a
label.

Exit status: 0 if all went well, 1 if -g found no line, 2 after an error.

Examples:
  mlcat -S -15min qmail-send                   the last quarter of an hour
  mlcat -f 'qmail-*'                           everything, as it happens
  mlcat -g 'rcpt=.*@example\.org' -n 20 main   the last 20 deliveries there
`

// help returns the text of --help.
func help() string {
	var formats strings.Builder
	for _, f := range render.All() {
		fmt.Fprintf(&formats, "%27s%-10s  %s\n", "", f.Name, f.Help)
	}
	return strings.Replace(helpText, formatsHere, formats.String(), 1)
}

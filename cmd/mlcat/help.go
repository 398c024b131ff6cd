package main

const helpText = `Usage: mlcat [OPTION]... DIR...
Show the lines of log directories (of multilog, s6-log or svlogd): old files,
compressed or not, and current, in order; of several DIRs in the order of the
lines' labels. A DIR may also be a single file.

Which lines:
  -S, --since=TIME         not before TIME
  -U, --until=TIME         not after TIME
  -g, --grep=PATTERN       that match PATTERN, an RE2 expression; what it sees is
                           the line without its label; any of several -g will do
  -F, --fixed              PATTERN is a plain string
  -i, --ignore-case        upper and lower case are the same
  -v, --invert-match       that do not match
  -n, --lines[=N]          the last N of these (10), or all
      --cursor=CURSOR      from the line at CURSOR on
      --after-cursor=CURSOR
                           after the line at CURSOR
      --cursor-file=FILE   after the cursor in FILE, if there is one; at the end
                           keep in FILE where this ended

How:
  -r, --reverse            newest first
  -f, --follow             go on as lines come; shows the last 10 first
      --no-tail            with -f: all first
  -o, --output=FORMAT      local (default)  label as local time, as tai64nlocal does
                           utc              label as UTC
                           tai64n           as logged
                           json             an object for each line
                           cat              without label
      --utc                the same as -o utc
      --tai                labels count true TAI, as s6-log's do
      --show-cursor        say last where this ended
      --color[=WHEN]       always, never, or auto (on a terminal)
      --no-pager           on a terminal: don't run a pager
  -q, --quiet              don't warn of what is missing
  -h, --help               this
  -V, --version            the version

TIME is "2026-11-24 13:05", "13:05:01.5", "2026-11-24T13:05Z", "yesterday",
"yesterday 03:00", "now", "-15min", "2h ago", "@1790000000" (Unix time) or a label.

Exit status: 0; 1 when -g was given and no line shown; 2 after an error.

  mlcat -S -15min /var/log/qmail/send          the last quarter of an hour
  mlcat -f /var/log/qmail/*                    everything, as it happens
  mlcat -g 'rcpt=.*@example\.org' -n 20 main   the last 20 deliveries there
`

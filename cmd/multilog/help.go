package main

import (
	"slices"

	"multilog/internal/cmdline"
	"multilog/pipeline/script"
)

// command is what --help and the completions tell. The arguments are actions; options are
// options only where no other argument is.
var command = &cmdline.Command{
	Name:  "multilog",
	Forms: []string{"[ACTION]...", "--check [ACTION]...", "-h | --help | -V | --version | --completion=SHELL"},
	About: about,
	Options: []cmdline.Option{
		{Word: "check", Help: "tell what the script does, what in it is ignored, and whether multilog can start with it; start nothing"},
	},
	Notes: `
--check counts only as the first argument, the others only as the sole one.
Otherwise they are patterns.

SIGTERM ends multilog. SIGALRM starts new files.

Exit status: 0 at the end of input and after SIGTERM, 111 if it can't start, or
if --check finds that.
`,
	Arguments: cmdline.Values{
		Words:       slices.Concat(script.StampWords(), []string{"e", "z", "F", "S"}),
		Directories: true,
	},
}

const about = `
multilog reads lines from standard input and appends selected lines to
logs that are rotated automatically. Each argument of the script is an action:

  t          put a TAI64N label in front of each line; first argument only
  -pattern   deselect lines that match
  +pattern   select lines that match
  e          print selected lines to standard error
  =file      keep the last selected line in file
  sSIZE      limit the files of the following directories to SIZE bytes
  nCOUNT     keep at most COUNT files in each of the following directories
  !command   run command on each finished file of the following directories
  ./dir      append selected lines to the log directory dir; also /dir

Beyond daemontools' multilog, which ignores these words:

  tRFC3339 tRFC3339Nano tUnix tUnixMs tUnixNs
             put this stamp in front of each line; first argument only
  z, zLEVEL  compress finished files of the following directories with zstd
  bSIZE      limit files to SIZE, up to 2GiB; overrides s
  cSIZE      keep at most SIZE of old files
  aTIME      start a new file when current is TIME old (24h, 7d)
  yTIME      sync current to disk at most TIME after a write
  kSIZE      keep SIZE of the filesystem free by removing the oldest files
  T F S wCODE
             as in daemontools-encore

multilog ignores other arguments.
`

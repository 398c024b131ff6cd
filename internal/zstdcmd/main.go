// Package zstdcmd is the command multilog-zstd: a processor for multilog, and
// what the script action z runs.
package zstdcmd

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"

	"multilog/internal/console"
	"multilog/internal/seekable"
	"multilog/internal/version"
)

// Name is what the command is called. A program that holds it runs it when it is
// itself called so: see the script action z of multilog.
const Name = "multilog-zstd"

// exitTrouble is daemontools' exit code for trouble of any kind. To multilog
// anything but 0 means: keep the file, and try again.
const exitTrouble = 111

const usage = `usage: multilog-zstd [-LEVEL]    compress standard input to standard output
       multilog-zstd -d          decompress standard input to standard output
       multilog-zstd -l FILE...  list what files hold
       multilog-zstd -h | --help | --version

A processor for multilog: multilog t '!multilog-zstd' ./main

LEVEL is one of zstd's, 1 to 22; 3 where none is given. There are three kinds:
 1 and 2    quickest
 3 to 6     much smaller, for some more time
 7 to 22    smallest, for five times that time

The output is zstd's, with a table that lets readers jump into it. Exit code 0:
it is complete; 111: it is not.
`

// options is a command line.
type options struct {
	level                    int
	decompress, list         bool
	help, version, onlyFiles bool
	files                    []string
}

// parse reads the arguments after the program's name.
func parse(args []string) (options, error) {
	o := options{level: seekable.DefaultLevel}
	for _, arg := range args {
		switch {
		case o.onlyFiles || len(arg) < 2 || arg[0] != '-':
			o.files = append(o.files, arg)
		case arg == "--":
			o.onlyFiles = true
		case arg == "-d" || arg == "--decompress":
			o.decompress = true
		case arg == "-l" || arg == "--list":
			o.list = true
		case arg == "-h" || arg == "--help":
			o.help = true
		case arg == "--version":
			o.version = true
		case arg[1] >= '0' && arg[1] <= '9':
			level, err := strconv.Atoi(arg[1:])
			if err != nil {
				return o, fmt.Errorf("unable to understand level %s: not a number", arg)
			}
			if _, err := seekable.LevelOf(level); err != nil {
				return o, fmt.Errorf("unable to use option %s: %w", arg, err)
			}
			o.level = level
		default:
			return o, fmt.Errorf("unknown option %s", arg)
		}
	}
	return o, o.check()
}

// check says what does not fit together.
func (o options) check() error {
	switch {
	case o.help || o.version:
		return nil
	case o.list && o.decompress:
		return errors.New("unable to do both -d and -l")
	case o.list && len(o.files) == 0:
		return errors.New("unable to list: no file is named")
	case !o.list && len(o.files) > 0:
		return fmt.Errorf("unexpected argument %s: standard input is read", o.files[0])
	}
	return nil
}

// Main runs the command with args, the arguments after the program's name, and
// returns its exit code: 0, or 111 when anything at all went wrong, which stderr
// is then told. It closes stdout, since only that tells that all was written.
//
// It is for a process of its own: it lowers the process' appetite for memory and
// processors. Its priority is the caller's affair.
func Main(args []string, stdin, stdout, stderr *os.File) int {
	if err := run(args, stdin, stdout, stderr); err != nil {
		fmt.Fprint(stderr, console.Line(Name, console.Fatal, err.Error()))
		return exitTrouble
	}
	return 0
}

func run(args []string, stdin, stdout, stderr *os.File) error {
	o, err := parse(args)
	if err != nil {
		return fmt.Errorf("%w (--help tells more)", err)
	}
	if closed(stdout) {
		return errors.New("unable to write to standard output: it is closed")
	}
	out := newOutput(stdout)
	switch {
	case o.help:
		_, err = io.WriteString(out, usage)
	case o.version:
		_, err = fmt.Fprintln(out, Name, version.String())
	case o.list:
		err = list(o.files, out, stderr)
	default:
		err = filter(o, stdin, out)
	}
	if closing := out.close(); err == nil {
		err = closing
	}
	return err
}

// filter compresses or decompresses.
func filter(o options, stdin *os.File, out *output) error {
	if closed(stdin) {
		return errors.New("unable to read standard input: it is closed")
	}
	// Beside a busy service: one processor at a time, the collector's work
	// included. There is next to nothing to collect: the buffers are made once.
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(20)
	in := &input{r: stdin}
	if o.decompress {
		return decompress(in, out)
	}
	if err := compress(in, out, o.level); err != nil {
		out.takeBack()
		return err
	}
	return nil
}

// reason is the errno in err, if there is one, else err itself: which file it
// was about, our messages say in their own words.
func reason(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

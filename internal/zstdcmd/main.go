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

	"multilog/internal/cmdline"
	"multilog/internal/console"
	"multilog/internal/seekable"
	"multilog/internal/version"
)

// Name is the name of the command. A program that contains it, such as multilog, runs
// it when its argument zero is this name.
const Name = "multilog-zstd"

// exitFailed is the exit code after any failure, as in daemontools. After any code but
// 0 multilog keeps the file and tries again.
const exitFailed = 111

const usage = `usage: multilog-zstd [-LEVEL]    compress standard input to standard output
       multilog-zstd -d          decompress standard input to standard output
       multilog-zstd -l FILE...  list frames and sizes of compressed files
       multilog-zstd -h | --help | -V | --version

It serves as a processor of multilog: multilog t '!multilog-zstd' ./main

LEVEL is a zstd level from 1 to 22, 3 by default. Three groups differ:
  1, 2       fastest
  3 to 6     much smaller output, in somewhat more time
  7 to 22    smallest output, in five times that time

The output is a zstd file with a table that lets readers start anywhere in it.

Exit status: 0 if the output is complete, 111 if it is not.
`

// options are the options and files on the command line.
type options struct {
	level            int
	decompress, list bool
	help, version    bool
	files            []string
}

// parse parses the arguments after the program's name.
func parse(args []string) (o options, err error) {
	o.level = seekable.DefaultLevel
	set := cmdline.Set{
		Options: []cmdline.Option{
			{Letter: 'd', Word: "decompress", Set: cmdline.Flag(&o.decompress)},
			{Letter: 'l', Word: "list", Set: cmdline.Flag(&o.list)},
			{Letter: 'h', Word: "help", Set: cmdline.Flag(&o.help)},
			{Letter: 'V', Word: "version", Set: cmdline.Flag(&o.version)},
		},
		Number: o.setLevel,
	}
	if o.files, err = set.Parse(args); err != nil {
		return o, err
	}
	return o, cmdline.Wrong(o.check())
}

// setLevel takes the option -LEVEL.
func (o *options) setLevel(text string) error {
	level, err := strconv.Atoi(text)
	if err != nil {
		return fmt.Errorf("unable to use option -%s: level is not a number from %d to %d", text, seekable.MinLevel, seekable.MaxLevel)
	}
	if _, err := seekable.LevelOf(level); err != nil {
		return fmt.Errorf("unable to use option -%s: %w", text, err)
	}
	o.level = level
	return nil
}

// check returns an error if the options and files do not fit together.
func (o options) check() error {
	switch {
	case o.help || o.version:
		return nil
	case o.list && o.decompress:
		return errors.New("-d and -l exclude each other")
	case o.list && len(o.files) == 0:
		return errors.New("-l needs at least one file")
	case !o.list && len(o.files) > 0:
		return fmt.Errorf("unexpected argument %s: without -l, input comes from standard input only", o.files[0])
	}
	return nil
}

// Main runs the command with args, the arguments after the program's name. It returns
// the exit code: 0, or 111 after any failure, of which it writes a message to stderr.
// It closes stdout, because only a close shows that everything was written.
//
// Main needs a process of its own: it limits the process to one processor and a small
// heap. It does not change the priority.
func Main(args []string, stdin, stdout, stderr *os.File) int {
	if err := run(args, stdin, stdout, stderr); err != nil {
		fmt.Fprint(stderr, console.Line(Name, console.Fatal, err.Error()))
		return exitFailed
	}
	return 0
}

func run(args []string, stdin, stdout, stderr *os.File) error {
	o, err := parse(args)
	if err != nil {
		return err
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

// filter compresses or decompresses stdin to out.
func filter(o options, stdin *os.File, out *output) error {
	if closed(stdin) {
		return errors.New("unable to read standard input: it is closed")
	}
	// The command runs beside a busy service, so it uses one processor, also for the
	// garbage collector. There is almost no garbage: buffers are made once.
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(20)
	in := &input{r: stdin}
	if o.decompress {
		return decompress(in, out)
	}
	if err := compress(in, out, o.level); err != nil {
		out.removeWritten()
		return err
	}
	return nil
}

// reason returns the errno in err, if there is one, or else err. Our messages name the
// file themselves, so the rest of err would repeat it.
func reason(err error) error {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return errno
	}
	return err
}

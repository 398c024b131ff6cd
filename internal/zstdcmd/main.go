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
)

// Name is the name of the command. A program that contains it, such as multilog, runs
// it when its argument zero is this name.
const Name = "multilog-zstd"

// The texts of --help above and below the options.
const (
	about = `
Compress finished files of a log. It serves as a processor of multilog:
multilog t '!multilog-zstd' ./main
`

	notes = `
LEVEL is a zstd level from 1 to 22, 3 by default. Three groups differ:
  1, 2       fastest
  3 to 6     output an eighth smaller, in twice the time
  7 to 22    a twelfth smaller again, in three to four times that time

The output is a zstd file with a table that lets readers start anywhere in it.

Exit status: 0 if the output is complete, 2 if the command line is wrong, 111
if something failed. After any but 0 multilog keeps the file and tries again.
`
)

// options are the options and files on the command line.
type options struct {
	level            int
	decompress, list bool
	files            []string
}

// command returns the command line, whose options set those in o.
func (o *options) command() *cmdline.Command {
	return &cmdline.Command{
		Name: Name, Forms: []string{
			"[-LEVEL]     compress standard input to standard output",
			"-d [FILE...] decompress to standard output",
			"-l FILE...   list frames and sizes of compressed files",
		},
		About: about, Notes: notes, Arguments: cmdline.Values{Files: true},
		Options: []cmdline.Option{
			{Name: "-LEVEL", Help: "compress with this level"},
			{Letter: 'd', Word: "decompress", Help: "decompress the files, one after the other, or standard input", Set: cmdline.Flag(&o.decompress)},
			{Letter: 'l', Word: "list", Help: "list frames and sizes", Set: cmdline.Flag(&o.list)},
		},
		Number: o.setLevel,
	}
}

// parse parses the arguments after the program's name.
func parse(args []string) (o options, answer string, err error) {
	o.level = seekable.DefaultLevel
	if o.files, answer, err = o.command().Parse(args); err != nil || answer != "" {
		return o, answer, err
	}
	return o, "", cmdline.Wrong(o.check())
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
	case o.list && o.decompress:
		return errors.New("-d and -l exclude each other")
	case o.list && len(o.files) == 0:
		return errors.New("-l needs at least one file")
	case !o.list && !o.decompress && len(o.files) > 0:
		return fmt.Errorf("unexpected argument %s: without -d or -l, input comes from standard input only", o.files[0])
	}
	return nil
}

// Main runs the command with args, the arguments after the program's name. It returns
// the exit status, which is not 0 after any failure, of which it writes a message to stderr.
// It closes stdout, because only a close shows that everything was written.
//
// Main needs a process of its own: it limits the process to one processor and a small
// heap. It does not change the priority.
func Main(args []string, stdin, stdout, stderr *os.File) int {
	if err := run(args, stdin, stdout, stderr); err != nil {
		fmt.Fprint(stderr, console.Line(Name, console.Fatal, err.Error()))
		return cmdline.Status(err)
	}
	return cmdline.ExitOK
}

func run(args []string, stdin, stdout, stderr *os.File) error {
	o, answer, err := parse(args)
	if err != nil {
		return err
	}
	if closed(stdout) {
		return errors.New("unable to write to standard output: it is closed")
	}
	out := newOutput(stdout)
	switch {
	case answer != "":
		_, err = io.WriteString(out, answer)
	case o.list:
		err = list(o.files, out, stderr)
	case o.decompress && len(o.files) > 0:
		err = decompressFiles(o.files, out)
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
	if !o.decompress && isTerminal(out.w) {
		return cmdline.Wrong(errors.New("unable to write to standard output: it is a terminal, and compressed data is not text"))
	}
	saveCPU()
	in := &input{r: stdin, name: "standard input"}
	if o.decompress {
		return decompress(in, out)
	}
	if err := compress(in, out, o.level); err != nil {
		out.removeWritten()
		return err
	}
	return nil
}

// decompressFiles decompresses the files to out, one after the other. It stops at the
// first that it can't decompress.
func decompressFiles(files []string, out *output) error {
	saveCPU()
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("unable to open %s: %w", name, reason(err))
		}
		err = decompress(&input{r: f, name: name}, out)
		_ = f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// saveCPU limits the process to one processor, also for the garbage collector, because the
// command runs beside a busy service. There is almost no garbage: buffers are made once.
func saveCPU() {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(20)
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

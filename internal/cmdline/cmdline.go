// Package cmdline is the command lines of all commands: it parses them, prints --help
// and --version, and writes completions for shells. So all commands take options in one
// way, complain in the same words, and end with the same exit statuses.
//
// A command declares its options once, in a [Command]. [Command.Parse] sets them; the
// help text and the completions come from the same declaration.
//
// # Options
//
// Options look as with getopt_long(3). An option is a letter, a word, or both: -n,
// --lines. Letters may be joined, words may be shortened. A value follows a letter as the
// rest of the argument or as the next argument, and a word after an equals sign or as the
// next argument. Options may stand before and after other arguments. After -- there are
// no options. Every command has -h, --help, -V, --version and --completion=SHELL.
//
// The arguments of multilog, tai64n and tai64nlocal are daemontools', which knows no
// options. These commands have the ones above, too, but only where such an option is the
// only argument; see [Command.Alone].
//
// What is wrong with a command line is an [Error], whose text ends with a hint at --help.
// A command that finds more, such as options that exclude each other, makes one with
// [Wrong].
//
// # Why no library
//
// The logger's module has three dependencies, and this is not worth a fourth. It would
// not be enough either: github.com/spf13/pflag does not shorten words, has no -LEVEL and
// no value that may be the next argument (-n 5, and -n alone), suggests no other word, and
// writes no completions, for which cobra is needed on top of it.
package cmdline

import "errors"

// The exit statuses of all commands. A command whose work is only to answer a question
// uses all of them.
const (
	ExitOK     = 0
	ExitNo     = 1   // nothing was found, or what was to be checked is wrong
	ExitUsage  = 2   // the command line is wrong
	ExitFailed = 111 // something has failed; daemontools' commands exit with it, too
)

// An Error says what is wrong with a command line.
type Error struct{ err error }

func (e *Error) Error() string { return e.err.Error() + " (--help tells more)" }
func (e *Error) Unwrap() error { return e.err }

// Wrong returns err as an [Error], or nil if err is nil.
func Wrong(err error) error {
	if err == nil || errors.As(err, new(*Error)) {
		return err
	}
	return &Error{err}
}

// Status returns the exit status for err, which may be nil.
func Status(err error) int {
	switch {
	case err == nil:
		return ExitOK
	case errors.As(err, new(*Error)):
		return ExitUsage
	}
	return ExitFailed
}

// A Command is a command, as its user sees it.
type Command struct {
	Name  string   // of the program
	Forms []string // what follows the name in the usage, one for each form
	About string   // what it does: text between the usage and the options
	Notes string   // what else its user must know: text behind the options

	Options []Option

	// Number takes an argument that begins with - and a digit, without the -. If it is
	// nil, there is no such option.
	Number func(text string) error

	Arguments Values // the other arguments, for completions

	// OneHyphen means that a word may follow one hyphen: -quick. There are no letters
	// but h and V then.
	OneHyphen bool
}

// An Option is one option of a command. One with neither letter nor word only shows its Name
// in the help text, for Number.
type Option struct {
	Letter byte   // as in -n; 0 if it has none
	Word   string // as in --lines; "" if it has none
	Value  Value
	Name   string // what the help text calls the value: FILE
	Help   string // what the option does; its lines are broken where needed, but for those that begin with a space
	Head   string // a line of the help text above this option, for it and those that follow
	Values Values // for completions

	// Set takes the option, with its value, or with "" if it has none. The Error of the
	// command line names the option before what Set returns.
	Set func(value string) error

	// Takes reports whether an argument behind an option of which the value is Optional
	// is that value. If it is nil, no argument is.
	Takes func(arg string) bool
}

// A Value is whether an option has a value.
type Value int

// The kinds of values.
const (
	None Value = iota
	Required
	Optional
)

// Values are what a shell offers as a value or an argument.
type Values struct {
	Words       []string
	Files       bool
	Directories bool // but no other files
}

// Flag returns a function for Option.Set that sets *p to true.
func Flag(p *bool) func(string) error {
	return func(string) error { *p = true; return nil }
}

// Text returns a function for Option.Set that sets *p to the value.
func Text(p *string) func(string) error {
	return func(value string) error { *p = value; return nil }
}

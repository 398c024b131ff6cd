// Package cmdline parses the command lines of mlcat, mlstat and multilog-zstd, so that
// they take options in one way and complain in the same words.
//
// Options look as with getopt_long(3). An option is a letter, a word, or both: -n,
// --lines. Letters may be joined, words may be shortened. A value follows a letter as the
// rest of the argument or as the next argument, and a word after an equals sign or as the
// next argument. Options may stand before and after other arguments. After -- there are
// no options.
//
// A command declares its options as a [Set] and calls [Set.Parse]. What is wrong with a
// command line is an [Error], whose text ends with a hint at --help. A command that finds
// more, such as options that exclude each other, makes one with [Wrong].
//
// Each command has exit statuses of its own, because those are part of what it replaces:
// daemontools' are 111 after a failure, journalctl's and grep's 1 and 2.
package cmdline

import (
	"errors"
	"fmt"
	"strings"
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

// An Option is one option of a command.
type Option struct {
	Letter byte   // as in -n; 0 if it has none
	Word   string // as in --lines; "" if it has none
	Value  Value

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

// Flag returns a function for Option.Set that sets *p to true.
func Flag(p *bool) func(string) error {
	return func(string) error { *p = true; return nil }
}

// Text returns a function for Option.Set that sets *p to the value.
func Text(p *string) func(string) error {
	return func(value string) error { *p = value; return nil }
}

// A Set is all options of a command.
type Set struct {
	Options []Option

	// Number takes an argument that begins with - and a digit, without the -. If it is
	// nil, there is no such option.
	Number func(text string) error
}

// Parse sets the options in args, the arguments after the program's name, and returns
// the other arguments. The error is an [Error].
func (s Set) Parse(args []string) (rest []string, err error) {
	for len(args) > 0 && err == nil {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return append(rest, args...), nil
		case strings.HasPrefix(arg, "--"):
			args, err = s.word(arg[2:], args)
		case len(arg) < 2 || arg[0] != '-':
			rest = append(rest, arg)
		case s.Number != nil && '0' <= arg[1] && arg[1] <= '9':
			err = s.Number(arg[1:])
		default:
			args, err = s.letters(arg[1:], args)
		}
	}
	return rest, Wrong(err)
}

// word sets the option that is --arg. It returns args without the value.
func (s Set) word(arg string, args []string) ([]string, error) {
	word, value, joined := strings.Cut(arg, "=")
	opt := s.named(word)
	switch {
	case opt == nil:
		return nil, fmt.Errorf("no such option: --%s", word)
	case joined && opt.Value == None:
		return nil, fmt.Errorf("--%s takes no value", opt.Word)
	case !joined:
		var err error
		if value, args, err = opt.next(args); err != nil {
			return nil, fmt.Errorf("--%s %w", opt.Word, err)
		}
	}
	return args, opt.set("--"+opt.Word, value)
}

// named returns the option with that word, or else the only option whose word begins with
// it, or nil.
func (s Set) named(word string) *Option {
	var found []*Option
	for i, opt := range s.Options {
		switch {
		case opt.Word == "":
		case opt.Word == word:
			return &s.Options[i]
		case strings.HasPrefix(opt.Word, word):
			found = append(found, &s.Options[i])
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}

// letters sets the options of one argument. The last one may have a value, which is the
// rest of the argument or the first of args. It returns args without the value.
func (s Set) letters(arg string, args []string) ([]string, error) {
	for arg != "" {
		letter := arg[0]
		arg = arg[1:]
		var opt *Option
		for i := range s.Options {
			if s.Options[i].Letter == letter {
				opt = &s.Options[i]
			}
		}
		if opt == nil {
			return nil, fmt.Errorf("no such option: -%c", letter)
		}
		var value string
		var err error
		if arg != "" && opt.Value != None {
			value, arg = arg, ""
		} else if value, args, err = opt.next(args); err != nil {
			return nil, fmt.Errorf("-%c %w", letter, err)
		}
		name := "--" + opt.Word
		if opt.Word == "" {
			name = "-" + string(letter)
		}
		if err := opt.set(name, value); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// next takes the option's value from args, if it has one there.
func (opt *Option) next(args []string) (value string, rest []string, err error) {
	switch {
	case opt.Value == Required && len(args) == 0:
		return "", args, errors.New("needs a value")
	case opt.Value == Required, opt.Value == Optional && opt.Takes != nil && len(args) > 0 && opt.Takes(args[0]):
		return args[0], args[1:], nil
	}
	return "", args, nil
}

func (opt *Option) set(name, value string) error {
	if err := opt.Set(value); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

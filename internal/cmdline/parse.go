package cmdline

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"multilog/internal/console"
	"multilog/internal/reason"
	"multilog/internal/version"
)

// standard returns the options that all commands have. They set *answer to the text that
// they ask for.
func (c *Command) standard(answer *string) []Option {
	shells := make([]string, 0, len(completions))
	for _, s := range completions {
		shells = append(shells, s.shell)
	}
	return []Option{
		{Word: "completion", Value: Required, Name: "SHELL", Help: "print completions for SHELL: " + Either(shells), Values: Values{Words: shells},
			Set: func(shell string) (err error) { *answer, err = c.Completion(shell); return err }},
		{Letter: 'h', Word: "help", Help: "show this help", Set: func(string) error { *answer = c.Help(); return nil }},
		{Letter: 'V', Word: "version", Help: "show the version", Set: func(string) error { *answer = c.Name + " " + version.String() + "\n"; return nil }},
	}
}

// Parse sets the options in args, the arguments after the program's name, and returns the
// other arguments. If args ask for help, the version or completions, then answer is that
// text; the command prints it, by [Command.Print], and ends. The error is an [Error].
func (c *Command) Parse(args []string) (rest []string, answer string, err error) {
	p := parser{Command: c}
	p.options = append(append(p.options, c.Options...), c.standard(&p.answer)...)
	for len(args) > 0 && err == nil && p.answer == "" {
		arg := args[0]
		args = args[1:]
		switch {
		case arg == "--":
			return append(rest, args...), "", nil
		case strings.HasPrefix(arg, "--"):
			args, err = p.word("--", arg[2:], args)
		case len(arg) < 2 || arg[0] != '-':
			rest = append(rest, arg)
		case c.Number != nil && '0' <= arg[1] && arg[1] <= '9':
			err = c.Number(arg[1:])
		case c.OneHyphen && len(arg) > 2:
			args, err = p.word("-", arg[1:], args)
		default:
			args, err = p.letters(arg[1:], args)
		}
	}
	return rest, p.answer, Wrong(err)
}

// Alone returns the answer to args if they are one argument, which asks for help, the
// version or completions; otherwise it returns "". Words must be complete.
func (c *Command) Alone(args []string) string {
	if len(args) != 1 {
		return ""
	}
	word, shell, _ := strings.Cut(args[0], "=")
	var answer string
	for _, opt := range c.standard(&answer) {
		if word == "--"+opt.Word && (shell != "") == (opt.Value == Required) || opt.Letter != 0 && args[0] == "-"+string(opt.Letter) {
			if opt.Set(shell) == nil {
				return answer
			}
		}
	}
	return ""
}

// Print writes an answer to w, which is standard output, and returns the exit status. If
// it can't, it writes a message to stderr.
func (c *Command) Print(w, stderr io.Writer, answer string) int {
	if _, err := io.WriteString(w, answer); err != nil {
		fmt.Fprint(stderr, console.Line(c.Name, console.Fatal, "unable to write to standard output: "+reason.Of(err)))
		return ExitFailed
	}
	return ExitOK
}

// parser parses a command line.
type parser struct {
	*Command
	options []Option
	answer  string
}

// word sets the option that is arg behind the hyphens. It returns args without the value.
func (p *parser) word(hyphens, arg string, args []string) ([]string, error) {
	word, value, joined := strings.Cut(arg, "=")
	opt, err := p.named(hyphens, word)
	switch {
	case err != nil:
		return nil, err
	case joined && opt.Value == None:
		return nil, fmt.Errorf("%s takes no value", opt)
	case !joined:
		if value, args, err = opt.next(args); err != nil {
			return nil, fmt.Errorf("%s %w", opt, err)
		}
	}
	return args, opt.set(value)
}

// named returns the option with that word, or else the only option whose word begins with
// it.
func (p *parser) named(hyphens, word string) (*Option, error) {
	var found []*Option
	var names []string
	for i, opt := range p.options {
		switch {
		case opt.Word == "":
		case opt.Word == word:
			return &p.options[i], nil
		case strings.HasPrefix(opt.Word, word):
			found, names = append(found, &p.options[i]), append(names, opt.String())
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1 && word != "":
		return nil, fmt.Errorf("%s%s may be %s", hyphens, word, Either(names))
	}
	if like := p.nearest(word); like != "" {
		return nil, fmt.Errorf("no such option: %s%s; did you mean --%s?", hyphens, word, like)
	}
	return nil, fmt.Errorf("no such option: %s%s", hyphens, word)
}

// letters sets the options of one argument. The last one may have a value, which is the
// rest of the argument or the first of args. It returns args without the value.
func (p *parser) letters(arg string, args []string) ([]string, error) {
	for arg != "" {
		letter := arg[0]
		arg = arg[1:]
		var opt *Option
		for i := range p.options {
			if p.options[i].Letter == letter {
				opt = &p.options[i]
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
		if err := opt.set(value); err != nil {
			return nil, err
		}
	}
	return args, nil
}

// String returns the option as messages call it.
func (opt *Option) String() string {
	if opt.Word == "" {
		return "-" + string(opt.Letter)
	}
	return "--" + opt.Word
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

func (opt *Option) set(value string) error {
	if err := opt.Set(value); err != nil {
		return fmt.Errorf("%v: %w", opt, err)
	}
	return nil
}

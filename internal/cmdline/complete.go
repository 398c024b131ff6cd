package cmdline

import (
	"fmt"
	"slices"
	"strings"
)

// completions are the shells for which there are completions.
var completions = []struct {
	shell string
	write func(c *Command, options []Option) string
}{
	{"bash", bash},
	{"zsh", zsh},
	{"fish", fish},
}

// Completion returns the text of a file from which the shell takes the completions of the
// command. The error says for which shells there are some.
func (c *Command) Completion(shell string) (string, error) {
	var known []string
	for _, s := range completions {
		if s.shell == shell {
			options := slices.DeleteFunc(append(slices.Clone(c.Options), c.standard(new(string))...),
				func(opt Option) bool { return opt.Letter == 0 && opt.Word == "" })
			return s.write(c, options), nil
		}
		known = append(known, s.shell)
	}
	return "", fmt.Errorf("%q is not %s", shell, Either(known))
}

// quote puts text into single quotes, for any of the shells.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// summary returns the beginning of an option's help, which says in one line what it does.
func (opt *Option) summary() string {
	line, _, _ := strings.Cut(opt.Help, "\n")
	line, _, _ = strings.Cut(line, ";")
	return strings.TrimRight(line, ":")
}

// bash returns the completions for bash, which need nothing else. bash splits
// --word=value into three words, unless = is not in COMP_WORDBREAKS.
func bash(c *Command, options []Option) string {
	function := "_" + strings.ReplaceAll(c.Name, "-", "_")
	var words []string
	var cases strings.Builder
	for _, opt := range options {
		var names []string // behind which its value stands
		if opt.Word != "" {
			word := "--" + opt.Word
			names = append(names, word+"=")
			if opt.Value == Required {
				word += "="
				names = append(names, strings.TrimSuffix(word, "="))
			}
			words = append(words, word)
		}
		if opt.Letter != 0 {
			letter := "-" + string(opt.Letter)
			words = append(words, letter)
			names = append(names, letter)
		}
		switch {
		case opt.Value == None:
			continue
		case opt.Value == Optional:
			names = names[:1] // behind = only: without it, the next word may be another argument
		}
		fmt.Fprintf(&cases, "\t%s) %s ;;\n", strings.Join(names, " | "), opt.Values.bash())
	}
	return fmt.Sprintf(`# completions of %[1]s for bash; made by %[1]s --completion=bash
%[2]s() {
	local word=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD-1]} i
	COMPREPLY=()
	if [[ $word == '=' ]]; then
		option+='=' word=''
	elif [[ $option == '=' ]]; then
		option=${COMP_WORDS[COMP_CWORD-2]}=
	elif [[ $word == --*=* ]]; then
		option=${word%%%%=*}= word=${word#*=}
	fi
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} != -- ]] || option=--
	done
	case $option in
%[3]s	*)
		if [[ $option != -- && $word == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W %[4]s -- "$word")
			[[ ${COMPREPLY[0]-} != *= ]] || compopt -o nospace
		else
			%[5]s
		fi
		;;
	esac
}
complete -F %[2]s %[1]s
`, c.Name, function, cases.String(), quote(strings.Join(words, " ")), c.Arguments.bash())
}

// bash returns the commands that put the values into COMPREPLY.
func (v *Values) bash() string {
	if !v.Files && !v.Directories && len(v.Words) == 0 {
		return ":"
	}
	var how []string
	if len(v.Words) > 0 {
		how = append(how, "compgen -W "+quote(strings.Join(v.Words, " "))+` -- "$word"`)
	}
	options := ""
	switch {
	case v.Files:
		how = append(how, `compgen -f -- "$word"`)
		options = "compopt -o filenames; "
	case v.Directories:
		how = append(how, `compgen -d -- "$word"`)
		options = "compopt -o filenames; "
	}
	return options + "mapfile -t COMPREPLY < <(" + strings.Join(how, "; ") + ")"
}

// zsh returns the completions for zsh.
func zsh(c *Command, options []Option) string {
	escape := strings.NewReplacer("[", `\[`, "]", `\]`, ":", `\:`, `\`, `\\`)
	var b strings.Builder
	fmt.Fprintf(&b, "#compdef %[1]s\n# completions of %[1]s for zsh; made by %[1]s --completion=zsh\n_arguments -s -S", c.Name)
	for _, opt := range options {
		help := "[" + escape.Replace(opt.summary()) + "]"
		word, letter, value := "--"+opt.Word, "-"+string(opt.Letter), ""
		switch opt.Value {
		case Required:
			word, letter, value = word+"=", letter+"+", ":"+escape.Replace(opt.Name)+":"+opt.Values.zsh()
		case Optional:
			word, letter, value = word+"=-", letter+"-", "::"+escape.Replace(opt.Name)+":"+opt.Values.zsh()
		}
		for _, name := range []string{letter, word} {
			if name == letter && opt.Letter == 0 || name == word && opt.Word == "" {
				continue
			}
			fmt.Fprintf(&b, " \\\n\t%s", quote("*"+name+help+value))
		}
	}
	fmt.Fprintf(&b, " \\\n\t%s\n", quote("*:"+"argument:"+c.Arguments.zsh()))
	return b.String()
}

// zsh returns the action that offers the values.
func (v *Values) zsh() string {
	words := "(" + strings.Join(v.Words, " ") + ")"
	files := ""
	switch {
	case v.Files:
		files = "_files"
	case v.Directories:
		files = "_files -/"
	}
	switch {
	case len(v.Words) == 0 && files == "":
		return " "
	case len(v.Words) == 0:
		return files
	case files == "":
		return words
	}
	return "_alternative 'words:word:" + words + "' 'files:file:" + files + "'"
}

// fish returns the completions for fish.
func fish(c *Command, options []Option) string {
	quote := func(text string) string {
		return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# completions of %[1]s for fish; made by %[1]s --completion=fish\n", c.Name)
	for _, opt := range options {
		fmt.Fprintf(&b, "complete -c %s", c.Name)
		if opt.Letter != 0 {
			fmt.Fprintf(&b, " -s %c", opt.Letter)
		}
		if opt.Word != "" {
			fmt.Fprintf(&b, " -l %s", opt.Word)
		}
		if opt.Value == Required {
			b.WriteString(" -r")
		}
		if opt.Value != None {
			b.WriteString(opt.Values.fish(quote))
		}
		fmt.Fprintf(&b, " -d %s\n", quote(opt.summary()))
	}
	fmt.Fprintf(&b, "complete -c %s%s\n", c.Name, c.Arguments.fish(quote))
	return b.String()
}

// fish returns the options of complete that offer the values.
func (v *Values) fish(quote func(string) string) string {
	var offers []string
	offers = append(offers, v.Words...)
	how := " -f"
	switch {
	case v.Files:
		how = " -F"
	case v.Directories:
		offers = append(offers, "(__fish_complete_directories)")
	}
	if len(offers) > 0 {
		how += " -a " + quote(strings.Join(offers, " "))
	}
	return how
}

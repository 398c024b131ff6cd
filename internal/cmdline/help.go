package cmdline

import "strings"

const (
	helpColumns = 79
	leftColumns = 24 // of an option and its value at most; longer ones have a line of their own
)

// Help returns the text of --help.
func (c *Command) Help() string {
	var b strings.Builder
	word := "usage: "
	forms := c.Forms
	if len(forms) == 0 {
		forms = []string{""}
	}
	for _, form := range forms {
		b.WriteString(strings.TrimRight(word+c.Name+" "+form, " ") + "\n")
		word = "       "
	}
	if about := strings.TrimSpace(c.About); about != "" {
		b.WriteString("\n" + about + "\n")
	}
	options := append(append([]Option(nil), c.Options...), c.standard(new(string))...)
	if options[0].Head == "" {
		options[0].Head = "Options:"
	}
	width := 0
	for i := range options {
		if n := len(options[i].left()); n <= leftColumns {
			width = max(width, n)
		}
	}
	for i := range options {
		options[i].help(&b, width)
	}
	if notes := strings.TrimSpace(c.Notes); notes != "" {
		b.WriteString("\n" + notes + "\n")
	}
	return b.String()
}

// left returns what stands to the left of the option's text: -n, --lines=N.
func (opt *Option) left() string {
	var s string
	switch {
	case opt.Letter == 0 && opt.Word == "":
		return opt.Name
	case opt.Letter == 0:
		s = "    --" + opt.Word
	case opt.Word == "":
		s = "-" + string(opt.Letter)
	default:
		s = "-" + string(opt.Letter) + ", --" + opt.Word
	}
	equals := "="
	if opt.Word == "" {
		equals = ""
	}
	switch opt.Value {
	case Required:
		s += equals + opt.Name
	case Optional:
		s += "[" + equals + opt.Name + "]"
	}
	return s
}

// help writes the option's lines, with its text from column width+5 on.
func (opt *Option) help(b *strings.Builder, width int) {
	if opt.Head != "" {
		b.WriteString("\n" + opt.Head + "\n")
	}
	left := opt.left()
	b.WriteString("  " + left)
	if len(left) > width {
		b.WriteString("\n" + strings.Repeat(" ", width+4))
	} else {
		b.WriteString(strings.Repeat(" ", width-len(left)+2))
	}
	indent := strings.Repeat(" ", width+4)
	for i, line := range strings.Split(opt.Help, "\n") {
		if i > 0 {
			b.WriteString(indent)
		}
		b.WriteString(Fill(line, indent) + "\n")
	}
}

// Fill breaks a line before it reaches helpColumns, unless it begins with a space. It
// puts indent before each line but the first.
func Fill(line, indent string) string {
	if strings.HasPrefix(line, " ") {
		return line
	}
	var b strings.Builder
	used := len(indent)
	for word := range strings.FieldsSeq(line) {
		switch {
		case b.Len() == 0:
		case used+1+len(word) > helpColumns:
			b.WriteString("\n" + indent)
			used = len(indent)
		default:
			b.WriteByte(' ')
			used++
		}
		b.WriteString(word)
		used += len(word)
	}
	return b.String()
}

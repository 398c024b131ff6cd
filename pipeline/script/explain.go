package script

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"multilog/rotate"
)

// A Remark tells in words what one argument of a script does.
type Remark struct {
	Arg  string
	Text string
}

// Explain returns a remark for each argument. The error is that of Parse, which the
// remarks stop at.
func Explain(args []string) (remarks []Remark, err error) {
	e := explainer{args: args}
	for i := range args {
		if _, err := Parse(args[:i+1]); err != nil {
			return remarks, err
		}
		remarks = append(remarks, Remark{args[i], e.explain(i)})
	}
	return remarks, nil
}

// explainer explains the arguments of a script that Parse accepts.
type explainer struct{ args []string }

// explain returns what the argument with that index does.
func (e explainer) explain(i int) string {
	arg := e.args[i]
	if arg == "" {
		return "ignored: it is empty"
	}
	if i == 0 && stampOf(arg) != StampNone {
		return explainStamp(arg)
	}
	rest := arg[1:]
	switch arg[0] {
	case '+', '-':
		return e.pattern(i)
	case 'e':
		return "print selected lines to standard error, up to 200 bytes of each" + only(arg, "e")
	case '=':
		return "keep the last selected line in the file " + rest
	case '.', '/':
		return e.directory(i)
	case 's':
		return e.setting(i, "files have at most "+sizeText(clampSize(rest))+takenFrom(rest, clampSize(rest), "; b takes sizes such as b64MB, up to 2 GiB"))
	case 'n':
		return e.setting(i, fmt.Sprintf("keep at most %s files, current among them%s", humanize.Comma(clampCount(rest)), takenFrom(rest, clampCount(rest), "")))
	case '!':
		return e.setting(i, "run this command on each finished file; it replaces z")
	}
	return e.extension(i)
}

// extension explains a word that is no action of daemontools' multilog.
func (e explainer) extension(i int) string {
	arg, rest := e.args[i], e.args[i][1:]
	number := rest != "" && rest[0] >= '0' && rest[0] <= '9'
	size, _ := humanize.ParseBytes(rest)
	span, _ := parseTime(rest)
	switch {
	case arg == "F":
		return "the patterns that follow are those of a shell, fnmatch(3)"
	case arg == "S":
		return "the patterns that follow are daemontools' again"
	case arg[0] == 'w' && isCode(rest):
		return e.setting(i, "finished files are named @LABEL."+rest)
	case arg == "z", arg[0] == 'z' && number && isNumber(rest):
		return e.setting(i, "compress each finished file with zstd; it replaces !")
	case arg[0] == 't' || arg[0] == 'T' && rest == "":
		return "ignored: a stamp counts only as the first argument"
	case arg[0] == 'b' && number:
		return e.setting(i, "files have at most "+sizeText(int64(size))+"; it overrides s")
	case arg[0] == 'c' && number:
		return e.setting(i, "keep at most "+sizeText(int64(size))+" of old files; the oldest go first")
	case arg[0] == 'k' && number:
		return e.setting(i, "keep "+sizeText(int64(size))+" of the file system free, by removing the oldest files")
	case arg[0] == 'a' && number:
		return e.setting(i, "start a new file when current is "+spanText(span)+" old")
	case arg[0] == 'y' && number:
		return e.setting(i, "sync current to disk at most "+spanText(span)+" after a write")
	}
	return "ignored: " + whyIgnored(arg)
}

// whyIgnored returns why a word is no action.
func whyIgnored(arg string) string {
	switch {
	case strings.IndexByte("bck", arg[0]) >= 0:
		return fmt.Sprintf("%c is followed by a size, as in %[1]c10GB", arg[0])
	case strings.IndexByte("ay", arg[0]) >= 0:
		return fmt.Sprintf("%c is followed by a time, as in %[1]c24h", arg[0])
	case arg[0] == 'z':
		return "z is alone or followed by a level from 1 to 22"
	case arg[0] == 'w':
		return fmt.Sprintf("w is followed by at most %d characters without a slash", maxCodeBytes)
	case len(arg) > 1:
		return "no action begins like that; directories begin with ./ or /"
	}
	return "there is no such action"
}

// explainStamp explains a first argument that chooses a stamp.
func explainStamp(arg string) string {
	stamp := stampOf(arg)
	text := "put " + stamps[stamp].what + " in front of each line"
	if stamp == StampTAI64N {
		text += only(arg, stamps[stamp].word)
	}
	return text
}

// only returns what to add if just the first letter of arg counts.
func only(arg, letter string) string {
	if arg == letter {
		return ""
	}
	return "; only the " + letter + " of it counts"
}

// pattern explains + and -.
func (e explainer) pattern(i int) string {
	arg := e.args[i]
	verb := "deselect"
	if arg[0] == '+' {
		verb = "select"
	}
	text := verb + " lines that match"
	switch {
	case arg[1:] == "*":
		text = verb + " all lines"
	case strings.HasPrefix(arg, "--"):
		text = fmt.Sprintf("%s lines that are %q: it is a pattern, not an option", verb, arg[1:])
	case strings.IndexByte(arg, '*') < 0:
		text = fmt.Sprintf("%s lines that are exactly %q, with their stamp", verb, arg[1:])
	}
	if !e.follows(i, "e=./") {
		text += "; without effect, for no directory, e or =file follows"
	}
	return text
}

// setting adds to the text of an action for the directories behind it if there are none.
func (e explainer) setting(i int, text string) string {
	if !e.follows(i, "./") {
		text += "; without effect, for no directory follows"
	}
	return text
}

// follows reports whether an argument behind that one begins with one of the letters.
func (e explainer) follows(i int, letters string) bool {
	for _, arg := range e.args[i+1:] {
		if arg != "" && strings.IndexByte(letters, arg[0]) >= 0 {
			return true
		}
	}
	return false
}

// directory explains an action that appends lines to a directory.
func (e explainer) directory(i int) string {
	s, err := Parse(e.args[:i+1])
	if err != nil {
		return err.Error()
	}
	return "append selected lines to the log there: " + Keeps(&s.Dirs[len(s.Dirs)-1])
}

// Keeps returns in words what a log keeps.
func Keeps(c *rotate.Config) string {
	text := fmt.Sprintf("%s files of %s", humanize.Comma(int64(c.Count)), sizeText(c.Size))
	if most := float64(c.Count) * float64(c.Size); most < maxTotalBytes && c.Cap == 0 {
		text += ", " + humanize.IBytes(uint64(most)) + " in all"
	}
	if c.Cap > 0 {
		text += fmt.Sprintf(", %s of old ones at most", sizeText(c.Cap))
	}
	switch {
	case len(c.Command) == 0:
	case c.Command[0] == Self:
		text += ", compressed"
	default:
		text += ", each processed"
	}
	return text
}

// clampSize and clampCount return what s and n take a text for.
func clampSize(text string) int64  { return min(max(number(text), minFileBytes), maxFileBytes) }
func clampCount(text string) int64 { return max(number(text), minFiles) }

// takenFrom returns what to add if a number is not what the text after s or n says; hint
// may tell what to write instead.
func takenFrom(text string, taken int64, hint string) string {
	digits := text[:len(text)-len(strings.TrimLeft(text, "0123456789"))]
	switch {
	case digits == "":
		return ": there is no number in it, which is taken for 0, and that is too small"
	case digits != text:
		return fmt.Sprintf(": only the digits %s of it count%s", digits, hint)
	case number(text) > taken:
		return ": " + text + " is too large" + hint
	case number(text) < taken:
		return ": " + text + " is too small"
	}
	return ""
}

// sizeText returns a size in words.
func sizeText(n int64) string {
	text := humanize.Comma(n) + " bytes"
	if n >= 1<<20 {
		text += " (" + humanize.IBytes(uint64(n)) + ")"
	}
	return text
}

// spanText returns a time in words: days, where people think in days.
func spanText(d time.Duration) string {
	const day = 24 * time.Hour
	days := ""
	if n := d / day; n == 1 {
		days = "1 day"
	} else if n > 1 {
		days = strconv.FormatInt(int64(n), 10) + " days"
	}
	rest := d % day
	if days != "" && rest == 0 {
		return days
	}
	text := rest.String() // ends with 0m0s for hours
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	if days != "" {
		return days + " and " + text
	}
	return text
}

func isNumber(text string) bool {
	_, err := strconv.Atoi(text)
	return err == nil
}

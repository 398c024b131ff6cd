package naive

import "strings"

const (
	seenBytes     = 1000 // of a line, which patterns and status files see
	shownBytes    = 200  // of a line, which e shows
	lineZoneBytes = 2000 // below its size, where a file may end after a line
)

// Directory is the content of a log directory.
type Directory struct {
	Action
	Old     []string // the contents of the old files, oldest first
	Current []byte
	within  bool // current ends within a line of the input
}

// Logger is a script and the logs and files that it has written.
type Logger struct {
	Script
	Directories []Directory       // in the order of their actions
	Statuses    map[string]string // by path
	Stderr      string
}

// New returns a logger that has read nothing yet.
func New(args []string) *Logger {
	l := &Logger{Script: Parse(args), Statuses: map[string]string{}}
	for _, a := range l.Actions {
		switch a.Kind {
		case Dir:
			l.Directories = append(l.Directories, Directory{Action: a})
		case Status:
			l.Statuses[a.Text] = ""
		}
	}
	return l
}

// Lines returns the lines of an input without their newlines. The last line of the
// input may lack its newline.
func Lines(input string) []string {
	if input == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(input, "\n"), "\n")
}

// Log logs one line: its label, if it has one, and its text, without a newline.
func (l *Logger) Log(line string) {
	seen := head(line, seenBytes)
	takes := l.Takers(seen)
	directory := 0
	for i, a := range l.Actions {
		switch {
		case a.Kind == Dir:
			if takes[i] {
				l.Directories[directory].log(line + "\n")
			}
			directory++
		case a.Kind == Status && takes[i]:
			l.Statuses[a.Text] = seen + strings.Repeat("\n", seenBytes+1-len(seen))
		case a.Kind == Stderr && takes[i]:
			l.Stderr += head(line, shownBytes)
			if len(line) > shownBytes {
				l.Stderr += "..."
			}
			l.Stderr += "\n"
		}
	}
}

// head returns the first n bytes of text.
func head(text string, n int) string { return text[:min(n, len(text))] }

// log appends a line to a directory, byte by byte.
func (d *Directory) log(line string) {
	for _, c := range []byte(line) {
		if d.full() {
			d.rotate()
		}
		d.Current = append(d.Current, c)
		d.within = c != '\n'
	}
	if d.full() {
		d.rotate()
	}
}

// full reports whether current may get no more bytes: it has its size, or a line has
// ended in its last lineZoneBytes.
func (d *Directory) full() bool {
	size := int64(len(d.Current))
	return size >= d.Size || !d.within && size >= d.Size-lineZoneBytes
}

// rotate makes current an old file and removes the oldest files, until there are Count
// files with the new current.
func (d *Directory) rotate() {
	d.Old = append(d.Old, string(d.Current))
	d.Current = nil
	if beyond := len(d.Old) - (d.Count - 1); beyond > 0 {
		d.Old = d.Old[beyond:]
	}
}

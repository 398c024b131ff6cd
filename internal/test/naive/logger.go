package naive

import "strings"

// Limits, in bytes: of the line that patterns and status files see, of what e
// shows, and of how far below its size a file may end behind a line.
const (
	seenBytes     = 1000
	shownBytes    = 200
	lineZoneBytes = 2000
)

// Directory is what a log directory holds.
type Directory struct {
	Action
	Old     []string // the contents of the old files, the oldest first
	Current []byte
	within  bool // current ends within a line of the input
}

// Logger is a script at work.
type Logger struct {
	Script
	Directories []Directory       // in the order of their actions
	Statuses    map[string]string // by path
	Stderr      string
}

// New is a logger that has read nothing yet.
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

// Lines are the lines of an input, without their newlines. The last one may
// lack it.
func Lines(input string) []string {
	if input == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(input, "\n"), "\n")
}

// Log deals with one line: its label, if it has one, and its text.
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

// full says whether nothing more may be written to current: it has its size,
// or a line ended in its last bytes.
func (d *Directory) full() bool {
	size := int64(len(d.Current))
	return size >= d.Size || !d.within && size >= d.Size-lineZoneBytes
}

// rotate makes current an old file, and removes the oldest beyond what the
// script allows, current among them.
func (d *Directory) rotate() {
	d.Old = append(d.Old, string(d.Current))
	d.Current = nil
	if beyond := len(d.Old) - (d.Count - 1); beyond > 0 {
		d.Old = d.Old[beyond:]
	}
}

package pipeline_test

import (
	"bytes"
	"slices"
	"strings"

	"multilog/internal/test/simkernel"
	"multilog/tai64n"
)

// What must be true in every history:
//
//  - A byte is consumed only when it is in every log that selects it. If the input can only be
//    read, only a kill loses what was read and not logged.
//  - After any number of kills, each directory has every selected line once, whole and in
//    order: its old files in the order of their labels, and then current. Only lines in files
//    that n has removed are missing.
//  - The labels of a file ascend, also if the clock is set back.
//  - Only the oldest file is removed, only if there are n, and never one that is not safe yet.
//  - After a power cut, every file with the name .s is complete. Lines that were on disk, under
//    a name that was on disk, are still there. No line is there twice. Between lines in .s
//    files none is missing.
//  - A logger that waits has left nothing undone.

const stampBytes = tai64n.StampLen

// dirCheck is what the check knows about a directory.
type dirCheck struct {
	conf     *simDir
	dir      *simkernel.Dir
	want     []int // lines of earlier streams, in order
	damaged  int   // lines of which a power cut has left a part
	safe     []bool
	pruned   []bool
	archive  []archived
	pending  []string // .u files that are not safe yet
	logged   []int64  // by line of the stream: how many bytes must be logged before it
	loose    bool     // after a power cut the order of the files is unknown
	rotated  bool     // files were renamed in this life
	selected []bool   // by line of the stream
}

// archived is a file that was removed because there were too many.
type archived struct {
	label string
	data  []byte
	torn  bool
}

// check watches a history. It is a simkernel.Watcher.
type check struct {
	w        *simkernel.World
	script   *simScript
	lines    *simLines
	dirs     []*dirCheck
	cuts     int
	unable   bool  // an operation has failed in this life
	orphan   bool  // the beginning of a line whose end is lost is being logged
	cutLines []int // the lines that were in progress in pipes when the service was killed
	order    bool  // check the order of sync and rename; otherwise power cuts test it
	clockSet bool
	badRun   bool // a processor has failed in this life
}

func newCheck(w *simkernel.World, s *simScript, l *simLines) *check {
	c := &check{w: w, script: s, lines: l}
	for i := range s.dirs {
		d := w.MakeDir(s.dirs[i].name)
		c.dirs = append(c.dirs, &dirCheck{conf: &s.dirs[i], dir: d})
	}
	w.Watch = c
	return c
}

func (c *check) of(d *simkernel.Dir) *dirCheck {
	for _, dc := range c.dirs {
		if dc.dir == d {
			return dc
		}
	}
	return nil
}

// newStream prepares for the lines of another stream.
func (c *check) newStream() {
	for _, d := range c.dirs {
		d.dir.Logged = 0
		d.logged, d.selected = d.logged[:0], d.selected[:0]
		total := int64(0)
		for i := range c.lines.starts {
			line := &c.lines.all[c.lines.first+i]
			selected := d.conf.selects(line.kind)
			d.logged = append(d.logged, total)
			d.selected = append(d.selected, selected)
			if selected {
				total += int64(len(line.text)) + c.label()
			}
		}
		for len(d.safe) < len(c.lines.all) {
			d.safe = append(d.safe, false)
			d.pruned = append(d.pruned, false)
		}
	}
}

func (c *check) label() int64 {
	if c.script.label {
		return stampBytes
	}
	return 0
}

// wantLogged returns how many bytes must be logged of the first upto bytes of the
// stream.
func (c *check) wantLogged(d *dirCheck, upto int) int64 {
	i := c.lines.lineAt(upto)
	if i < 0 {
		return 0
	}
	n := d.logged[i]
	if part := upto - c.lines.starts[i]; part > 0 && d.selected[i] {
		n += c.label() + int64(part)
	}
	return n
}

// Consumed compares what was taken from the pipe with what is in the logs.
func (c *check) Consumed() {
	c.takeOrphan()
	p := c.w.Pipe
	for _, d := range c.dirs {
		want, got := c.wantLogged(d, p.Head), d.dir.Logged
		last := len(d.selected) - 1
		if p.Head == len(p.Stream) && got == want+1 && last >= 0 && d.selected[last] && p.Closed {
			continue // the missing newline at the end of the stream
		}
		if got != want {
			c.w.Fail("%d bytes were consumed, so %s must have %d bytes; it has %d", p.Head, d.conf.name, want, got)
		}
	}
}

// Warned notes the warning that the logger turns a tail into a line, because the rest
// of it went to another pipe.
func (c *check) Warned(text string) {
	if strings.Contains(text, "it is logged as a line of its own") {
		c.orphan = true
	} else {
		c.unable = c.unable || strings.Contains(text, "unable to")
	}
}

// takeOrphan counts that line as damaged in each directory that has it.
func (c *check) takeOrphan() {
	if !c.orphan {
		return
	}
	c.orphan = false
	for _, d := range c.dirs {
		want := c.wantLogged(d, c.w.Pipe.Head)
		extra := int(d.dir.Logged - want - c.label())
		d.dir.Logged = want
		whole := slices.IndexFunc(c.cutLines, func(n int) bool {
			text := c.lines.all[n].text
			return len(text) == extra && d.endsWith(text)
		})
		switch {
		case extra <= 0: // it does not get that line
		case whole >= 0: // only its newline was missing
			d.want = append(d.want, c.cutLines[whole])
		default:
			d.damaged++
		}
	}
}

// endsWith reports whether text was written to the directory last.
func (d *dirCheck) endsWith(text []byte) bool {
	f := d.dir.Lookup("next")
	if f == nil || len(f.Data) == 0 {
		f = d.dir.Lookup("current")
	}
	return f != nil && bytes.HasSuffix(f.Data, text)
}

func isOldName(name string) bool { return len(name) >= tai64n.Len && name[0] == '@' }

func (c *check) Removing(dir *simkernel.Dir, name string, f *simkernel.File) {
	d := c.of(dir)
	if d != nil && name == "previous" && f.Links == 1 && c.order {
		c.replaces(d, dir)
	}
	if d == nil || !isOldName(name) {
		return
	}
	if slices.Contains(d.pending, name) {
		c.w.Fail("%s/%s is removed, but is not safe yet", d.conf.name, name)
	}
	olds := 0
	for _, e := range dir.Entries() {
		if !isOldName(e.Name) {
			continue
		}
		olds++
		if e.Name < name && !slices.Contains(d.pending, e.Name) {
			c.w.Fail("%s/%s is removed, but %s is older", d.conf.name, name, e.Name)
		}
	}
	if olds < d.conf.count && d.conf.cap == 0 && !d.conf.keeps {
		c.w.Fail("%s/%s is removed, one of %d old files", d.conf.name, name, olds)
	}
	c.eachLine(f.Data, func(n int) { d.pruned[n] = true })
	d.archive = append(d.archive, archived{name[:tai64n.Len], f.Data, f.Torn})
}

// replaces checks that processed and its name are on disk when previous is removed.
func (c *check) replaces(d *dirCheck, dir *simkernel.Dir) {
	for _, e := range dir.DiskEntries() {
		if f := e.File; e.Name == "processed" && f == dir.Lookup("processed") && string(f.Disk) == string(f.Data) && f.DiskMode == 0o744 {
			return
		}
	}
	c.w.Fail("%s/previous is removed, but processed is not on disk", d.conf.name)
}

func (c *check) Renaming(dir *simkernel.Dir, from, to string, f, over *simkernel.File) {
	d := c.of(dir)
	if d == nil {
		return
	}
	if over != nil && len(over.Data) > 0 && to != "state" {
		c.w.Fail("%s/%s is renamed to %s, which holds %d bytes", d.conf.name, from, to, len(over.Data))
	}
	d.pending = slices.DeleteFunc(d.pending, func(name string) bool { return name == from })
	c.Linking(dir, to, f)
	if from == "current" {
		d.pending = append(d.pending, to)
		d.rotated = true
	}
	if f.Links != 1 {
		c.w.Fail("%s/%s is renamed to %s, and has %d links", d.conf.name, from, to, f.Links)
	}
}

// Linking checks that no file gets a name with .s before its data is on disk.
func (c *check) Linking(dir *simkernel.Dir, name string, f *simkernel.File) {
	if c.order && strings.HasSuffix(name, ".s") && string(f.Disk) != string(f.Data) {
		c.w.Fail("%s/%s gets its name with %d of %d bytes on disk", dir.Name, name, len(f.Disk), len(f.Data))
	}
}

func (c *check) TakingBack(dir *simkernel.Dir, f *simkernel.File, size int) {
	if d := c.of(dir); d != nil {
		from := bytes.LastIndexByte(f.Data[:size], '\n') + 1
		c.eachLine(f.Data[from:], func(n int) { d.safe[n] = false })
	}
}

// Synced notes which lines are on disk, under names that are on disk.
func (c *check) Synced(dir *simkernel.Dir) {
	d := c.of(dir)
	if d == nil {
		return
	}
	for _, e := range dir.DiskEntries() {
		f := e.File
		// Bytes that were taken back are on disk until the shorter file is synced.
		onDisk := f.Disk[:min(len(f.Disk), len(f.Data))]
		if holdsLines(e.Name) && f.Seen != len(onDisk) && bytes.HasPrefix(f.Data, onDisk) {
			f.Seen = len(onDisk)
			c.eachLine(onDisk, func(n int) { d.safe[n] = true })
		}
	}
}

// holdsLines reports whether a file of that name may have the only copy of lines.
func holdsLines(name string) bool {
	switch name {
	case "lock", "state", "newstate", "processed":
		return false
	}
	return true
}

// idle is called when a logger waits and no event is left.
func (c *check) idle() {
	p := c.w.Pipe
	left := p.Stream[p.Head:p.Tail]
	if !p.Finished() {
		c.w.Fail("the writer waits, and so does the logger: %d bytes in the pipe", len(left))
	}
	if n := len(left) - p.Held; n > 0 {
		c.w.Fail("the logger waits, but has left %d bytes in the pipe", n)
	}
	if bytes.IndexByte(left, '\n') >= 0 || len(left)+int(c.label()) >= 1000 {
		c.w.Fail("the logger waits, but there are %d bytes in the pipe", len(left))
	}
}

// finished is called when a logger has ended without being killed.
func (c *check) finished(terms int, trouble bool) {
	p := c.w.Pipe
	c.takeOrphan()
	over := p.Closed && p.Head == len(p.Stream)
	if !over && terms == 0 && !trouble {
		c.w.Fail("the logger ended with %d bytes in the pipe", len(p.Stream)-p.Head)
	}
	if n := p.Held - p.Kept; n > 0 && terms <= 1 && !trouble {
		c.w.Fail("the logger ended with %d bytes that it had read but not logged", n)
	}
	if p.Held > 0 && terms == 1 && !trouble && !c.unable {
		c.w.Fail("SIGTERM left %d bytes of a line", p.Held)
	}
	if i := c.lines.lineAt(p.Head); terms == 1 && !trouble && !c.badRun && !over && p.Head > 0 &&
		p.Head != len(p.Stream) && c.lines.starts[i] != p.Head {
		c.w.Fail("SIGTERM left the input within a line, at %d", p.Head)
	}
	if terms == 1 && c.badRun && c.leftPrevious() {
		return // the next logger continues with it, perhaps within a line
	}
	for _, d := range c.dirs {
		if terms <= 1 && !trouble {
			c.whole(d)
		}
		if over && terms <= 1 {
			c.compare(d, c.numbersUpTo(d, len(c.lines.starts)))
		} else if terms <= 1 && !trouble && p.Head < len(p.Stream) {
			c.compare(d, c.numbersUpTo(d, max(0, c.lines.lineAt(p.Head))))
		}
	}
}

// leftPrevious reports whether a file must still be processed.
func (c *check) leftPrevious() bool {
	return slices.ContainsFunc(c.dirs, func(d *dirCheck) bool { return d.dir.Lookup("previous") != nil })
}

// over is called at the end of a stream, when all its lines are in the logs.
func (c *check) over() {
	for _, d := range c.dirs {
		d.want = c.numbersUpTo(d, len(c.lines.starts))
	}
}

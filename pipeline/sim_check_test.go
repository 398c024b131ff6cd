package pipeline_test

import (
	"bytes"
	"slices"
	"sort"
	"strings"

	"multilog/internal/simkernel"
	"multilog/tai64n"
)

// What must hold, in every history:
//
//   - a byte is consumed only when it is in every log that selects it; where
//     input can only be read, what was read and not logged is lost by a kill,
//     and by nothing else;
//   - after any number of kills, each directory, its old files in the order of
//     their labels and then current, has every selected line once, whole, in
//     order, but for those in files that were removed since n asked for it;
//   - only the oldest file is removed, only when there are n, none that is
//     still on its way to being safe;
//   - after a power cut, every file that is called .s is complete; lines that
//     were on disk under a name that was, too, are still there; none is there
//     twice; between lines in .s files none is missing;
//   - a logger that waits has left nothing undone.

const stampBytes = tai64n.StampLen

// dirCheck is what is known about a directory.
type dirCheck struct {
	conf     *simDir
	dir      *simkernel.Dir
	want     []int // lines of streams that are over, in order
	damaged  int   // lines that a power cut left in part
	safe     []bool
	pruned   []bool
	archive  []archived
	pending  []string // .u files on their way to being safe
	logged   []int64  // bytes to log before each line of the stream
	loose    bool     // a power cut took what shows in which order files came
	rotated  bool     // files were given names in this life
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
	order    bool // check the order of sync and name; or leave it to power cuts
	clockSet bool
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

// wantLogged is how many bytes of the stream's first upto are to be in a log.
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
	p := c.w.Pipe
	for _, d := range c.dirs {
		want, got := c.wantLogged(d, p.Head), d.dir.Logged
		last := len(d.selected) - 1
		if p.Head == len(p.Stream) && got == want+1 && last >= 0 && d.selected[last] && p.Closed {
			continue // the newline that the stream lacks
		}
		if got != want {
			c.w.Fail("%d bytes were consumed, for which %s has to have %d bytes; it has %d", p.Head, d.conf.name, want, got)
		}
	}
}

func isOldName(name string) bool { return len(name) >= tai64n.Len && name[0] == '@' }

func (c *check) Removing(dir *simkernel.Dir, name string, f *simkernel.File) {
	d := c.of(dir)
	if d == nil || !isOldName(name) {
		return
	}
	if slices.Contains(d.pending, name) {
		c.w.Fail("%s/%s is removed, and is not safe yet", d.conf.name, name)
	}
	olds := 0
	for _, e := range dir.Entries() {
		if !isOldName(e.Name) {
			continue
		}
		olds++
		if e.Name < name && !slices.Contains(d.pending, e.Name) {
			c.w.Fail("%s/%s is removed, and %s is older", d.conf.name, name, e.Name)
		}
	}
	if olds < d.conf.count && d.conf.cap == 0 && !d.conf.keeps {
		c.w.Fail("%s/%s is removed, one of %d old files", d.conf.name, name, olds)
	}
	c.eachLine(f.Data, func(n int) { d.pruned[n] = true })
	d.archive = append(d.archive, archived{name[:tai64n.Len], f.Data, f.Torn})
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

// Linking checks that no file is called .s before its data is on disk.
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

// Synced notes which lines are on disk, under names that are.
func (c *check) Synced(dir *simkernel.Dir) {
	d := c.of(dir)
	if d == nil {
		return
	}
	for _, e := range dir.DiskEntries() {
		if f := e.File; holdsLines(e.Name) && f.Seen != len(f.Disk) {
			f.Seen = len(f.Disk)
			c.eachLine(f.Disk, func(n int) { d.safe[n] = true })
		}
	}
}

// holdsLines says whether a file of that name holds the only copy of lines.
func holdsLines(name string) bool {
	switch name {
	case "lock", "state", "newstate", "processed":
		return false
	}
	return true
}

// eachLine calls do with the number of each line that lies within the data.
func (c *check) eachLine(data []byte, do func(n int)) {
	for len(data) > 0 {
		end := bytes.IndexByte(data, '\n') + 1
		if end == 0 {
			return
		}
		if n := c.number(data[:end]); n >= 0 {
			do(n)
		}
		data = data[end:]
	}
}

// number is the number of a line as it is in a log, or -1.
func (c *check) number(line []byte) int {
	if c.script.label {
		if len(line) < stampBytes || line[stampBytes-1] != ' ' {
			return -1
		}
		if _, ok := tai64n.Parse(line); !ok {
			return -1
		}
		line = line[stampBytes:]
	}
	return c.lines.numberOf(line)
}

// idle is called when a logger waits and nothing else will happen.
func (c *check) idle() {
	p := c.w.Pipe
	left := p.Stream[p.Head:p.Tail]
	if !p.Finished() {
		c.w.Fail("the writer waits, and so does the logger: %d bytes in the pipe", len(left))
	}
	if bytes.IndexByte(left, '\n') >= 0 || len(left)+int(c.label()) >= 1000 {
		c.w.Fail("the logger waits, and there are %d bytes in the pipe", len(left))
	}
}

// finished is called when a logger has ended, and was not killed.
func (c *check) finished(terms int, trouble bool) {
	p := c.w.Pipe
	over := p.Closed && p.Head == len(p.Stream)
	if !over && terms == 0 && !trouble {
		c.w.Fail("the logger ended with %d bytes in the pipe", len(p.Stream)-p.Head)
	}
	if p.Held > 0 && terms <= 1 && !trouble {
		c.w.Fail("the logger ended with %d bytes that it had read, and not logged", p.Held)
	}
	if i := c.lines.lineAt(p.Head); terms == 1 && !trouble && !over && p.Head > 0 &&
		p.Head != len(p.Stream) && c.lines.starts[i] != p.Head {
		c.w.Fail("SIGTERM left the input within a line, at %d", p.Head)
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

// over is called when a stream is, whose lines are all in the logs.
func (c *check) over() {
	for _, d := range c.dirs {
		d.want = c.numbersUpTo(d, len(c.lines.starts))
	}
}

// numbersUpTo are the lines that are to be in a directory when so many lines
// of the stream are.
func (c *check) numbersUpTo(d *dirCheck, count int) []int {
	want := append([]int(nil), d.want...)
	for i := range count {
		if d.selected[i] {
			want = append(want, c.lines.first+i)
		}
	}
	return want
}

// whole checks the files of a directory that was closed in peace.
func (c *check) whole(d *dirCheck) {
	olds, total := 0, 0
	for _, e := range d.dir.Entries() {
		switch {
		case isOldName(e.Name):
			olds++
			total += len(e.File.Data)
			if strings.HasSuffix(e.Name, ".s") && e.File.Mode != 0o744 && c.cuts == 0 {
				c.w.Fail("%s/%s has mode %o", d.conf.name, e.Name, e.File.Mode)
			}
		case e.Name == "current":
			if e.File.Mode != 0o744 || string(e.File.Disk) != string(e.File.Data) {
				c.w.Fail("%s/current is not whole: mode %o, %d of %d bytes on disk", d.conf.name, e.File.Mode, len(e.File.Disk), len(e.File.Data))
			}
		case e.Name != "lock" && e.Name != "state" && e.Name != "newstate":
			c.w.Fail("%s/%s is left", d.conf.name, e.Name)
		}
	}
	if d.rotated && d.conf.cap > 0 && total > d.conf.cap && olds > 1 && c.cuts == 0 {
		c.w.Fail("%s has %d bytes in %d old files", d.conf.name, total, olds)
	}
	if d.rotated && olds >= d.conf.count {
		c.w.Fail("%s has %d old files", d.conf.name, olds)
	}
}

// compare compares the lines that are in a directory with those that are to be
// there.
func (c *check) compare(d *dirCheck, want []int) {
	got, damaged := c.read(d)
	if damaged != d.damaged {
		c.w.Fail("%s has %d damaged lines; power cuts have damaged %d", d.conf.name, damaged, d.damaged)
	}
	if d.loose {
		slices.Sort(got)
	}
	for i := range max(len(got), len(want)) {
		switch {
		case i == len(got):
			c.w.Fail("%s: line %d and those after it are lost: %d of %d", d.conf.name, want[i], len(want)-i, len(want))
		case i == len(want):
			c.w.Fail("%s: line %d comes at the end, once too often", d.conf.name, got[i])
		case got[i] < want[i]:
			c.w.Fail("%s: line %d comes twice, or too late", d.conf.name, got[i])
		case got[i] > want[i]:
			c.w.Fail("%s: line %d is lost, or comes too late; line %d is there", d.conf.name, want[i], got[i])
		}
	}
}

// read returns the numbers of the lines in a directory that was closed in
// peace, also of those that were removed, and how many are damaged.
func (c *check) read(d *dirCheck) (numbers []int, damaged int) {
	var files []archived
	for _, e := range d.dir.Entries() {
		if isOldName(e.Name) {
			files = append(files, archived{e.Name[:tai64n.Len], e.File.Data, e.File.Torn})
		}
	}
	sort.SliceStable(files, func(i, j int) bool { return files[i].label < files[j].label })
	// Those that were removed come first, in that order: when none is left and
	// the clock is set back, later files may bear smaller labels.
	files = append(append([]archived(nil), d.archive...), files...)
	if f := d.dir.Lookup("current"); f != nil {
		files = append(files, archived{"", f.Data, f.Torn})
	}
	var last tai64n.Label
	var begun []byte // a line, in the files before
	for i := range files {
		data := files[i].data
		for len(data) > 0 {
			end := bytes.IndexByte(data, '\n') + 1
			if end == 0 {
				break
			}
			line := data[:end]
			if len(begun) > 0 {
				line = append(begun, line...)
			}
			data, begun = data[end:], nil
			n := c.number(line)
			if n < 0 {
				damaged++
				c.w.Tracef("%s/%s: damaged: %.60q (%d bytes)", d.conf.name, files[i].label, line, len(line))
				continue
			}
			numbers = append(numbers, n)
			if c.script.label && !c.clockSet && !d.loose {
				l, _ := tai64n.Parse(line)
				if !last.Before(l) {
					c.w.Fail("%s: the label of line %d is not later than the one before", d.conf.name, n)
				}
				last = l
			}
		}
		if begun = append(begun, data...); files[i].torn {
			begun = nil
		}
	}
	if len(begun) > 0 {
		damaged++
	}
	return numbers, damaged
}

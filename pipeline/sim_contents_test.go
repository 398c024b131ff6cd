package pipeline_test

import (
	"bytes"
	"slices"
	"sort"
	"strings"

	"multilog/tai64n"
)

// eachLine calls do with the number of each complete line in data.
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

// number returns the number of a line as it is in a log, or -1.
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

// numbersUpTo returns the lines that a directory must have when the first count lines
// of the stream are logged.
func (c *check) numbersUpTo(d *dirCheck, count int) []int {
	want := append([]int(nil), d.want...)
	for i := range count {
		if d.selected[i] {
			want = append(want, c.lines.first+i)
		}
	}
	return want
}

// whole checks the files of a directory that was closed properly.
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

// compare compares the lines in a directory with those that it must have.
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
			c.w.Fail("%s: line %d comes at the end once more", d.conf.name, got[i])
		case got[i] < want[i]:
			c.w.Fail("%s: line %d comes twice, or too late", d.conf.name, got[i])
		case got[i] > want[i]:
			c.w.Fail("%s: line %d is lost, or comes too late; line %d is there", d.conf.name, want[i], got[i])
		}
	}
}

// read returns the numbers of the lines in a directory that was closed properly,
// including those that were removed, and the number of damaged lines.
func (c *check) read(d *dirCheck) (numbers []int, damaged int) {
	var files []archived
	for _, e := range d.dir.Entries() {
		if isOldName(e.Name) {
			files = append(files, archived{e.Name[:tai64n.Len], e.File.Data, e.File.Torn})
		}
	}
	sort.SliceStable(files, func(i, j int) bool { return files[i].label < files[j].label })
	// Removed files come first, in the order of their removal. When none is left and
	// the clock is set back, later files may have smaller labels.
	files = append(append([]archived(nil), d.archive...), files...)
	if f := d.dir.Lookup("current"); f != nil {
		files = append(files, archived{"", f.Data, f.Torn})
	}
	var last tai64n.Label
	labelled := -1   // the file that holds the label of the line before
	var begun []byte // the beginning of a line, from earlier files
	for i := range files {
		data := files[i].data
		for len(data) > 0 {
			end := bytes.IndexByte(data, '\n') + 1
			if end == 0 {
				break
			}
			line := data[:end]
			split := len(begun) > 0
			if split {
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
			if c.script.label {
				l, _ := tai64n.Parse(line)
				within := labelled == i
				if within && c.clockSet && c.cuts > 0 && last.UnixNano()-l.UnixNano() <= int64(tai64n.MaxAhead) {
					last = tai64n.Label{} // a power cut took the lock page: see rotate.Dir.LabelsBefore
				}
				if !last.Before(l) && (within || !c.clockSet && !d.loose) {
					c.w.Fail("%s: the label of line %d is not later than the one before; both in one file: %v", d.conf.name, n, within)
				}
				if last, labelled = l, i; split {
					labelled = -1 // its label is in a file before
				}
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

package pipeline_test

import (
	"bytes"
	"slices"
	"strings"

	"multilog/internal/test/simkernel"
)

// What must be true after a power cut.

// beforeCut is what a directory contains when the power is cut.
type beforeCut struct {
	data map[*simkernel.File]string
	safe [][]byte // of its .s files
}

func (c *check) beforeCut() (before []beforeCut) {
	for _, d := range c.dirs {
		b := beforeCut{data: map[*simkernel.File]string{}}
		for _, e := range d.dir.Entries() {
			b.data[e.File] = string(e.File.Data)
			if strings.HasSuffix(e.Name, ".s") {
				b.safe = append(b.safe, e.File.Data)
			}
		}
		before = append(before, b)
	}
	return before
}

// afterCut checks what a power cut has left, and expects that from now on.
func (c *check) afterCut(before []beforeCut) {
	c.cuts++
	c.orphan = false
	for i, d := range c.dirs {
		c.dirAfterCut(d, &before[i])
	}
}

func (c *check) dirAfterCut(d *dirCheck, before *beforeCut) {
	there := make([]bool, len(c.lines.all))
	lastSafe := -1
	d.damaged, d.archive, d.pending = 0, nil, nil
	var seen []*simkernel.File
	processed := d.dir.Lookup("processed")
	d.loose = d.loose || d.dir.Reordered || processed != nil || d.dir.Lookup("previous") != nil
	for _, e := range d.dir.Entries() {
		f, safe := e.File, strings.HasSuffix(e.Name, ".s")
		if old, ok := before.data[f]; safe && ok && old != string(f.Data) {
			c.w.Fail("%s/%s had %d bytes and has %d after a power cut", d.conf.name, e.Name, len(old), len(f.Data))
		}
		if slices.Contains(seen, f) {
			continue
		}
		seen = append(seen, f)
		finished := processed != nil && processed.Mode&0o100 != 0
		if e.Name == "processed" && !finished || e.Name == "previous" && finished || e.Name != "processed" && !holdsLines(e.Name) {
			continue
		}
		whole := bytes.Count(f.Data, []byte{'\n'})
		c.eachLine(f.Data, func(n int) {
			if there[n] {
				c.w.Fail("%s: line %d is there twice after a power cut", d.conf.name, n)
			}
			there[n] = true
			whole--
			if safe {
				lastSafe = max(lastSafe, n)
			}
		})
		d.damaged += whole
	}
	for n, safe := range d.safe {
		if safe && !there[n] && !d.pruned[n] {
			c.w.Fail("%s: line %d was on disk and is lost after a power cut", d.conf.name, n)
		}
	}
	for _, data := range before.safe {
		c.eachLine(data, func(n int) {
			if !there[n] && !d.pruned[n] && (n < lastSafe || c.w.Journal) {
				c.w.Fail("%s: line %d was in a .s file and is lost after a power cut; line %d is in one", d.conf.name, n, lastSafe)
			}
		})
	}
	d.want = d.want[:0]
	for n := range there {
		if there[n] {
			d.want = append(d.want, n)
		}
	}
}

package main

import (
	"bytes"
	"io"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"multilog/internal/test/logger"
	"multilog/rotate/lockpage"
)

// A logger that has ended is not shown as alive when another program holds its directory.
func TestAnothersDirectory(t *testing.T) {
	const djb = "/usr/bin/multilog"
	logger.Need(t, djb)
	dir := filepath.Join(t.TempDir(), "main")
	l := startLogger(t, dir)
	l.Feed("x\n")
	ours := until(t, dir, func(o object) bool { return o.Alive && o.Metrics["read_lines"] == 1 })
	l.Signal(syscall.SIGTERM)
	l.Exits(0)
	other := logger.Start(t, t.TempDir(), nil, djb, dir)
	o := until(t, dir, func(o object) bool { return o.Other != 0 })
	if o.Alive || o.PID != ours.PID || o.Other != other.PID() || o.Metrics["up"] != 0 {
		t.Errorf("%+v", o)
	}
	var table bytes.Buffer
	run([]string{"-l", dir}, &table, io.Discard)
	if !strings.Contains(table.String(), "another's, pid ") {
		t.Errorf("%s", table.String())
	}
}

// Any lock page is shown, and does not break the formats.
func FuzzShow(f *testing.F) {
	page := lockpage.New()
	_, _ = lockpage.Open(page, lockpage.Owner{PID: 7, Started: 8})
	f.Add(append([]byte(nil), page...))
	for i := 8; i < len(page); i++ {
		page[i] = 0xff
	}
	f.Add(page)
	f.Fuzz(func(t *testing.T, raw []byte) {
		mem := lockpage.New()
		copy(mem, raw)
		copy(mem, page[:8]) // it is a page
		s, err := lockpage.Parse(mem)
		if err != nil {
			t.Fatal(err)
		}
		looks := []look{{Status: &s, at: time.Unix(1.8e9, 0)}}
		var out bytes.Buffer
		for _, alive := range []bool{true, false} {
			s.Alive = alive
			var table bytes.Buffer
			writeTable(&table, looks, looks, 0)
			out.Write(table.Bytes())
			for line := range strings.Lines(table.String()) {
				if utf8.RuneCountInString(line) > tableColumns+1 {
					t.Errorf("a long line: %s", line)
				}
			}
			writeLong(&out, looks, looks)
		}
		writeJSON(&out, looks)
		writeMetrics(&out, looks, openMetrics)
		writeMetrics(&out, looks, prometheus)
		if text := out.String(); strings.Contains(text, "NaN") || strings.Contains(text, "\x1b") || strings.Contains(text, "-292") || strings.Count(text, "\n{\"dir\"") != 1 {
			t.Errorf("%s", text)
		}
	})
}

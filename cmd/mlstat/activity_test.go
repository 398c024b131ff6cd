package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"multilog/internal/test/mountns"
)

// While the logger waits for room, mlstat tells that, and since when; afterwards, how long
// the waits were, in a histogram.
func TestWaiting(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "main")
	start := time.Now()
	l := startLogger(t, dir, "s4096", "n2", "!while test ! -e ../go; do sleep 0.05; done; cat")
	l.Feed(strings.Repeat("a line of a log\n", 2000))
	o := until(t, dir, func(o object) bool { return o.Metrics["waiting_since_seconds"] != 0 })
	if since := o.Metrics["waiting_since_seconds"]; since < float64(start.Unix()) || since > float64(time.Now().Unix()+1) || o.Metrics["pending_files_limit"] != 1 {
		t.Errorf("%+v", o)
	}
	var table bytes.Buffer
	run([]string{dir}, &table, io.Discard)
	if !strings.Contains(table.String(), " waits ") || !strings.Contains(table.String(), " 1/1 below:\n    1 of 1 files pending, no room to rotate for ") {
		t.Errorf("%s", table.String())
	}
	if err := os.WriteFile(filepath.Join(dir, "../go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	o = until(t, dir, func(o object) bool { return o.Metrics["read_lines"] == 2000 && o.Metrics["pending_files"] == 0 })
	if o.Metrics["waiting_since_seconds"] != 0 || o.Metrics["pending_since_seconds"] != 0 {
		t.Errorf("%+v", o)
	}
	for name, metric := range map[string]string{"batch_duration_seconds": "batches", "sync_duration_seconds": "syncs", "room_wait_duration_seconds": "room_waits"} {
		n := 0.0
		for _, count := range o.Histograms[name].Counts {
			n += float64(count)
		}
		if n == 0 || n != o.Metrics[metric] {
			t.Errorf("%s has %v, but %v %s", name, n, o.Metrics[metric], metric)
		}
	}
	if waits := o.Histograms["room_wait_duration_seconds"]; waits.Sum != o.Metrics["room_waited_seconds"] {
		t.Errorf("%v", waits)
	}
}

// While writing fails, mlstat tells that, and since when; afterwards it does not.
func TestFailingWrites(t *testing.T) {
	if !mountns.Entered() {
		t.Skip("no mount namespace: can't mount a file system")
	}
	disk := t.TempDir()
	if err := unix.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Unmount(disk, unix.MNT_DETACH) }()
	dir := filepath.Join(disk, "main")
	l := startLogger(t, dir, "s1000000")
	l.Feed(strings.Repeat("a line of a log\n", 8000))
	o := until(t, dir, func(o object) bool { return o.Metrics["write_failing_since_seconds"] != 0 })
	if since := o.Metrics["write_failing_since_seconds"]; since > float64(time.Now().Unix()+1) || len(o.Trouble) == 0 || !strings.HasPrefix(o.Trouble[0], "unable to write for ") {
		t.Errorf("%+v", o)
	}
	if err := unix.Mount("tmpfs", disk, "tmpfs", unix.MS_REMOUNT, "size=1m"); err != nil {
		t.Fatal(err)
	}
	o = until(t, dir, func(o object) bool { return o.Metrics["read_lines"] == 8000 })
	if o.Metrics["write_failing_since_seconds"] != 0 {
		t.Errorf("afterwards: %+v", o)
	}
}

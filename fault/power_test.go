package fault

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"multilog/internal/test/logger"
	"multilog/tai64n"
)

var cuts = flag.Int("cuts", 3, "how many power cuts for each script")

// This file cuts the power of loggers. A cut is a copy, made in one instant while the
// logger runs, of the image that holds its file system. The image is a file on an xfs,
// which copies by reference (FICLONE): it holds back writes, waits for those under way,
// and then shares all blocks. So the copy has everything that the file system had given to
// its device by then, in that order, and nothing that was only in memory. The loop device
// bypasses the page cache of the image. A real cut can be worse: a disk may lose what it
// was not told to flush from its own cache.
//
// The test mounts the copy, which makes the file system recover from its journal, and
// compares it with what the logger has written meanwhile.

const (
	outerBytes = 8 << 30 // sparse
	guestBytes = 1 << 30 // sparse
	// flushed is the longest time after the last line until everything is on disk with
	// y1s. Without y the file systems take 30 seconds and more.
	flushed = 20 * time.Second
)

// victim is a logger that suffers power cuts.
type victim struct {
	name    string
	fs      fileSystem
	script  []string // ./main gets all lines
	rate    int      // bytes of lines per second
	flushes bool     // everything is on disk some time after it was written
	command string   // the logger; ours if empty
}

var victims = []victim{
	{name: "y1s", fs: ext4, script: []string{"t", "s16777215", "n9999", "y1s", "./main"}, rate: 3e5, flushes: true},
	{name: "small files on xfs", fs: xfs, script: []string{"t", "s10000", "n9999", "./main"}, rate: 3e5},
	{name: "slow processor", fs: ext4, script: []string{"t", "s40000", "n9999", "y1s", "!sleep 0.25; cat", "./main"}, rate: 2e5, flushes: true},
	{name: "small files", fs: ext4, script: []string{"t", "s10000", "n9999", "./main"}, rate: 3e5},
	{name: "y1s on xfs", fs: xfs, script: []string{"t", "s16777215", "n9999", "y1s", "./main"}, rate: 3e5, flushes: true},
	{name: "zstd", fs: ext4, script: []string{"t", "z1", "s200000", "n9999", "y1s", "./main"}, rate: 5e5, flushes: true},
}

// comparison shows what power cuts cost without y, and with djb's multilog. Whatever they
// lose is no failure, but ours must keep .s files whole.
var comparison = []victim{
	{name: "without y", fs: ext4, script: []string{"t", "s16777215", "n9999", "./main"}, rate: 3e5},
	{name: "djb's", fs: ext4, script: []string{"t", "s16777215", "n9999", "./main"}, rate: 3e5, command: "multilog"},
	{name: "djb's small files", fs: ext4, script: []string{"t", "s10000", "n9999", "./main"}, rate: 3e5, command: "multilog"},
}

// shortVictims is how many victims -short has, with one cut each.
const shortVictims = 3

// longestPause is the longest time between two cuts.
const longestPause = time.Second

// TestPowerCut cuts the power of loggers and checks what is left.
func TestPowerCut(t *testing.T) {
	if testing.Short() {
		powerCuts(t, victims[:shortVictims], 1)
		return
	}
	powerCuts(t, victims, *cuts)
}

// TestPowerCutPeers logs what power cuts cost other loggers.
func TestPowerCutPeers(t *testing.T) {
	if testing.Short() {
		t.Skip("for comparison only")
	}
	logger.Need(t, "multilog")
	powerCuts(t, comparison, *cuts)
}

// powerCuts cuts the power of each victim n times.
func powerCuts(t *testing.T, victims []victim, n int) {
	for _, v := range victims {
		v.fs.needed(t)
	}
	xfs.needed(t)
	dir := t.TempDir()
	outer := filepath.Join(dir, "outer")
	mkdir(t, outer)
	xfs.makeImage(t, outer+".img", outerBytes)
	xfs.mountImage(t, outer+".img", outer)
	t.Cleanup(func() { unmount(t, outer) })
	ours := logger.Binary(t, "multilog")
	t.Run("scripts", func(t *testing.T) { // whose end waits for the parallel tests in it, before outer is unmounted
		for _, v := range victims {
			t.Run(v.name, func(t *testing.T) {
				t.Parallel()
				from := startSeed(t)
				if v.command == "" {
					v.command = ours
				}
				c := &cutter{victim: &v, ours: v.command == ours, outer: outer, dir: dir, random: rand.New(rand.NewPCG(from, 3))}
				c.run(t, n)
			})
		}
	})
}

// cutter cuts the power of a victim.
type cutter struct {
	*victim
	ours   bool
	outer  string // the directory of the images
	dir    string // the directory with their mount points
	guest  string // the mount point at which the logger runs
	random *rand.Rand
	number int             // of the last cut
	lost   []time.Duration // for each cut, the age of the last line before the first missing one
	spoilt int             // how many .s files have changed, or leave a gap between them
}

// file returns a name for the image and its mount point.
func (c *cutter) file() string { return strings.ReplaceAll(c.name, " ", "-") }

// run starts the logger, cuts its power n times, and lets it end.
func (c *cutter) run(t *testing.T, n int) {
	image := filepath.Join(c.outer, c.file())
	c.guest = filepath.Join(c.dir, c.file())
	mkdir(t, c.guest)
	c.fs.makeImage(t, image, guestBytes)
	c.fs.mountDirect(t, image, c.guest)
	t.Cleanup(func() { unmount(t, c.guest) })
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close()
	l := logger.Start(t, c.guest, r, append([]string{c.command}, c.script...)...)
	p := pace(w, c.rate)
	l.Until("the first line", func() bool { return size(filepath.Join(c.guest, "main", "current")) > 0 })
	for range n {
		time.Sleep(time.Duration(c.random.Int64N(int64(longestPause))))
		c.cut(t, image, true)
	}
	sent := p.finish(t)
	end := time.Now()
	for c.flushes && c.cut(t, image, false) < sent {
		if time.Since(end) > flushed {
			t.Fatalf("%v after the last line not all %d of them are on disk", flushed, sent)
		}
	}
	w.Close()
	l.Exits(0)
	if there := c.cut(t, image, false); there != sent && c.ours {
		t.Errorf("of %d lines %d are on disk after the logger has ended", sent, there)
	}
	if said := l.Said(); c.ours && said != "" {
		t.Errorf("it has said: %s", said)
	}
	slices.Sort(c.lost)
	t.Logf("%d cuts, %d lines: lost the last %.2f s, at most %.2f s; .s files not whole or out of place: %d",
		n, sent, c.lost[len(c.lost)/2].Seconds(), c.lost[len(c.lost)-1].Seconds(), c.spoilt)
	if c.spoilt > 0 && c.ours {
		t.Error("a .s file must be whole")
	}
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

// size returns the size of a file in bytes, -1 if there is none.
func size(name string) int64 {
	info, err := os.Stat(name)
	if err != nil {
		return -1
	}
	return info.Size()
}

// cut cuts the power and returns how many lines are left before the first gap. If timed is
// true, it adds to lost.
func (c *cutter) cut(t *testing.T, image string, timed bool) int {
	t.Helper()
	c.number++
	copied := fmt.Sprintf("%s.%d", image, c.number)
	clone(t, image, copied)
	at := time.Now()
	dir := fmt.Sprintf("%s.%d", c.guest, c.number)
	mkdir(t, dir)
	fs := c.fs
	if fs.name == "xfs" {
		fs.options = "nouuid" // the original is mounted, too
	}
	fs.mountImage(t, copied, dir)
	defer func() {
		unmount(t, dir)
		os.Remove(copied)
	}()
	main := filepath.Join(dir, "main")
	if _, err := os.Stat(main); err != nil {
		if timed { // the directory itself is not on disk yet
			c.lost = append(c.lost, at.Sub(c.begin()))
		}
		return 0
	}
	c.safe(t, main)
	forgetBoot(t, filepath.Join(main, "lock"))
	c.recovered(t, dir)
	n, last, ordered := reach(read(t, main))
	if !ordered && c.ours {
		t.Errorf("cut %d: lines are not in order", c.number)
	}
	if timed {
		if n == 0 {
			last = c.begin()
		}
		c.lost = append(c.lost, at.Sub(last))
	}
	return n
}

// begin returns the time at which the first line was logged.
func (c *cutter) begin() time.Time {
	names, _ := filepath.Glob(filepath.Join(c.guest, "main", "@*"))
	slices.Sort(names)
	for _, name := range append(names, filepath.Join(c.guest, "main", "current")) {
		b, err := os.ReadFile(name)
		if l, ok := tai64n.Parse(b); err == nil && ok {
			return l.Time()
		}
	}
	return time.Now()
}

// clone copies a file by reference.
func clone(t *testing.T, from, to string) {
	t.Helper()
	src, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	dst, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer dst.Close()
	if err := unix.IoctlFileClone(int(dst.Fd()), int(src.Fd())); err != nil {
		t.Fatalf("FICLONE %s: %v", from, err)
	}
}

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

	"multilog/tai64n"
)

var cuts = flag.Int("cuts", 3, "how many power cuts each script lives through")

// A power cut is a copy, made in one instant while the logger runs, of the
// image that its file system is in. The image is a file of an xfs, which copies
// by reference (FICLONE): it holds back writes, waits for those that are under
// way, and then shares all blocks. So the copy has what the file system had
// given to its device by that instant, all of it, in the order given, and
// nothing of what was in memory only. The loop device goes around the image's
// page cache; would it not, the copy would be the same. What is kinder here than
// in life: a real disk may lose from its own cache what it was not told to flush.
//
// The copy is mounted, whereby the file system recovers by its journal, and held
// against what the logger has made of the lines meanwhile.

const (
	outerBytes = 8 << 30 // sparse
	guestBytes = 1 << 30 // sparse
	// flushed is when everything is on disk at the latest with y1s, after the
	// last line. Without it the file systems take 30 s and more.
	flushed = 20 * time.Second
)

// victim is a logger that suffers power cuts.
type victim struct {
	name    string
	fs      fileSystem
	script  []string // ./main gets all lines
	rate    int      // of the lines, in bytes a second
	flushes bool     // everything is on disk some time after it was written
	command string   // another logger than ours
}

var victims = []victim{
	{name: "y1s", fs: ext4, script: []string{"t", "s16777215", "n9999", "y1s", "./main"}, rate: 3e5, flushes: true},
	{name: "small files on xfs", fs: xfs, script: []string{"t", "s10000", "n9999", "./main"}, rate: 3e5},
	{name: "slow processor", fs: ext4, script: []string{"t", "s40000", "n9999", "y1s", "!sleep 0.25; cat", "./main"}, rate: 2e5, flushes: true},
	{name: "small files", fs: ext4, script: []string{"t", "s10000", "n9999", "./main"}, rate: 3e5},
	{name: "y1s on xfs", fs: xfs, script: []string{"t", "s16777215", "n9999", "y1s", "./main"}, rate: 3e5, flushes: true},
	{name: "zstd", fs: ext4, script: []string{"t", "z1", "s200000", "n9999", "y1s", "./main"}, rate: 5e5, flushes: true},
}

// comparison is for what it says only: what power cuts cost without y, and
// djb's multilog.
var comparison = []victim{
	{name: "without y", fs: ext4, script: []string{"t", "s16777215", "n9999", "./main"}, rate: 3e5},
	{name: "djb's", fs: ext4, script: []string{"t", "s16777215", "n9999", "./main"}, rate: 3e5, command: "multilog"},
	{name: "djb's small files", fs: ext4, script: []string{"t", "s10000", "n9999", "./main"}, rate: 3e5, command: "multilog"},
}

// shortVictims are those of -short, with a cut each.
const shortVictims = 3

// longestPause is the longest time between two cuts.
const longestPause = time.Second

// TestPowerCut cuts the power of loggers, and sees what is left.
func TestPowerCut(t *testing.T) {
	if testing.Short() {
		powerCuts(t, victims[:shortVictims], 1)
		return
	}
	powerCuts(t, victims, *cuts)
}

// TestPowerCutPeers tells what power cuts cost others.
func TestPowerCutPeers(t *testing.T) {
	if testing.Short() {
		t.Skip("for comparison only")
	}
	need(t, "multilog")
	powerCuts(t, comparison, *cuts)
}

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
	ours := binary(t)
	t.Run("scripts", func(t *testing.T) { // parallel ones end before what they stand on does
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
	outer  string // where images are
	dir    string // where they are mounted
	guest  string // where the logger runs
	random *rand.Rand
	number int             // of cuts
	lost   []time.Duration // how old was, at each cut, the last line before the first that is missing
	spoilt int             // .s files that are not what they were, or that do not follow each other
}

func (c *cutter) file() string { return strings.ReplaceAll(c.name, " ", "-") }

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
	l := run(t, c.guest, r, append([]string{c.command}, c.script...)...)
	p := pace(w, c.rate)
	until(t, "the first line", l.said, func() bool { return size(filepath.Join(c.guest, "main", "current")) > 0 })
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
	l.exits(0)
	if there := c.cut(t, image, false); there != sent && c.ours {
		t.Errorf("of %d lines %d are on disk after the logger has ended", sent, there)
	}
	if said := l.said(); c.ours && said != "" {
		t.Errorf("it says: %s", said)
	}
	slices.Sort(c.lost)
	t.Logf("%d cuts, %d lines: lost the last %.2f s, at most %.2f s; .s files not whole or not in their place: %d",
		n, sent, c.lost[len(c.lost)/2].Seconds(), c.lost[len(c.lost)-1].Seconds(), c.spoilt)
	if c.spoilt > 0 && c.ours {
		t.Error("what is called .s must be whole")
	}
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

func size(name string) int64 {
	info, err := os.Stat(name)
	if err != nil {
		return -1
	}
	return info.Size()
}

// cut cuts the power, and returns how many lines are left without a gap.
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

// begin is when the first line was logged.
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

// clone copies a file, by reference.
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

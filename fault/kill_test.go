package fault

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"

	"multilog/internal/test/logger"
)

var (
	kills = flag.Int("kills", 300, "how many kills, shared out among the scripts")
	seed  = flag.Uint64("seed", 0, "the seed of lines, writes and the times of kills; 0: another one each time")
)

const shortKills = 40

// longestLife is the longest time that a logger runs before it is killed. Start and
// recovery take a few milliseconds, and kills must hit them, too.
const longestLife = 25 * time.Millisecond

var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// content returns the content of a file, decompressed if it is zstd.
func content(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(b, zstdMagic) {
		return b
	}
	d, err := zstd.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if b, err = io.ReadAll(d); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return b
}

// all selects every line.
func all(int) bool { return true }

// scripts are those of the loggers that are killed.
var scripts = []struct {
	name   string
	io     string
	script []string
	dirs   map[string]func(n int) bool // log directories, and which lines belong there
}{
	{"t", "", []string{"t", "s16777215", "n9999", "./main"}, map[string]func(int) bool{"main": all}},
	{"plain", "", []string{"s16777215", "n9999", "./main"}, map[string]func(int) bool{"main": all}},
	{"pool", "pool", []string{"t", "s16777215", "n9999", "./main"}, map[string]func(int) bool{"main": all}},
	{"small files", "", []string{"t", "s65536", "n9999", "./main"}, map[string]func(int) bool{"main": all}},
	{"two directories", "", []string{"t", "s300000", "n9999", "./main", "-*", "+* *3 *", "./threes"},
		map[string]func(int) bool{"main": all, "threes": firstThreeLast}},
	{"processor", "", []string{"t", "s200000", "n9999", "!cat", "./main"}, map[string]func(int) bool{"main": all}},
	{"zstd", "", []string{"t", "z1", "s400000", "n9999", "./main"}, map[string]func(int) bool{"main": all}},
}

// firstThreeLast reports whether the first 3 in the number is its last digit. Those are
// the lines that the pattern "* *3 *" matches.
func firstThreeLast(n int) bool {
	digits := fmt.Sprintf("%0*d", numberDigits, n)
	return strings.IndexByte(digits, '3') == numberDigits-1
}

// startSeed returns -seed, or else a random seed. It logs what it returns.
func startSeed(t *testing.T) uint64 {
	t.Helper()
	from := *seed
	if from == 0 {
		from = rand.Uint64()
	}
	t.Logf("-seed=%d", from)
	return from
}

func TestKill(t *testing.T) {
	n := *kills
	if testing.Short() {
		n = min(n, shortKills)
	}
	bin := logger.Binary(t, "multilog")
	for i, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			from := startSeed(t)
			capacity := capacities[(i+int(from%uint64(len(capacities))))%len(capacities)]
			t.Logf("a pipe of %d bytes", capacity)
			env := append(os.Environ(), "MULTILOG_IO="+s.io, fmt.Sprintf("MULTILOG_PIPE=%d", capacity))
			dir := t.TempDir()
			sent := killOften(t, dir, env, append([]string{bin}, s.script...), (n+i)/len(scripts)+1, from, true)
			for name, wanted := range s.dirs {
				c, notes := account(read(t, filepath.Join(dir, name)), sent, s.script[0] == "t", wanted)
				t.Logf("%s: %d lines: lost %d, twice %d, torn %d, reordered %d", name, sent, c.lost, c.twice, c.torn, c.reordered)
				if c != (tally{}) {
					t.Errorf("%s: %+v\n%s", name, c, strings.Join(notes, "\n"))
				}
			}
		})
	}
}

// killOften starts a logger n times on one pipe and kills it each time after a random
// part of longestLife. Then it lets the logger read to the end. It returns how many lines
// were sent. If strict is true, the logger must not end by itself; s6-log now and then
// refuses to start after a kill.
func killOften(t *testing.T, dir string, env, command []string, n int, seed uint64, strict bool) int {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	setCapacity(t, w, env)
	random := rand.New(rand.NewPCG(seed, 2))
	p := produce(w, seed)
	start := func() *logger.Logger {
		l := logger.New(t, dir, command...)
		l.Command().Stdin, l.Command().Env = r, env
		l.Start()
		return l
	}
	for range n {
		l := start()
		time.Sleep(time.Duration(random.Int64N(int64(longestLife))))
		l.End()
		if l.Outcome() != "KILL" && strict {
			t.Fatalf("it has ended by itself: exit %s\n%s", l.Outcome(), l.Said())
		}
		awaitUnlocked(t, dir)
	}
	last := start()
	for try := 0; !strict && try < 10; try++ {
		time.Sleep(200 * time.Millisecond) // a refusal comes sooner
		if !last.Ended() {
			break
		}
		last = start()
	}
	sent := p.finish(t)
	if code := last.Wait(); code != 0 && strict {
		t.Fatalf("at the end: exit %s\n%s", last.Outcome(), last.Said())
	}
	return sent
}

// setCapacity gives the pipe the capacity that MULTILOG_PIPE in env tells the logger to
// ask for.
func setCapacity(t *testing.T, w *os.File, env []string) {
	t.Helper()
	for _, v := range env {
		if text, ok := strings.CutPrefix(v, "MULTILOG_PIPE="); ok {
			n, err := strconv.Atoi(text)
			if err == nil {
				_, err = unix.FcntlInt(w.Fd(), unix.F_SETPIPE_SZ, n)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// peers are other loggers.
var peers = []struct {
	name    string
	command []string
}{
	{"daemontools multilog", []string{"multilog", "s16777215", "n9999", "./main"}},
	{"s6-log", []string{"s6-log", "s16777215", "n9999", "./main"}},
	{"svlogd", []string{"svlogd", "./main"}},
}

// TestPeers logs what kills cost other loggers. Whatever they lose is no failure.
func TestPeers(t *testing.T) {
	if testing.Short() {
		t.Skip("for comparison only")
	}
	for _, peer := range peers {
		t.Run(peer.name, func(t *testing.T) {
			logger.Need(t, peer.command[0])
			dir := t.TempDir()
			if peer.name == "svlogd" {
				if err := os.Mkdir(filepath.Join(dir, "main"), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, "main", "config"), []byte("s16777215\nn9999\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			n := max(*kills/len(scripts), 1)
			sent := killOften(t, dir, os.Environ(), peer.command, n, 1, false)
			c, _ := account(read(t, filepath.Join(dir, "main")), sent, false, all)
			t.Logf("%d kills, %d lines: lost %d, twice %d, torn %d, reordered %d", n, sent, c.lost, c.twice, c.torn, c.reordered)
			if sent == 0 {
				t.Error("nothing was sent")
			}
		})
	}
}

// TestAccount checks that account notices each kind of damage.
func TestAccount(t *testing.T) {
	lines := func(numbers ...int) (b [][]byte) {
		for _, n := range numbers {
			b = append(b, bytes.TrimSuffix(appendLine(nil, n), []byte("\n")))
		}
		return b
	}
	torn := lines(1)[0]
	for name, c := range map[string]struct {
		lines [][]byte
		want  tally
	}{
		"whole":     {lines(0, 1, 2, 3), tally{}},
		"lost":      {lines(0, 2, 3), tally{lost: 1}},
		"twice":     {lines(0, 1, 2, 1, 3), tally{twice: 1}},
		"reordered": {lines(0, 2, 1, 3), tally{reordered: 1}},
		"torn":      {append(lines(0), torn[:len(torn)-1], lines(2)[0], lines(3)[0]), tally{torn: 1, lost: 1}},
	} {
		if got, _ := account(c.lines, 4, false, all); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

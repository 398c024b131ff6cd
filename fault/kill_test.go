package fault

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"
)

var (
	kills = flag.Int("kills", 300, "how many kills in all")
	seed  = flag.Uint64("seed", 0, "of the kills' times; 0 for another one each time")
)

const shortKills = 40

// longestLife is how long a logger lives at most before it is killed: start-up
// and recovery take a few milliseconds, and are to be hit too.
const longestLife = 25 * time.Millisecond

var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// content is a file's, unpacked.
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

// binary is the logger, which is built once.
func binary(t *testing.T) string {
	t.Helper()
	bin, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// builtDir is where the logger is built, once it is.
var builtDir string

var build = sync.OnceValues(func() (bin string, err error) {
	if builtDir, err = os.MkdirTemp("", "fault"); err != nil {
		return "", err
	}
	bin = filepath.Join(builtDir, "multilog")
	if out, err := exec.Command("go", "build", "-o", bin, "multilog/cmd/multilog").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
})

// need skips a test when a program is not installed; in CI, that fails.
func need(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed", program)
		}
		t.Skipf("%s is not installed", program)
	}
}

// all is every line.
func all(int) bool { return true }

// scripts are what is killed.
var scripts = []struct {
	name   string
	io     string
	script []string
	dirs   map[string]func(n int) bool // log directories, and what belongs there
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

// firstThreeLast says whether the first 3 in the number is its last digit,
// which is what the pattern "* *3 *" asks for.
func firstThreeLast(n int) bool {
	digits := fmt.Sprintf("%0*d", numberDigits, n)
	return strings.IndexByte(digits, '3') == numberDigits-1
}

// startSeed is -seed, or one of its own for each test, which its log tells.
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
	bin := binary(t)
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

// killOften starts the logger again and again on one pipe and kills it each
// time; then it lets it read to the end. It returns how many lines were sent.
// Unless strict, the logger may end by itself: s6-log now and then refuses to
// start after a kill.
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
	start := func() (*exec.Cmd, *bytes.Buffer) {
		cmd, said := exec.Command(command[0], command[1:]...), new(bytes.Buffer)
		cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stderr = dir, env, r, said
		cmd.WaitDelay = 10 * time.Second // a processor may hold standard error
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd, said
	}
	for range n {
		cmd, said := start()
		time.Sleep(time.Duration(random.Int64N(int64(longestLife))))
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != -1 && strict {
			t.Fatalf("it ended by itself: exit code %d\n%s", code, said)
		}
		released(t, dir)
	}
	cmd, said := start()
	for range 10 {
		if strict {
			break
		}
		// Whether it stays is seen soon; if not, another try.
		time.Sleep(200 * time.Millisecond)
		if !zombie(cmd.Process.Pid) {
			break
		}
		_ = cmd.Wait()
		cmd, said = start()
	}
	sent := p.finish(t)
	if err := cmd.Wait(); err != nil && strict {
		t.Fatalf("at the end: %v\n%s", err, said)
	}
	return sent
}

// setCapacity gives the pipe the capacity that the logger is told to ask for.
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

// zombie says whether the process has ended and waits to be waited for.
func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, ok := strings.Cut(string(stat), ") ")
	return err != nil || !ok || strings.HasPrefix(state, "Z")
}

// peers are other loggers, for comparison.
var peers = []struct {
	name    string
	command []string
}{
	{"daemontools multilog", []string{"multilog", "s16777215", "n9999", "./main"}},
	{"s6-log", []string{"s6-log", "s16777215", "n9999", "./main"}},
	{"svlogd", []string{"svlogd", "./main"}},
}

// TestPeers tells what kills cost other loggers. There is nothing that they
// must keep.
func TestPeers(t *testing.T) {
	if testing.Short() {
		t.Skip("for comparison only")
	}
	for _, peer := range peers {
		t.Run(peer.name, func(t *testing.T) {
			if _, err := exec.LookPath(peer.command[0]); err != nil {
				t.Skip("not installed")
			}
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

// TestAccount sees that the accounting notices harm.
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

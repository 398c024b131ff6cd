package fault

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"multilog/internal/test/logger"
)

// In this file our logger and daemontools' take turns at one directory and one pipe, which
// the producer keeps open. A logger gets TERM at any moment, also while files are pending
// or a processor runs. Ours is also killed. After a kill ours runs next, because only it
// understands the record in the lock page. If daemontools' runs next, nothing is lost, but
// the batch in flight is logged twice, and the rest of a line gets a label of its own.

// djbs is the path of daemontools' multilog.
const djbs = "/usr/bin/multilog"

var rollbacks = []struct {
	name   string
	script []string
	few    int  // how many old files are kept; 0: all
	anyone bool // either logger may run after a kill
}{
	{name: "labels", script: []string{"t", "s30000", "n9999", "=status", "./main"}},
	{name: "plain", script: []string{"s30000", "n9999", "=status", "./main"}},
	{name: "few files", script: []string{"t", "s4096", "n5", "=status", "./main"}, few: 4},
	{name: "processor", script: []string{"t", "s60000", "n9999", "=status", "!cat", "./main"}},
	// n bounds how many files are to be processed at the end of a turn.
	{name: "slow processor", script: []string{"t", "s200000", "n40", "=status", "!sleep 0.03; cat", "./main"}, few: 39},
	{name: "zstd", script: []string{"t", "z1", "s200000", "n40", "=status", "./main"}, few: 39},
	{name: "synced, capped by age", script: []string{"t", "y1ms", "a10ms", "s200000", "n9999", "=status", "./main"}},
	{name: "anyone after a kill", script: []string{"t", "s30000", "n9999", "=status", "./main"}, anyone: true},
}

func TestRollback(t *testing.T) {
	logger.Need(t, djbs)
	n := *kills
	if testing.Short() {
		n = min(n, shortKills)
	}
	ours := logger.Binary(t, "multilog")
	for _, c := range rollbacks {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			from := startSeed(t)
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			p := produce(w, from)
			turns := &turns{t: t, dir: t.TempDir(), stdin: r, script: c.script, few: c.few, anyone: c.anyone, random: rand.New(rand.NewPCG(from, 4))}
			for range n / len(rollbacks) {
				turns.take(ours)
			}
			last := turns.run(ours)
			sent := p.finish(t)
			last.Exits(0)

			main := filepath.Join(turns.dir, "main")
			lines, stamped, first := read(t, main), c.script[0] == "t", 0
			if c.few > 0 {
				lines = kept(t, main)
				first = number(lines[0], stamped)
			}
			found, notes := account(lines, sent, stamped, func(n int) bool { return n >= first })
			t.Logf("%d turns of ours, %d of djb's, %d kills, %d lines: %+v", turns.ours, turns.djbs, turns.kills, sent, found)
			if c.anyone {
				// daemontools' reads the batch in flight again, even if it was written in part
				found, notes = account(withoutLabelsWithin(lines), sent, stamped, func(n int) bool { return n >= first })
				// A line whose beginning stood in our lock page when we were killed is in
				// two pieces, both of them logged. Each kill may cost one such line.
				lost := found.lost
				found.twice, found.torn, found.lost = 0, 0, 0
				if lost > turns.kills || lost > 0 && lost > inTwoPieces(lines, sent) {
					found.lost = lost
				}
			}
			if found != (tally{}) {
				t.Errorf("%+v\n%s", found, strings.Join(notes, "\n"))
			}
			status := content(t, filepath.Join(turns.dir, "status"))
			line, _, _ := bytes.Cut(status, []byte("\n"))
			if number(line, stamped) != sent-1 {
				t.Errorf("=status does not hold the last line, %d, but %.60q", sent-1, line)
			}
		})
	}
}

var anyLabel = regexp.MustCompile(`@[0-9a-f]{24} `)

// withoutLabelsWithin splits lines at labels inside them. If the text on both sides of
// such a label makes one line that was sent, it joins them instead.
func withoutLabelsWithin(lines [][]byte) [][]byte {
	var all [][]byte
	for _, line := range lines {
		from := 0
		for _, at := range anyLabel.FindAllIndex(line, -1) {
			if at[0] == from {
				continue
			}
			joined := slices.Concat(line[from:at[0]], line[at[1]:])
			if n := number(joined, true); n >= 0 && bytes.HasSuffix(append(joined, '\n'), appendLine([]byte{' '}, n)) {
				line, from = joined, 0
				break
			}
			all = append(all, line[from:at[0]])
			from = at[0]
		}
		all = append(all, line[from:])
	}
	return all
}

// inTwoPieces returns how many of the lines that were sent are not there whole, but as a
// beginning and the rest.
func inTwoPieces(lines [][]byte, sent int) (n int) {
	there := map[string]bool{}
	for _, line := range withoutLabelsWithin(lines) {
		_, text, _ := bytes.Cut(line, []byte(" "))
		there[string(text)] = true
	}
	for i := range sent {
		line := strings.TrimSuffix(string(appendLine(nil, i)), "\n")
		if there[line] {
			continue
		}
		for at := 1; at < len(line); at++ {
			if there[line[:at]] && there[line[at:]] {
				n++
				break
			}
		}
	}
	return n
}

// turns is a directory at which two loggers take turns.
type turns struct {
	t      *testing.T
	dir    string
	stdin  *os.File
	script []string
	few    int
	anyone bool
	random *rand.Rand

	killed            bool // ours was killed and has not ended cleanly since
	ours, djbs, kills int
}

// take runs one of the loggers for a random time and ends it.
func (s *turns) take(ours string) {
	s.t.Helper()
	command := ours
	if (!s.killed || s.anyone) && s.random.IntN(2) == 0 {
		command = djbs
		s.djbs++
	} else {
		s.ours++
	}
	l := s.run(command)
	if s.random.IntN(4) > 0 { // otherwise the signal may come while it is starting
		l.Until("it has started", func() bool { return hasOpen(l, filepath.Join(s.dir, "main", "current")) || l.Ended() })
	}
	time.Sleep(time.Duration(s.random.Int64N(int64(longestLife))))
	if command == ours && s.random.IntN(3) == 0 {
		l.End()
		s.killed = true
		s.kills++
		return
	}
	_ = l.Command().Process.Signal(syscall.SIGTERM) // it may have ended
	clean := l.Wait() == 0
	if clean {
		s.killed = false
	} else if l.Outcome() != "TERM" { // the signal came before it was caught
		s.t.Fatalf("%s: exit %s\n%s", command, l.Outcome(), l.Said())
	}
	said := l.Said()
	if s.anyone && strings.Count(said, "\n") == 1 && strings.Contains(said, "unable to go on with the line whose beginning is in ./main/lock") {
		said = "" // daemontools' has taken its end
	}
	if said != "" {
		s.t.Errorf("%s has said: %s", command, said)
	}
	if s.few > 0 {
		old, _ := filepath.Glob(filepath.Join(s.dir, "main", "@*"))
		if len(old) > s.few && clean {
			s.t.Errorf("%s leaves %d old files, not %d", command, len(old), s.few)
		}
	}
}

// run starts a logger.
func (s *turns) run(command string) *logger.Logger {
	s.t.Helper()
	if s.killed {
		awaitUnlocked(s.t, s.dir)
	}
	return logger.Start(s.t, s.dir, s.stdin, append([]string{command}, s.script...)...)
}

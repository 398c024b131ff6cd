package fault

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Our logger and daemontools' take turns at one directory, on one pipe, which a
// producer holds. Either is sent TERM at any moment, while files are pending or
// a processor is at work; ours is killed, too, and is then the next again: only
// it knows of records in flight. If it is not, nothing is lost, but what was in
// flight comes twice, and the rest of a line gets a label of its own.

// djb's is the original.
const djbs = "/usr/bin/multilog"

var rollbacks = []struct {
	name   string
	script []string
	few    int  // old files that are kept; 0 for all
	anyone bool // may come after a kill
}{
	{name: "labels", script: []string{"t", "s30000", "n9999", "=status", "./main"}},
	{name: "plain", script: []string{"s30000", "n9999", "=status", "./main"}},
	{name: "few files", script: []string{"t", "s4096", "n5", "=status", "./main"}, few: 4},
	{name: "processor", script: []string{"t", "s60000", "n9999", "=status", "!cat", "./main"}},
	{name: "slow processor", script: []string{"t", "s200000", "n9999", "=status", "!sleep 0.03; cat", "./main"}},
	{name: "zstd", script: []string{"t", "z1", "s200000", "n9999", "=status", "./main"}},
	{name: "synced, capped by age", script: []string{"t", "y1ms", "a10ms", "s200000", "n9999", "=status", "./main"}},
	{name: "anyone after a kill", script: []string{"t", "s30000", "n9999", "=status", "./main"}, anyone: true},
}

func TestRollback(t *testing.T) {
	need(t, djbs)
	n := *kills
	if testing.Short() {
		n = min(n, shortKills)
	}
	ours := binary(t)
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
			last.exits(0)

			main := filepath.Join(turns.dir, "main")
			lines, stamped, first := read(t, main), c.script[0] == "t", 0
			if c.few > 0 {
				lines = kept(t, main)
				first = number(lines[0], stamped)
			}
			found, notes := account(lines, sent, stamped, func(n int) bool { return n >= first })
			t.Logf("%d turns of ours, %d of djb's, %d kills, %d lines: %+v", turns.ours, turns.djbs, turns.kills, sent, found)
			if c.anyone {
				// djb's reads again what was in flight, whatever is written of it.
				found, notes = account(withoutLabelsWithin(lines), sent, stamped, func(n int) bool { return n >= first })
				found.twice, found.torn = 0, 0
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

// withoutLabelsWithin splits lines at the labels that are within them, unless
// what is on both sides makes one that was sent.
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

// turns is a directory at which loggers take turns.
type turns struct {
	t      *testing.T
	dir    string
	stdin  *os.File
	script []string
	few    int
	anyone bool
	random *rand.Rand

	killed            bool // ours was, and has not run since
	ours, djbs, kills int
}

// take has a logger run for a while.
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
	if s.random.IntN(4) > 0 { // or else what happens may do so at the start
		until(s.t, "it begins to read", l.said, func() bool { return s.hasOpen(l, "current") || zombie(l.cmd.Process.Pid) })
	}
	time.Sleep(time.Duration(s.random.Int64N(int64(longestLife))))
	if command == ours && s.random.IntN(3) == 0 {
		l.kill()
		s.killed = true
		s.kills++
		return
	}
	l.signal(syscall.SIGTERM)
	until(s.t, "its end", l.said, func() bool { return zombie(l.cmd.Process.Pid) })
	l.ended = true
	err := l.cmd.Wait()
	if err == nil {
		s.killed = false
	} else if l.cmd.ProcessState.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM { // which comes before it is ready for it
		s.t.Fatalf("%s: %v\n%s", command, err, l.said())
	}
	if said := l.said(); said != "" {
		s.t.Errorf("%s says: %s", command, said)
	}
	if s.few > 0 {
		old, _ := filepath.Glob(filepath.Join(s.dir, "main", "@*"))
		if len(old) > s.few && err == nil {
			s.t.Errorf("%s leaves %d old files, not %d", command, len(old), s.few)
		}
	}
}

// hasOpen says whether a logger has a file of the log directory open.
func (s *turns) hasOpen(l *logger, name string) bool {
	fds := fmt.Sprintf("/proc/%d/fd", l.cmd.Process.Pid)
	entries, _ := os.ReadDir(fds)
	for _, e := range entries {
		if to, err := os.Readlink(filepath.Join(fds, e.Name())); err == nil && to == filepath.Join(s.dir, "main", name) {
			return true
		}
	}
	return false
}

func (s *turns) run(command string) *logger {
	s.t.Helper()
	if s.killed {
		released(s.t, s.dir)
	}
	return run(s.t, s.dir, s.stdin, append([]string{command}, s.script...)...)
}

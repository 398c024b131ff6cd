package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"multilog/bench/maillog"
	"multilog/internal/test/logger"
	"multilog/internal/test/memdir"
	"multilog/tai64n"
)

var followFor = flag.Duration("follow", 2*time.Second, "how long TestFollowBesideLogger follows each logger")

// Beside a logger that rotates hundreds of times a second, mlcat -f shows each line once
// and in order. If the logger removes files before they can be read, no more is missing
// than the warnings say.
func TestFollowBesideLogger(t *testing.T) {
	mlcat, ours := logger.Binary(t, "mlcat"), logger.Binary(t, "multilog")
	for _, tt := range []struct {
		name, logger string
		script       []string
		prunes       bool // faster, perhaps, than can be read
	}{
		{"ours", ours, []string{"t", "s4096", "n10000000", "./main"}, false},
		{"ours, processor", ours, []string{"t", "s32768", "n10000000", "!gzip", "./main"}, false},
		{"ours, few files", ours, []string{"t", "s4096", "n20", "./main"}, true},
		{"ours, without inotify", ours, []string{"t", "s4096", "n10000000", "./main"}, false},
		{"ours, processor, without inotify", ours, []string{"t", "s32768", "n10000000", "!gzip", "./main"}, false},
		{"ours, few files, without inotify", ours, []string{"t", "s4096", "n20", "./main"}, true},
		{"ours, stopped meanwhile", ours, []string{"t", "s4096", "n20", "./main"}, true},
		{"daemontools", "multilog", []string{"t", "s4096", "n10000000", "./main"}, false},
		{"daemontools, processor", "multilog", []string{"t", "s32768", "n10000000", "!gzip", "./main"}, false},
		{"daemontools, few files", "multilog", []string{"t", "s4096", "n20", "./main"}, true},
		{"daemontools, stopped meanwhile", "multilog", []string{"t", "s4096", "n20", "./main"}, true},
		{"s6-log", "s6-log", []string{"t", "n10000000", "s4096", "./main"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // it waits more than it works
			logger.Need(t, tt.logger)
			duration := *followFor
			if testing.Short() {
				duration = min(duration, time.Second/2)
			}
			f := &following{dir: memdir.New(t), duration: duration, prunes: tt.prunes, stops: strings.Contains(tt.name, "stopped"), blind: strings.Contains(tt.name, "without inotify")}
			f.log = maillog.New(maillog.Config{Seed: 3})
			f.run(t, mlcat, append([]string{tt.logger}, tt.script...))
			f.check(t)
		})
	}
}

// following is one run of a logger, and of mlcat -f beside it.
type following struct {
	dir      string
	duration time.Duration
	prunes   bool
	stops    bool // mlcat is stopped for a while, so that files go unseen
	blind    bool // no changes are reported to mlcat

	log      *maillog.Generator
	follower *logger.Logger // mlcat -f

	sent [][]byte // lines, each of which begins with its number
	got  []byte
	said string // by mlcat
}

// run feeds the logger, and waits until the last line is shown.
func (f *following) run(t *testing.T, mlcat string, command []string) {
	out, err := os.Create(filepath.Join(f.dir, "out"))
	if err = errors.Join(err, os.Mkdir(filepath.Join(f.dir, "main"), 0o755)); err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	follower := []string{mlcat, "-f", "--no-tail", "-o", "cat", "main"}
	if f.blind {
		follower = append([]string{"withoutinotify"}, follower...)
	}
	f.follower = logger.New(t, f.dir, follower...)
	f.follower.Command().Stdout = out
	f.follower.Start()
	l := logger.Start(t, f.dir, nil, command...)
	f.send(t, l.In, 1)
	f.awaitLast(t, out) // what goes before mlcat looks for the first time is not missed
	f.feed20000(t, l.In)
	l.EOF()
	f.awaitLast(t, out)
	f.follower.End()
	l.Exits(0)
	f.said = f.follower.Said()
	if f.blind {
		var found bool
		if f.said, found = strings.CutPrefix(f.said, notWatched); !found {
			t.Errorf("no word that main is not watched; mlcat said: %s", f.said)
		}
	}
	if f.got, err = os.ReadFile(out.Name()); err != nil {
		t.Fatal(err)
	}
}

// awaitLast waits until the last line that was sent is the last one in out.
func (f *following) awaitLast(t *testing.T, out *os.File) {
	t.Helper()
	last := f.sent[len(f.sent)-1]
	tail := make([]byte, len(last))
	f.follower.Until("it shows the last line that was sent", func() bool {
		info, err := out.Stat()
		if err != nil {
			t.Fatal(err)
		}
		_, err = out.ReadAt(tail, max(0, info.Size()-int64(len(last))))
		return err == nil && bytes.Equal(tail, last)
	})
}

// feed20000 sends some 20,000 lines a second.
func (f *following) feed20000(t *testing.T, in io.Writer) {
	const every, lines = 2 * time.Millisecond, 40
	tick := time.NewTicker(every)
	defer tick.Stop()
	rounds := int(f.duration / every)
	for i := range rounds {
		<-tick.C
		if f.stops && i == rounds/3 {
			f.follower.Signal(unix.SIGSTOP)
		}
		if f.stops && i == rounds*2/3 {
			f.follower.Signal(unix.SIGCONT)
		}
		f.send(t, in, lines)
	}
}

// send writes lines with one write, and remembers them.
func (f *following) send(t *testing.T, in io.Writer, lines int) {
	var batch []byte
	for range lines {
		line := f.log.AppendLine(fmt.Appendf(nil, "%d ", len(f.sent)))
		f.sent = append(f.sent, line)
		batch = append(batch, line...)
	}
	if _, err := in.Write(batch); err != nil {
		t.Fatal(err)
	}
}

// check compares the lines that were shown with those that were sent, and the missing
// lines with the warnings about them.
func (f *following) check(t *testing.T) {
	next, missing := 0, 0 // the line that should come; bytes
	for line := range bytes.Lines(f.got) {
		number, _, _ := bytes.Cut(line, []byte(" "))
		n, err := strconv.Atoi(string(number))
		switch {
		case err != nil || n >= len(f.sent) || !bytes.Equal(line, f.sent[n]):
			t.Fatalf("shown, but never sent: %q", line)
		case n < next:
			t.Fatalf("line %d is shown after line %d", n, next-1)
		}
		for ; next < n; next++ {
			missing += len(f.sent[next]) + tai64n.Len + 1
		}
		next++
	}
	if next < len(f.sent) {
		t.Errorf("the last line that is shown is %d of %d", next, len(f.sent))
	}
	files, vague := f.removed(t)
	t.Logf("%d lines, %d bytes not shown, %d files said to be removed", len(f.sent), missing, files)
	switch {
	case !f.prunes && (missing > 0 || len(f.said) > 0):
		t.Errorf("%d bytes are missing; mlcat said: %s", missing, f.said)
	case !vague && missing > files*minFileBytes:
		t.Errorf("%d bytes are missing, of %d files; mlcat said: %s", missing, files, f.said)
	case missing == 0 && files > 0:
		t.Errorf("nothing is missing; mlcat said: %s", f.said)
	}
}

const notWatched = "mlcat: warning: unable to watch main: too many inotify instances (fs.inotify.max_user_instances) or open files; looking for new lines every second\n"

const minFileBytes = 4096 // of a logger that prunes

var removedMessage = regexp.MustCompile(`^mlcat: warning: main: (?:(\d+) old files were|(an old file was)|(some old files may have been)) removed before being read`)

// removed returns how many files the warnings say were removed, and whether a warning
// leaves that open.
func (f *following) removed(t *testing.T) (files int, vague bool) {
	for line := range strings.Lines(f.said) {
		m := removedMessage.FindStringSubmatch(line)
		switch {
		case m == nil:
			t.Errorf("mlcat said: %s", line)
		case m[1] != "":
			n, err := strconv.Atoi(m[1])
			if err != nil {
				t.Fatal(err)
			}
			files += n
		case m[2] != "":
			files++
		default:
			vague = true
		}
	}
	return files, vague
}

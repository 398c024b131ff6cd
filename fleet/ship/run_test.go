package ship

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"multilog/fleet/layout"
	"multilog/fleet/store"
	"multilog/fleet/store/simstore"
	"multilog/tai64n"
)

// shared is a store for several goroutines, which may fail.
type shared struct {
	mu  sync.Mutex
	s   *simstore.Store
	err error
}

func (s *shared) do(what func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	return what()
}

func (s *shared) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *shared) List(ctx context.Context, prefix, after string, delimiter bool) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		var all []store.Entry
		err := s.do(func() error {
			for e := range s.s.List(ctx, prefix, after, delimiter) {
				all = append(all, e)
			}
			return nil
		})
		for _, e := range all {
			if !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(store.Entry{}, err)
		}
	}
}

func (s *shared) Get(ctx context.Context, key string, off, n int64) (r io.ReadCloser, err error) {
	err = s.do(func() error { r, err = s.s.Get(ctx, key, off, n); return err })
	return r, err
}

func (s *shared) Head(ctx context.Context, key string) (o store.Object, err error) {
	err = s.do(func() error { o, err = s.s.Head(ctx, key); return err })
	return o, err
}

func (s *shared) PutNew(ctx context.Context, key string, body store.Body, meta map[string]string) error {
	return s.do(func() error { return s.s.PutNew(ctx, key, body, meta) })
}

func (s *shared) Delete(ctx context.Context, keys ...string) error {
	return s.do(func() error { return s.s.Delete(ctx, keys...) })
}

func (s *shared) has(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.s.Objects[key]
	return ok
}

// running is a Sender at work.
type running struct {
	*Sender
	stop  chan struct{}
	ended chan int
	mu    sync.Mutex
	said  []string
}

func runSender(t *testing.T, s store.Store, dir string) *running {
	r := &running{stop: make(chan struct{}), ended: make(chan int, 1)}
	say := func(text string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.said = append(r.said, text)
	}
	log := NewLog(theLog, OSDirectory(dir), Config{Store: s, Keep: 1 << 20, Now: time.Now,
		Warn: func(_ layout.Log, text string) { say(text) }})
	r.Sender = &Sender{Every: 10 * time.Millisecond, Logs: []*Log{log}, Dirs: []string{dir}, Warn: say, Advance: func() {}}
	go func() { r.ended <- r.Run(r.stop) }()
	t.Cleanup(func() { r.end() })
	return r
}

// end ends it, and returns how many logs have something left.
func (r *running) end() int {
	if !stopped(r.stop) {
		close(r.stop)
		left := <-r.ended
		r.ended <- left
		return left
	}
	return 0
}

func (r *running) says(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.said, func(s string) bool { return strings.Contains(s, text) })
}

func until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("still not: " + what)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func labelAt(second int) string { return tai64n.Of(time.Unix(1_800_000_000+int64(second), 0)).String() }

func line(second int) string { return labelAt(second) + fmt.Sprintf(" line %d\n", second) }

// TestSender has a directory come late, go, and come back, on a real file system.
func TestSender(t *testing.T) {
	s := &shared{s: simstore.New(1)}
	dir := filepath.Join(t.TempDir(), "main")
	r := runSender(t, s, dir)
	until(t, "it says that the directory is not there", func() bool { return r.says("there is no such directory") })
	for round := range 2 {
		at := 100 * round
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, dir+"/"+labelAt(at+2)+".s", line(at+1)+line(at+2))
		write(t, dir+"/current", line(at+3))
		until(t, "the file is in the store", func() bool { return s.has(theLog.File(labelAt(at+2) + ".s")) })
		id, _ := layout.IDOf([]byte(line(at + 3)))
		until(t, "the piece is in the store", func() bool { return s.has(theLog.Piece(id, labelAt(at+3), 0)) })
		if round == 0 {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}
	}
	f, err := os.OpenFile(dir+"/current", os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(line(104)); err != nil {
		t.Fatal(err)
	}
	if left := r.end(); left != 0 {
		t.Errorf("%d logs are left", left)
	}
	view, err := layout.Look(context.Background(), s, theLog, "")
	if err != nil || len(view.Files) != 2 {
		t.Fatalf("%+v, %v", view, err)
	}
	var all []byte
	for _, live := range view.Live {
		data, err := layout.ReadLive(context.Background(), s, live)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data...)
	}
	if want := line(3) + line(103) + line(104); string(all) != want { // the first is all that is left of the first directory's
		t.Errorf("pieces hold\n%s, want\n%s", all, want)
	}
}

// A file that the logger removes while the store is away stays, and is sent later. The
// message says what fails, for which log, on which key, and what happens next.
func TestStoreAway(t *testing.T) {
	s := &shared{s: simstore.New(1)}
	dir := t.TempDir()
	write(t, dir+"/current", line(1))
	r := runSender(t, s, dir)
	id, _ := layout.IDOf([]byte(line(1)))
	until(t, "it is at work", func() bool { return s.has(theLog.Piece(id, labelAt(1), 0)) })
	s.fail(&store.Error{Op: "put", Key: "logs/a", Kind: store.Full})
	if err := os.Rename(dir+"/current", dir+"/"+labelAt(2)+".s"); err != nil {
		t.Fatal(err)
	}
	write(t, dir+"/current", line(3))
	until(t, "it has a second name", func() bool {
		names, _ := filepath.Glob(dir + "/.ship/" + labelAt(2) + "*")
		return len(names) == 1
	})
	if err := os.Remove(dir + "/" + labelAt(2) + ".s"); err != nil {
		t.Fatal(err)
	}
	until(t, "it tells the error", func() bool {
		return r.says("mx1/smtpd: unable to put logs/a: the store is full; trying again in ") && r.says(": make room in the store")
	})
	s.fail(nil)
	until(t, "the file is in the store", func() bool { return s.has(theLog.File(labelAt(2) + ".s")) })
	until(t, "it says that all is well", func() bool { return r.says("mx1/smtpd: sent again after ") })
	until(t, "the second name is gone", func() bool {
		names, _ := filepath.Glob(dir + "/.ship/@*")
		return len(names) == 0
	})
}

// A second sender of a directory waits for the first to end, and says so.
func TestTwoSenders(t *testing.T) {
	s := &shared{s: simstore.New(1)}
	dir := t.TempDir()
	write(t, dir+"/current", line(1))
	first := runSender(t, s, dir)
	until(t, "the first has the lock", func() bool { _, err := os.Stat(dir + "/.ship/lock"); return err == nil })
	until(t, "the first sends", func() bool { return first.Logs[0].Stats().Pieces > 0 })
	second := runSender(t, s, dir)
	until(t, "the second waits", func() bool { return second.says("another mlship sends this directory; trying again in ") })
	first.end()
	until(t, "the second goes on", func() bool { return second.says("sent again after ") })
}

// What is in the way under a log's names is not opened.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/file", "secret")
	if err := os.Symlink("file", dir+"/current"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir+"/"+labelAt(1)+".s", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"current", labelAt(1) + ".s"} {
		if f, err := OSDirectory(dir).Open(name, false); err == nil {
			f.Close()
			t.Errorf("%s is opened", name)
		}
	}
}

func TestLogName(t *testing.T) {
	for dir, want := range map[string]string{
		"/service/qmail-send/log/main": "qmail-send", "/service/qmail-send/log/main/": "qmail-send", "/var/log/smtpd": "smtpd",
		"/etc/sv/x/log": "x", "/main": "main", "/var/log/main": "var",
	} {
		if got, _ := LogName(dir); got != want {
			t.Errorf("%s is %s, want %s", dir, got, want)
		}
	}
}

// The figures are OpenMetrics: each with its type and help, an end, and no file half
// written.
func TestMetrics(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mlship.prom")
	log := NewLog(theLog, newMemDir(), Config{Store: simstore.New(1), Now: time.Now, Warn: func(layout.Log, string) {}})
	log.stats.Files, log.stats.Complete = 7, time.Unix(100, 0)
	if err := WriteMetrics(path, []*Log{log}, time.Unix(160, 0)); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# TYPE mlship_files counter\n", "mlship_files_total{host=\"mx1\",log=\"smtpd\"} 7\n",
		"# UNIT mlship_lag_seconds seconds\n", "mlship_lag_seconds{host=\"mx1\",log=\"smtpd\"} 60\n"} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if !bytes.HasSuffix(text, []byte("\n# EOF\n")) {
		t.Errorf("it ends in %q", text[len(text)-20:])
	}
}

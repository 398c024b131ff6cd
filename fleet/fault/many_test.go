package fault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"multilog/fleet/layout"
	"multilog/fleet/store"
	"multilog/internal/seekable"
	"multilog/tai64n"
)

var (
	hosts     = flag.Int("hosts", 3, "hosts whose logs TestMany reads")
	files     = flag.Int("files", 12, "files of each of these logs, one an hour")
	fileBytes = flag.Int("filebytes", 1<<20, "bytes in each of these files before compression")
)

// makeLog puts a log of compressed files into a directory and into the store, under the name
// of the first host, and gives the other hosts the same files. Each file spans an hour. It
// returns when the first one begins.
func makeLog(t *testing.T, s *server, dir string) (begin time.Time) {
	begin = time.Unix(1_790_000_000, 0)
	lines := *fileBytes / 75
	var names []string
	for i := range *files {
		var packed bytes.Buffer
		w, err := seekable.NewWriter(&packed, seekable.MinLevel)
		if err != nil {
			t.Fatal(err)
		}
		var at time.Time
		for j := range lines {
			at = begin.Add(time.Duration(i)*time.Hour + time.Duration(j)*time.Hour/time.Duration(lines))
			fmt.Fprintf(w, "%s %d: delivery %x: success: as most are\n", tai64n.Of(at), i*lines+j, sha256.Sum256([]byte{byte(j), byte(j >> 8)}))
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		name := tai64n.Of(at).String() + ".s.zst"
		names = append(names, name)
		if err := os.WriteFile(filepath.Join(dir, name), packed.Bytes(), 0o744); err != nil {
			t.Fatal(err)
		}
		body := store.Body{Data: bytes.NewReader(packed.Bytes()), Size: int64(packed.Len()), SHA256: sha256.Sum256(packed.Bytes())}
		if err := s.client().PutNew(context.Background(), theLog.File(name), body, nil); err != nil {
			t.Fatal(err)
		}
	}
	for i := 2; i <= *hosts; i++ {
		log := layout.Log{Prefix: theLog.Prefix, Host: fmt.Sprintf("mx%d", i), Name: theLog.Name}
		to := filepath.Join(s.dir, bucket, log.Dir())
		if err := os.MkdirAll(to, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if err := os.Link(filepath.Join(s.dir, bucket, theLog.File(name)), filepath.Join(to, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return begin
}

// requests returns how many requests the store has got.
func (s *server) requests() int {
	text, err := os.ReadFile(s.requestsFile())
	if err != nil {
		s.t.Fatal(err)
	}
	return bytes.Count(text, []byte{'\n'})
}

// TestMany reads a minute out of the logs of many hosts, and searches a log. What it
// reads must be what the directory has, with few requests.
func TestMany(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	s := startServer(t)
	s.need("versitygw")
	mlcat := buildReader(t)
	dir := t.TempDir()
	begin := makeLog(t, s, dir)
	from := begin.Add(time.Duration(*files)*time.Hour/2 + 17*time.Minute)
	minute := []string{"-o", "cat", "-S", tai64n.Of(from).String(), "-U", tai64n.Of(from.Add(time.Minute)).String()}
	before, started := s.requests(), time.Now()
	got := output(t, mlcat, append(minute, "s3://"+bucket+"/logs/mx*/log")...)
	took, asked := time.Since(started), s.requests()-before
	want := output(t, mlcat, append(minute, dir)...)
	if n := strings.Count(want, "\n"); n == 0 || strings.Count(got, "\n") != *hosts*n {
		t.Errorf("%d lines of %d hosts, want %d of each", strings.Count(got, "\n"), *hosts, n)
	}
	const perHost = 20
	if asked > perHost**hosts {
		t.Errorf("%d requests for %d hosts", asked, *hosts)
	}
	t.Logf("a minute out of %d hosts x %d files of %d bytes: %v, %d requests", *hosts, *files, *fileBytes, took, asked)

	search := []string{"-o", "cat", "-g", "^[0-9]*7777: "}
	before, started = s.requests(), time.Now()
	got = output(t, mlcat, append(search, aLog)...)
	took, asked = time.Since(started), s.requests()-before
	started = time.Now()
	if want := output(t, mlcat, append(search, dir)...); got != want {
		t.Errorf("the search finds %q, want %q", got, want)
	}
	t.Logf("a search of %d files of %d bytes: %v, %d requests; in the directory: %v", *files, *fileBytes, took, asked, time.Since(started))
}

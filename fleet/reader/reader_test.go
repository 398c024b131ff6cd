package reader

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/klauspost/compress/zstd"

	"multilog/fleet/layout"
	"multilog/fleet/store"
	"multilog/fleet/store/simstore"
	"multilog/tai64n"
)

var (
	ctx    = context.Background()
	theLog = layout.Log{Prefix: "p", Host: "mx1", Name: "smtpd"}
)

// text returns lines from number from to number to, labelled one second apart.
func text(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "%s line %d\n", label(i), i)
	}
	return b.String()
}

func label(i int) tai64n.Label { return tai64n.Label{Sec: tai64n.UnixEpoch + 1e9 + uint64(i)} }

func put(t *testing.T, s store.Store, key, data string) {
	t.Helper()
	b := store.Body{Data: strings.NewReader(data), Size: int64(len(data)), SHA256: sha256.Sum256([]byte(data))}
	if err := s.PutNew(ctx, key, b, nil); err != nil {
		t.Fatal(err)
	}
}

func pack(data string) string {
	var b bytes.Buffer
	w, _ := zstd.NewWriter(&b)
	_, _ = w.Write([]byte(data))
	w.Close()
	return b.String()
}

// fileNames returns the names in a look.
func fileNames(t *testing.T, l *Log, after string) (names []string) {
	t.Helper()
	view, err := l.Look(ctx, after)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range view.Files {
		names = append(names, f.Name)
	}
	return names
}

// A file is read through its pieces, which may overlap, and then, under the same ID,
// through the finished file.
func TestGrowing(t *testing.T) {
	for _, name := range []string{".s", ".s.zst"} {
		s := simstore.New(1)
		l := New(Retry(s), theLog)
		if _, err := l.Look(ctx, ""); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a log that is not there: %v", err)
		}
		first, second, third := text(0, 10), text(10, 20), text(20, 30)
		id, _ := layout.IDOf([]byte(text(0, 1)))
		put(t, s, theLog.Piece(id, label(0).String(), 0), pack(first))
		put(t, s, theLog.Piece(id, label(5).String(), int64(len(text(0, 5)))), pack(text(5, 20)))
		view, err := l.Look(ctx, "")
		if err != nil || len(view.Files) != 1 || view.Files[0].Name != "current" || view.Files[0].Size != int64(len(first+second)) {
			t.Fatalf("%+v, %v", view, err)
		}
		check := func(all string) {
			t.Helper()
			for _, off := range []int{0, 1, len(first) - 1, len(first), len(all) - 1, len(all)} {
				for _, n := range []int{1, 30, len(all) + 1} {
					got, err := l.Read(ctx, string(id), int64(off), n)
					if want := all[off:min(off+n, len(all))]; err != nil || string(got) != want {
						t.Fatalf("%d bytes at %d: %q, want %q, %v", n, off, got, want, err)
					}
				}
			}
		}
		check(first + second)
		// Now it is finished, unseen.
		all := first + second + third
		put(t, s, theLog.Done(id, label(29).String()), "")
		data := all
		if name == ".s.zst" {
			data = pack(all)
		}
		put(t, s, theLog.File(label(29).String()+name), data)
		for key := range s.Objects {
			if strings.HasPrefix(key, theLog.Pieces(id)) {
				delete(s.Objects, key)
			}
		}
		l.live[id].lines, l.live[id].order = map[string][]byte{}, nil
		check(all)
		if names := fileNames(t, l, ""); len(names) != 1 || names[0] != label(29).String()+name {
			t.Errorf("%q", names)
		}
		check(all)
	}
}

// A log that is not there is an error also for a reader that wants only what is new. A log
// without anything new is none.
func TestMissing(t *testing.T) {
	s := simstore.New(1)
	l := New(Retry(s), theLog)
	if _, err := l.Look(ctx, label(50).String()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a log that is not there: %v", err)
	}
	put(t, s, theLog.File(label(29).String()+".s"), text(0, 30))
	if names := fileNames(t, l, label(50).String()); len(names) != 0 {
		t.Errorf("%q", names)
	}
}

// At each request of a reader the sender finishes a file and begins the next. Each look
// succeeds all the same, and what it shows are lines that follow each other.
func TestFastSender(t *testing.T) {
	s := simstore.New(1)
	const perFile = 10
	n := 0 // of the file that is not finished
	begin := func() {
		id, _ := layout.IDOf([]byte(text(perFile*n, perFile*n+1)))
		put(t, s, theLog.Piece(id, label(perFile*n).String(), 0), pack(text(perFile*n, perFile*n+5)))
	}
	begin()
	advance := func() {
		id, _ := layout.IDOf([]byte(text(perFile*n, perFile*n+1)))
		last := label(perFile*n + perFile - 1).String()
		put(t, s, theLog.Done(id, last), "")
		put(t, s, theLog.File(last+".s"), text(perFile*n, perFile*n+perFile))
		delete(s.Objects, theLog.Piece(id, label(perFile*n).String(), 0))
		n++
		begin()
	}
	s.Before = func() {
		before := s.Before
		s.Before = nil
		advance()
		s.Before = before
	}
	for range 3 {
		l, least := New(Retry(s), theLog), n*perFile
		view, err := l.Look(ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		lines := 0
		for _, f := range view.Files {
			data, err := l.Read(ctx, f.ID, 0, 1<<20)
			if want := text(lines, lines+strings.Count(string(data), "\n")); err != nil || string(data) != want {
				t.Fatalf("%s has\n%s, want\n%s, %v", f.Name, data, want, err)
			}
			lines += strings.Count(string(data), "\n")
		}
		if lines < least {
			t.Errorf("%d lines, but %d were there before", lines, least)
		}
	}
}

// Several files that are not finished have names in their order, and those that were
// invented stay.
func TestNames(t *testing.T) {
	s := simstore.New(1)
	l := New(s, theLog)
	var ids []layout.ID
	for i := range 4 {
		id, _ := layout.IDOf([]byte(text(10*i, 10*i+1)))
		ids = append(ids, id)
		put(t, s, theLog.Piece(id, label(10*i).String(), 0), pack(text(10*i, 10*i+10)))
	}
	want := fmt.Sprint([]string{label(10).String() + ".u", label(20).String() + ".u", "previous", "current"})
	if got := fmt.Sprint(fileNames(t, l, "")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	put(t, s, theLog.Done(ids[0], label(9).String()), "")
	put(t, s, theLog.File(label(9).String()+".s"), text(0, 10))
	if got := fmt.Sprint(fileNames(t, l, "")); got != want {
		t.Errorf("when the first is finished: %s, want %s", got, want)
	}
	if got, err := l.Read(ctx, string(ids[0]), 0, 1000); err != nil || string(got) != text(0, 10) {
		t.Errorf("%q, %v", got, err)
	}
	// Its pieces are still there, as if no one may delete them.
	if got, want := fmt.Sprint(fileNames(t, New(s, theLog), label(9).String())), fmt.Sprint([]string{label(20).String() + ".u", "previous", "current"}); got != want {
		t.Errorf("after the first: %s, want %s", got, want)
	}
}

func TestFind(t *testing.T) {
	s := simstore.New(1)
	for _, key := range []string{"a/mx1/smtpd/@1", "a/mx1/send/@1", "a/mx2/smtpd/@1", "a/www/smtpd/@1", "b/mx1/smtpd/@1", "a/mxfile"} {
		put(t, s, key, "x")
	}
	for url, want := range map[string]string{
		"s3://logs/a/mx1/smtpd":   "a/mx1/smtpd",
		"s3://logs/a/mx*/smtpd":   "a/mx1/smtpd a/mx2/smtpd",
		"s3://logs/?/mx1/s[me]*/": "a/mx1/send a/mx1/smtpd b/mx1/smtpd",
		"s3://logs/none/*/x":      "",
	} {
		bucket, parts, err := Split(url)
		if err != nil || bucket != "logs" {
			t.Fatal(bucket, err)
		}
		found, err := Find(ctx, s, parts)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range found {
			got = append(got, strings.TrimPrefix(URL(bucket, l), "s3://logs/"))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %s", url, got, want)
		}
	}
	for _, url := range []string{"s3://logs", "s3://logs/mx1", "s3:///a/b", "s3://logs/a//b", "s3://logs/a/[", "x://a/b/c"} {
		if _, _, err := Split(url); err == nil {
			t.Errorf("%s passes", url)
		}
	}
}

// Answers that are lost or cut are asked for again; what the store denies is not.
func TestRetry(t *testing.T) {
	for seed := range uint64(20) {
		s := simstore.New(seed)
		all := text(0, 1000)
		put(t, s, theLog.File(label(999).String()+".s"), all)
		s.Faults = simstore.Faults{Lost: 30, Busy: 30, Cut: 300}
		l := New(Retry(s), theLog)
		if names := fileNames(t, l, ""); len(names) != 1 {
			t.Fatal(names)
		}
		got, err := l.Read(ctx, label(999).String()+".s", 100, 5000)
		if err != nil || string(got) != all[100:5100] {
			t.Fatalf("seed %d: %d bytes, %v", seed, len(got), err)
		}
	}
	s := simstore.New(1)
	s.MayRead = false
	put(t, s, "x", "y")
	before := s.Requests
	if _, err := Retry(s).Get(ctx, "x", 0, -1); !store.Is(err, store.Denied) || s.Requests != before+1 {
		t.Errorf("%v after %d requests", err, s.Requests-before)
	}
}

// A listing that fails in its middle goes on where it was, also behind keys with a common
// beginning, which a listing with a delimiter has.
func TestRetryListsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the pauses take no time
		for seed := range uint64(20) {
			s := simstore.New(seed)
			var want []string
			for i := range 20 {
				dir := fmt.Sprintf("p/%02d/", i)
				put(t, s, dir+"x", "")
				put(t, s, dir+"ž", "")
				want = append(want, dir)
			}
			s.Faults = simstore.Faults{Busy: 200}
			var got []string
			for e, err := range Retry(s).List(ctx, "p/", "", true) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, e.Key)
			}
			if !slices.Equal(got, want) {
				t.Errorf("seed %d: %q", seed, got)
			}
		}
	})
}

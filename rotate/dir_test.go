package rotate

import (
	"os"
	"path/filepath"
	"testing"

	"multilog/ioring"
	"multilog/rotate/lockpage"
)

// batch begins and writes a batch.
func (d *Dir) batch(t *testing.T, text string) {
	t.Helper()
	in := Input{Batch: 1, Dev: 1, Ino: 2, Length: len(text), Last: text[len(text)-1], Sum: Fingerprint([]byte(text))}
	d.begin(in, int64(len(text)), false, true)
	if err := d.append([][]byte{[]byte(text)}); err != nil {
		t.Fatal(err)
	}
}

// A rollback removes exactly the batch, also from a file that someone has truncated to
// make room.
func TestRollback(t *testing.T) {
	for _, c := range []struct {
		name  string
		empty bool
		want  string
	}{
		{"alone", false, "current=one\n"},
		{"in a file that was emptied", true, "current="},
	} {
		k, path := newKernel(t), t.TempDir()
		d, _ := k.open(path, &head{})
		d.batch(t, "one\n")
		d.done()
		d.clear()
		if c.empty {
			if err := os.Truncate(filepath.Join(path, currentName), 0); err != nil {
				t.Fatal(err)
			}
		}
		d.batch(t, "two\n")
		if err := d.rollback(); err != nil {
			t.Fatal(err)
		}
		if got := shows(t, path); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
		if r := d.record.page.Record(); r.State() != lockpage.StateNone || r.End != uint64(d.writer.cur.size) {
			t.Errorf("%s: the record says %+v", c.name, r)
		}
	}
}

// A rollback fails while current is being written again, because the rewrite would
// write what it has read behind the new end. The next logger takes the batch back.
func TestRollbackBesideRewrite(t *testing.T) {
	k, path := newKernel(t), t.TempDir()
	d, _ := k.open(path, &head{dev: 1, ino: 2})
	d.batch(t, "one\n")
	d.done()
	d.clear()
	d.writer.cur.syncFailed = true // an fsync has failed
	d.batch(t, "two\n")
	d.syncer.current.start(d, flushSteps, &d.syncer, nil)
	if d.syncer.current.op.Code != ioring.Rewrite {
		t.Fatalf("%v comes first", d.syncer.current.op.Code)
	}
	if err := d.rollback(); err == nil {
		t.Error("the batch was taken back")
	}
	if got, want := shows(t, path), "current=one\ntwo\n"; got != want {
		t.Errorf("%q, not %q", got, want)
	}
	k.kill()
	newKernel(t).open(path, &head{dev: 1, ino: 2, input: "two\n"})
	if got, want := shows(t, path), ".u=one\n current="; got != want {
		t.Errorf("after the next logger: %q, not %q", got, want)
	}
}

// lookingKernel calls look whenever the clock is read.
type lookingKernel struct {
	*latentKernel
	look func()
}

func (k *lookingKernel) Now() int64 {
	k.look()
	return k.latentKernel.Now()
}

// At any moment, a lock page with a record about the new file says which file was
// current before, because a power cut may leave the page of any moment.
func TestSwappedBeforeRecord(t *testing.T) {
	k := &lookingKernel{latentKernel: &latentKernel{realKernel: newKernel(t)}, look: func() {}}
	d, _ := k.open(t.TempDir(), &head{})
	d.host = k
	d.batch(t, "one\n")
	d.done()
	d.clear()
	d.RequestRotation()
	for !d.Ready() {
		k.finish(nil)
	}
	old, looks := d.writer.cur.ino, 0
	k.look = func() {
		page := lockpage.At(k.pages[0])
		looks++
		if page.Records[page.Latest&1].FileIno != old && page.Swapped != old {
			t.Errorf("look %d: the record is about file %d, which does not follow file %d", looks, page.Records[page.Latest&1].FileIno, page.Swapped)
		}
	}
	d.Rotate()
	k.look()
	if d.record.page.Record().FileIno == old || looks < 3 {
		t.Errorf("%d looks, the record is about file %d still", looks, old)
	}
}

package remote

import (
	"errors"
	"io"
	"strings"
	"testing"

	"multilog/internal/farlog"
	"multilog/internal/logdir"
)

const (
	labelA = "@400000006b49d20a06cb8080"
	labelB = "@400000006b49d20a0badcafe"
)

// helper is a helper with files in memory.
type helper struct {
	view  farlog.View
	err   error
	files map[string]string // by ID
	reads int
}

func (h *helper) Look(string, string) (farlog.View, error) { return h.view, h.err }

func (h *helper) Read(_, id string, p []byte, off int64) (int, error) {
	h.reads++
	if h.err != nil {
		return 0, h.err
	}
	data := h.files[id]
	return copy(p, data[min(int(off), len(data)):]), nil
}

// A search makes many small reads; few requests come of them. Whatever their size and
// place, they return what is in the file.
func TestReads(t *testing.T) {
	name := labelA + ".s"
	content := strings.Repeat("0123456789abcdef", 20000)
	h := &helper{files: map[string]string{name: content}, view: farlog.View{Files: []farlog.File{{Name: name, ID: name, Size: int64(len(content))}}}}
	d := newDirectory(h, "s3://x", "", nil, nil)
	f, err := d.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	for off := range 1000 {
		p := make([]byte, 33)
		if n, err := f.ReadAt(p, int64(off)); n != len(p) || err != nil || string(p) != content[off:off+len(p)] {
			t.Fatalf("at %d: %q, %v", off, p[:n], err)
		}
	}
	if h.reads != 1 {
		t.Errorf("%d requests", h.reads)
	}
	for _, size := range []int{1, chunkBytes - 1, chunkBytes + 1, 3 * chunkBytes, len(content)} {
		for _, off := range []int{0, 1, chunkBytes - 1, chunkBytes, len(content) - 1, len(content)} {
			p := make([]byte, size)
			n, err := f.ReadAt(p, int64(off))
			want := content[off:min(off+size, len(content))]
			if string(p[:n]) != want || (n < size) != (err == io.EOF) {
				t.Errorf("%d bytes at %d: %d bytes, %v", size, off, n, err)
			}
		}
	}
	h.files[name] = content[:100]
	h.view.Files[0].ID = name
	g, _ := d.Open(name)
	if _, err := g.ReadAt(make([]byte, 200), 0); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a file that is shorter than it was listed: %v", err)
	}
}

// Changes are what differs between looks. An old file that a look leaves out is there
// still, unless a look that lists older ones leaves it out.
func TestChanges(t *testing.T) {
	a, b := farlog.File{Name: labelA + ".s", ID: "a", Size: 1}, farlog.File{Name: labelB + ".s", ID: "b", Size: 1}
	current := farlog.File{Name: "current", ID: "x", Size: 1}
	gaps, warnings := 0, 0
	h := &helper{view: farlog.View{Files: []farlog.File{a, current}, Gaps: []farlog.Gap{{From: labelA, To: labelB}}}}
	d := newDirectory(h, "s3://x", "", func(farlog.Gap) { gaps++ }, func(error) { warnings++ })
	look := func(want ...logdir.Change) {
		t.Helper()
		got := d.look()
		if len(got) != len(want) {
			t.Fatalf("%+v, want %+v", got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%+v, want %+v", got[i], want[i])
			}
		}
	}
	look(logdir.Change{Kind: logdir.Came, Name: a.Name}, logdir.Change{Kind: logdir.Came, Name: "current"})
	f, err := d.Open("current")
	if err != nil {
		t.Fatal(err)
	}
	current.Size = 2
	h.view.Files = []farlog.File{a, current}
	look(logdir.Change{Kind: logdir.Written, Name: "current"})
	if info, err := f.Stat(); err != nil || info.Names != 1 || info.Size != 2 {
		t.Errorf("a file that has grown: %+v, %v", info, err)
	}
	h.err = errors.New("the store is busy")
	look()
	look()
	if _, err := d.ID(); err != nil || warnings != 1 {
		t.Errorf("%v, %d warnings about a store that is away", err, warnings)
	}
	h.err = nil
	current.ID = "y"
	h.view.Files = []farlog.File{b, current}
	look(logdir.Change{Kind: logdir.Came, Name: "current"}, logdir.Change{Kind: logdir.Came, Name: b.Name})
	if names, _ := d.Names(); len(names) != 3 {
		t.Errorf("%q", names)
	}
	if info, err := f.Stat(); err != nil || info.Names != 0 || info.ID != "x" || info.Size != 2 {
		t.Errorf("a file that has no name any more: %+v, %v", info, err)
	}
	h.view.Files = []farlog.File{a, current}
	look(logdir.Change{Kind: logdir.Went, Name: b.Name})
	h.err = farlog.Missing("it is gone")
	look(logdir.Change{Kind: logdir.Went, Name: a.Name}, logdir.Change{Kind: logdir.Went, Name: "current"})
	if _, err := d.Names(); err == nil || gaps != 1 {
		t.Errorf("%v, %d gaps", err, gaps)
	}
}

func TestIsURL(t *testing.T) {
	for arg, want := range map[string]bool{"s3://a/b": true, "://a": false, "/a://b": false, "S3://a": false, "a:b": false, "/var/log": false} {
		if IsURL(arg) != want {
			t.Errorf("%q", arg)
		}
	}
}

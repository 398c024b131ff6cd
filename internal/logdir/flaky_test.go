package logdir

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// flakyDir is a directory of which one read fails in its middle.
type flakyDir struct {
	osDir
	reads, bad int
}

type flakyFile struct {
	Handle
	dir *flakyDir
}

type flakyError struct{}

func (flakyError) Error() string   { return "busy" }
func (flakyError) Temporary() bool { return true }

func (d *flakyDir) Open(name string) (Handle, error) {
	h, err := d.osDir.Open(name)
	return flakyFile{h, d}, err
}

func (f flakyFile) ReadAt(p []byte, off int64) (int, error) {
	if f.dir.reads++; f.dir.reads == f.dir.bad {
		n, _ := f.Handle.ReadAt(p[:len(p)/2], off)
		return n, flakyError{}
	}
	return f.Handle.ReadAt(p, off)
}

// A Tail leaves out nothing that can be read when it tries again.
func TestTailTriesAgain(t *testing.T) {
	for bad := 1; bad < 25; bad++ {
		dir := &flakyDir{osDir: osDir{t.TempDir()}, bad: bad}
		var want strings.Builder
		files := &stepFiles{t: t}
		for i := range 6 {
			var text bytes.Buffer
			for n := range 5_000 {
				fmt.Fprintf(&text, "@40000000500000%02x%08x line %d\n", i, n, n*n)
			}
			want.Write(text.Bytes())
			name := fmt.Sprintf("@40000000500000%02x3fffffff.s", i)
			data := text.Bytes()
			if i%2 == 0 {
				var packed bytes.Buffer
				w, _ := zstd.NewWriter(&packed)
				_, _ = w.Write(data)
				w.Close()
				data = packed.Bytes()
			}
			if err := os.WriteFile(dir.path+"/"+name, data, 0o600); err != nil {
				t.Fatal(err)
			}
			files.waiting = append(files.waiting, &File{Dir: dir.path, Name: name, Label: labelOf(name), in: dir})
		}
		tail := NewTail(files, nil, 0)
		var got strings.Builder
		for idle := 0; idle < 3; {
			lines, _, err := tail.Read()
			got.Write(lines)
			if idle++; err != nil || len(lines) > 0 {
				idle = 0
			}
		}
		tail.Close()
		if got.String() != want.String() {
			t.Errorf("read %d fails: %d bytes, want %d", bad, got.Len(), want.Len())
		}
	}
}

package lockpage

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"multilog/tai64n"
)

// A reader finds the files that were stored, and skips slots with impossible values.
func TestFiles(t *testing.T) {
	mem := New()
	w, _ := Open(mem, owner)
	files := []File{
		{Label: tai64n.Label{Sec: 1 << 62, Nano: 7}, Stage: StageProcessing, Since: time.Unix(5, 6)},
		{Label: tai64n.Label{Sec: 1 << 62, Nano: 8}, Stage: StageWaiting, Failing: true, Since: time.Unix(7, 8)},
	}
	w.Store(func(p *Page) {
		for i, f := range files {
			p.SetFile(i, f)
		}
		p.SetFile(3, File{})
	})
	got := func() []File {
		s, err := Parse(mem)
		if err != nil {
			t.Fatal(err)
		}
		return s.Files
	}
	if diff := cmp.Diff(files, got()); diff != "" {
		t.Error(diff)
	}
	for name, damage := range map[string]func(s *fileSlot){
		"an unknown stage":     func(s *fileSlot) { s.Stage = uint32(stages) },
		"too many nanoseconds": func(s *fileSlot) { s.Nano = 1e9 },
		"a label of no time":   func(s *fileSlot) { s.Sec = math.MaxInt64 + 1 },
		"a time before 1970":   func(s *fileSlot) { s.Since = -1 },
	} {
		was := At(mem).Files[0]
		damage(&At(mem).Files[0])
		if diff := cmp.Diff(files[1:], got()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		At(mem).Files[0] = was
	}
	// The next logger's page has none of these files.
	Open(mem, owner)
	if files := got(); files != nil {
		t.Errorf("the next logger's page has %v", files)
	}
}

func TestStageNames(t *testing.T) {
	seen := map[string]bool{}
	for s := StageNone; s <= stages; s++ {
		if name := s.String(); name == "" || seen[name] {
			t.Errorf("stage %d is called %q", s, name)
		} else {
			seen[name] = true
		}
	}
}

package rotate

import (
	"slices"
	"testing"

	"multilog/ioring"
	"multilog/rotate/lockpage"
)

// At any time the lock page shows the stage of a file, and whether a step has failed.
func TestStages(t *testing.T) {
	k := &latentKernel{realKernel: newKernel(t)}
	d, _ := k.open(t.TempDir(), &head{})
	d.host, d.processor.command = k, []string{"/bin/false", "false"}
	d.batch(t, "one\n")
	d.done()
	d.clear()
	d.RequestRotation()
	var stages []string
	look := func() {
		s, err := lockpage.Parse(k.pages[0])
		if err != nil {
			t.Fatal(err)
		}
		now := "none"
		if len(s.Files) > 0 {
			f := s.Files[0]
			if now = f.Stage.String(); f.Failing {
				now += ", failing"
			}
			if f.Label != d.finisher.queue[0].label || f.Since.UnixNano() > k.Now() || len(s.Files) > 1 {
				t.Errorf("%+v", s.Files)
			}
		}
		if len(stages) == 0 || stages[len(stages)-1] != now {
			stages = append(stages, now)
		}
	}
	runs := 0
	for len(k.submitted) > 0 {
		look()
		if k.submitted[0].Code == ioring.Run {
			if runs++; runs == 2 {
				k.submitted[0].Cmd.Path = "/bin/true"
			}
		}
		k.finish(nil)
		look()
		if len(k.submitted) == 0 && d.Deadline() != 0 {
			k.mono = d.Deadline()
			d.Tick(k.mono)
		}
		if d.RotationRequested() && d.Ready() {
			d.Rotate()
		}
	}
	want := []string{"none", "naming", "syncing", "preparing", "processing", "processing, failing", "processing", "saving", "removing", "none"}
	if !slices.Equal(stages, want) {
		t.Errorf("%q", stages)
	}
}

// A file waits for those before it, and a reader sees the oldest ones.
func TestStagesOfSeveral(t *testing.T) {
	k := &latentKernel{realKernel: newKernel(t)}
	d, _ := k.open(t.TempDir(), &head{})
	d.host = k
	for range lockpage.FileSlots + 2 {
		d.finisher.add(newFile(currentName, -1), d.newLabel(), false)
	}
	d.finisher.queue[0].enter(lockpage.StageSyncing)
	for _, p := range d.finisher.queue[1:] {
		p.enter(lockpage.StageWaiting)
	}
	s, err := lockpage.Parse(k.pages[0])
	if err != nil || len(s.Files) != lockpage.FileSlots || s.Counters.Pending != lockpage.FileSlots+2 {
		t.Fatalf("%d files of %d, %v", len(s.Files), s.Counters.Pending, err)
	}
	for i, f := range s.Files {
		want := lockpage.StageWaiting
		if i == 0 {
			want = lockpage.StageSyncing
		}
		if f.Stage != want || f.Label != d.finisher.queue[i].label {
			t.Errorf("file %d: %+v", i, f)
		}
	}
}

package lockpage

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"multilog/tai64n"
)

// Stage is how far a file that is full is on its way to being safe.
type Stage uint32

// The stages, in their order. A file skips those that its directory does not ask
// for.
const (
	StageNone       Stage = iota
	StageNaming           // it gets the name @LABEL.u, after room was made under the cap
	StageWaiting          // for the files before it, an operation on it, or the directory's turn to run a processor
	StageSyncing          // its data is brought to disk
	StagePreparing        // it gets the name previous, and the processor's files are made
	StageProcessing       // the processor is running
	StageSaving           // the processor's output is brought to disk, and gets the name
	StageRemoving         // it is safe; old files that are too many go
	stages
)

var stageNames = [stages]string{
	StageNone: "none", StageNaming: "naming", StageWaiting: "waiting", StageSyncing: "syncing", StagePreparing: "preparing",
	StageProcessing: "processing", StageSaving: "saving", StageRemoving: "removing",
}

// String returns the name of the stage.
func (s Stage) String() string {
	if s < stages {
		return stageNames[s]
	}
	return fmt.Sprintf("stage %d", uint32(s))
}

// FileSlots is how many files under way the page has room for: the oldest.
const FileSlots = 4

// fileSlot is a file under way, in a page.
type fileSlot struct {
	Sec   uint64 // of its label
	Nano  uint32
	Stage uint32 // and failingBit
	Since int64  // nanoseconds since 1970
}

const failingBit = 1 << 31

// File is a file under way: full, and not safe yet.
type File struct {
	Label   tai64n.Label
	Stage   Stage
	Failing bool      // something has failed, and will be tried again
	Since   time.Time // when the stage, or the latest try, began
}

// SetFile stores a file under way into the slot with that number, from 0 to
// FileSlots - 1; the zero File for none.
func (p *Page) SetFile(slot int, f File) {
	s := &p.Files[slot]
	stage, since := uint32(f.Stage), int64(0)
	if f.Failing {
		stage |= failingBit
	}
	if f.Stage != StageNone {
		since = f.Since.UnixNano()
	}
	atomic.StoreUint32(&s.Stage, 0) // a reader in between sees no file, not one with another's label
	Set(&s.Sec, f.Label.Sec)
	atomic.StoreUint32(&s.Nano, f.Label.Nano)
	atomic.StoreInt64(&s.Since, since)
	atomic.StoreUint32(&s.Stage, stage)
}

// files returns the files under way. A slot that says what cannot be is none.
func (p *Page) files() (files []File) {
	for i := range p.Files {
		s := &p.Files[i]
		stage := Stage(s.Stage &^ failingBit)
		if stage == StageNone || stage >= stages || s.Nano >= 1e9 || s.Sec > math.MaxInt64 || s.Since < 0 {
			continue
		}
		files = append(files, File{
			Label: tai64n.Label{Sec: s.Sec, Nano: s.Nano}, Stage: stage,
			Failing: s.Stage&failingBit != 0, Since: time.Unix(0, s.Since),
		})
	}
	return files
}

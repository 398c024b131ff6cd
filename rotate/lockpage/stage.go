package lockpage

import (
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"multilog/tai64n"
)

// Stage is how far a full file is on its way to being safe.
type Stage uint32

// The stages, in order. A file skips those that its directory does not need.
const (
	StageNone       Stage = iota
	StageNaming           // it is renamed to @LABEL.u, after files were removed for the cap
	StageWaiting          // for earlier files, for an operation on it, or for the directory's turn to run a processor
	StageSyncing          // its data is synced
	StagePreparing        // it is renamed to previous, and the processor's files are made
	StageProcessing       // the processor is running
	StageSaving           // the processor's output is synced and renamed
	StageRemoving         // it is safe; surplus old files are removed
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

// FileSlots is the number of files that the page has room for. It has the oldest ones.
const FileSlots = 4

// fileSlot is a File in a page.
type fileSlot struct {
	Sec   uint64 // of its label
	Nano  uint32
	Stage uint32 // and failingBit
	Since int64  // nanoseconds since 1970
}

const failingBit = 1 << 31

// File is a full file that is not safe yet.
type File struct {
	Label   tai64n.Label
	Stage   Stage
	Failing bool      // a step has failed and waits to be tried again
	Since   time.Time // the start of the stage or of the latest try
}

// SetFile stores a file into the slot with that number, from 0 to FileSlots - 1. The
// zero File empties the slot.
func (p *Page) SetFile(slot int, f File) {
	s := &p.Files[slot]
	stage, since := uint32(f.Stage), int64(0)
	if f.Failing {
		stage |= failingBit
	}
	if f.Stage != StageNone {
		since = f.Since.UnixNano()
	}
	atomic.StoreUint32(&s.Stage, 0) // meanwhile a reader sees no file, rather than one with another's label
	Set(&s.Sec, f.Label.Sec)
	atomic.StoreUint32(&s.Nano, f.Label.Nano)
	atomic.StoreInt64(&s.Since, since)
	atomic.StoreUint32(&s.Stage, stage)
}

// files returns the files in the slots. It skips slots with impossible values.
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

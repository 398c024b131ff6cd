package pipeline_test

import (
	"bytes"
	"strings"
	"syscall"
	"testing"

	"multilog/internal/test/simkernel"
	"multilog/ioring"
	"multilog/pipeline/input"
	"multilog/rotate/lockpage"
)

// The test of the test: the histories must find bugs that are put on purpose between
// the loop and the simulated kernel.

// mutant is a kernel with a bug, and what the bugs need to know.
type mutant struct {
	*simkernel.Kernel
	w *simkernel.World
	bug

	pages    []*lockpage.Page
	names    map[int]string // of descriptors
	dirs     map[int]int    // of descriptors: the directories in which they were opened
	count    int
	held     int // the result of the last Peek
	consumed bool
}

// bug is what differs from a kernel without a bug. If one of the functions is not nil, it
// is called instead of the method.
type bug struct {
	onOp      func(m *mutant, op *ioring.Op)
	onDone    func(m *mutant, op *ioring.Op, later bool)
	onWritev  func(m *mutant, fd int, pieces [][]byte) (int, error)
	onConsume func(m *mutant, n int, mark *byte, tail []byte) error
	onWait    func(m *mutant, until int64, input bool) (terms, alarms int)
	bootID    bool // all boots have the same ID
	identity  bool // all pipes have the same ID
	blind     bool // Waiting does not count input that can't be seen
	leaves    bool // the beginning of a line stays in the pipe
	forgets   bool // recovery does not look for it in the lock page
	greedy    bool // LastLine does not limit reading
}

func (m *mutant) Do(op *ioring.Op) {
	if m.onOp != nil {
		m.onOp(m, op)
	}
	m.Kernel.Do(op)
	m.note(op, false)
}

func (m *mutant) Submit(op *ioring.Op) {
	done := op.Done
	op.Done = func(op *ioring.Op) {
		m.note(op, true)
		done(op)
	}
	if m.onOp != nil {
		m.onOp(m, op)
	}
	m.Kernel.Submit(op)
}

// note looks at a finished operation. later reports that it was submitted.
func (m *mutant) note(op *ioring.Op, later bool) {
	if op.Code == ioring.OpenAt && op.Err == nil {
		m.names[int(op.Res)], m.dirs[int(op.Res)] = op.Path, op.Dir
	}
	if m.onDone != nil {
		m.onDone(m, op, later)
	}
}

func (m *mutant) Writev(fd int, pieces [][]byte) (int, error) {
	if m.onWritev != nil {
		return m.onWritev(m, fd, pieces)
	}
	return m.Kernel.Writev(fd, pieces)
}

func (m *mutant) Peek() (b []byte, held int, eof bool) {
	b, m.held, eof = m.Kernel.Peek()
	return b, m.held, eof
}

func (m *mutant) Consume(n int, mark *byte, tail []byte) error {
	if m.onConsume != nil {
		return m.onConsume(m, n, mark, tail)
	}
	return m.Kernel.Consume(n, mark, tail)
}

func (m *mutant) Hold(b []byte) {
	if !m.forgets {
		m.Kernel.Hold(b)
	}
}

func (m *mutant) Wait(until int64, input bool) (terms, alarms int) {
	if m.onWait != nil {
		return m.onWait(m, until, input)
	}
	return m.Kernel.Wait(until, input)
}

func (m *mutant) MapPage(fd int) ([]byte, error) {
	mem, err := m.Kernel.MapPage(fd)
	if err == nil {
		m.pages = append(m.pages, lockpage.At(mem))
	}
	return mem, err
}

func (m *mutant) BootID() [16]byte {
	if m.bootID {
		return [16]byte{1}
	}
	return m.Kernel.BootID()
}

func (m *mutant) Traits() input.Traits {
	t := m.Kernel.Traits()
	if m.identity {
		t.Dev, t.Ino = 1, 1
	}
	t.Movable = t.Movable && !m.leaves
	return t
}

func (m *mutant) Waiting() int {
	if m.blind {
		return 0
	}
	return m.Kernel.Waiting()
}

func (m *mutant) LastLine() {
	if !m.greedy {
		m.Kernel.LastLine()
	}
}

// setStates sets the state of all in-flight records.
func (m *mutant) setStates(state uint64) {
	for _, p := range m.pages {
		if r := &p.Records[p.Latest&1]; r.State() != lockpage.StateNone {
			r.SetState(state)
		}
	}
}

// clearTails empties the tails behind the records that are back records before the
// latest.
func (m *mutant) clearTails(back uint64) {
	for _, p := range m.pages {
		p.ClearTail(p.Latest - back)
	}
}

// isFile reports whether an operation is on a log file, not on a directory.
func (m *mutant) isFile(op *ioring.Op) bool {
	name := m.names[op.FD]
	return name == "current" || name == "next" || name == "processed"
}

func nop(op *ioring.Op) { *op = ioring.Op{Code: ioring.Nop, Done: op.Done} }

// withOp returns a mutant that changes operations.
func withOp(change func(m *mutant, op *ioring.Op)) func(m *mutant) {
	return func(m *mutant) { m.onOp = change }
}

// withDone returns a mutant that changes results.
func withDone(change func(m *mutant, op *ioring.Op, later bool)) func(m *mutant) {
	return func(m *mutant) { m.onDone = change }
}

var mutants = []struct {
	name   string
	change func(m *mutant)
}{
	{"fsync of files does nothing", withOp(func(m *mutant, op *ioring.Op) {
		if op.Code == ioring.Fsync && m.isFile(op) {
			nop(op)
		}
	})},
	{"fsync of directories does nothing", withOp(func(m *mutant, op *ioring.Op) {
		if op.Code == ioring.Fsync && !m.isFile(op) {
			nop(op)
		}
	})},
	{"fsync comes after the name", withOp(func(m *mutant, op *ioring.Op) {
		switch {
		case op.Code == ioring.Fsync && m.isFile(op):
			nop(op)
		case op.Code == ioring.RenameAt && strings.HasSuffix(op.NewPath, ".s"):
			done, dir, name := op.Done, m.names[op.Dir], op.NewPath
			op.Done = func(op *ioring.Op) {
				if f := m.w.Dir(dir).Lookup(name); f != nil {
					m.w.SyncFile(f)
				}
				done(op)
			}
		}
	})},
	{"the processor's output is not synced", withOp(func(m *mutant, op *ioring.Op) {
		if op.Code == ioring.Fsync && m.names[op.FD] == "processed" {
			nop(op)
		}
	})},
	{"previous is removed before processed is on disk", withOp(func(m *mutant, op *ioring.Op) {
		if op.Code == ioring.Fsync && m.names[op.FD] == "processed" && op.Done != nil {
			m.Kernel.Do(&ioring.Op{Code: ioring.UnlinkAt, Dir: m.dirs[op.FD], Path: "previous"})
		}
	})},
	{"the mode is set before the data is synced", withOp(func(m *mutant, op *ioring.Op) {
		if op.Code == ioring.Fsync && m.isFile(op) && m.names[op.FD] != "processed" {
			m.Kernel.Do(&ioring.Op{Code: ioring.Fchmod, FD: op.FD, Mode: 0o744})
		}
	})},
	{"the mark of a clean current stays on disk", withOp(func(m *mutant, op *ioring.Op) {
		if op.Code == ioring.Fsync && m.names[op.FD] == "current" && op.Done == nil {
			nop(op)
		}
	})},
	{"next becomes current before current has its name", withOp(func(m *mutant, op *ioring.Op) {
		if op.Code == ioring.RenameAt && op.Path == "current" {
			op.Path, op.NewPath = "next", "current"
		}
	})},
	{"a pending file is pruned", withOp(func(m *mutant, op *ioring.Op) {
		if op.Code != ioring.UnlinkAt || op.Path[0] != '@' {
			return
		}
		for _, e := range m.w.Dir(m.names[op.Dir]).Entries() {
			if strings.HasSuffix(e.Name, ".u") && e.Name > op.Path {
				op.Path = e.Name
			}
		}
	})},
	{"one file too many is pruned", withDone(func(_ *mutant, op *ioring.Op, later bool) {
		if op.Code == ioring.ReadDir && later {
			op.Names = append(op.Names, "@zzzzzzzzzzzzzzzzzzzzzzzz.s")
		}
	})},
	{"nothing is pruned", withDone(func(_ *mutant, op *ioring.Op, later bool) {
		if op.Code == ioring.ReadDir && later {
			op.Names = nil
		}
	})},
	{"what was begun is not taken back", withOp(func(m *mutant, op *ioring.Op) {
		if op.Code == ioring.Ftruncate {
			nop(op)
		}
	})},
	{"a byte too many is taken back", withOp(func(m *mutant, op *ioring.Op) {
		if op.Code == ioring.Ftruncate && op.Len > 0 {
			op.Len--
		}
	})},
	{"next is overlooked by recovery", withOp(func(m *mutant, op *ioring.Op) {
		if op.Code == ioring.Stat && op.Path == "next" {
			op.Path = "nothing"
		}
	})},
	{"old files are overlooked by recovery", withDone(func(_ *mutant, op *ioring.Op, later bool) {
		if op.Code == ioring.ReadDir && !later {
			op.Names = nil
		}
	})},
	{"consume comes before the writes", func(m *mutant) {
		m.onWritev = func(m *mutant, fd int, pieces [][]byte) (int, error) {
			for _, p := range m.pages {
				if f := &p.Records[p.Latest&1]; f.State() == lockpage.StateBegun && !m.consumed {
					m.consumed = true
					_ = m.Kernel.Consume(m.held+int(f.Length), nil, nil)
				}
			}
			return m.Kernel.Writev(fd, pieces)
		}
		m.onConsume = func(m *mutant, n int, mark *byte, tail []byte) error {
			if m.consumed {
				m.consumed = false
				return nil
			}
			return m.Kernel.Consume(n, mark, tail)
		}
	}},
	{"batches have no record", func(m *mutant) {
		m.onWritev = func(m *mutant, fd int, pieces [][]byte) (int, error) {
			m.setStates(lockpage.StateNone)
			return m.Kernel.Writev(fd, pieces)
		}
	}},
	{"the record is cleared before the input is consumed", func(m *mutant) {
		m.onConsume = func(m *mutant, n int, mark *byte, tail []byte) error {
			m.setStates(lockpage.StateNone)
			return m.Kernel.Consume(n, mark, tail)
		}
	}},
	{"the record says done before the writes", func(m *mutant) {
		m.onWritev = func(m *mutant, fd int, pieces [][]byte) (int, error) {
			m.setStates(lockpage.StateDone)
			return m.Kernel.Writev(fd, pieces)
		}
	}},
	{"records outlive the machine", func(m *mutant) { m.bootID = true }},
	{"records are taken for another pipe's", func(m *mutant) { m.identity = true }},
	{"a batch is another if not all of it can be seen", func(m *mutant) { m.blind = true }},
	{"more than the last line is read", func(m *mutant) { m.greedy = true }},
	{"a short write is taken for a whole one", func(m *mutant) {
		m.onWritev = func(m *mutant, fd int, pieces [][]byte) (int, error) {
			size := len(bytes.Join(pieces, nil))
			if _, err := m.Kernel.Writev(fd, pieces); err != nil {
				return 0, err
			}
			return size, nil
		}
	}},
	{"a failed write is taken for a good one", func(m *mutant) {
		m.onWritev = func(m *mutant, fd int, pieces [][]byte) (int, error) {
			size := len(bytes.Join(pieces, nil))
			n, err := m.Kernel.Writev(fd, pieces)
			if err == syscall.ENOSPC {
				return size, nil
			}
			return n, err
		}
	}},
	{"a wakeup for input is lost", func(m *mutant) {
		m.onWait = func(m *mutant, until int64, input bool) (terms, alarms int) {
			m.count++
			return m.Kernel.Wait(until, input && m.count%4 != 0)
		}
	}},
	{"the beginning of a line stays in the pipe, and edges wake", func(m *mutant) { m.leaves, m.Edges = true, true }},
	{"the beginning of a line is not found in the lock page", func(m *mutant) { m.forgets = true }},
	{"the beginning of a line goes when the batch with its end begins", func(m *mutant) {
		m.onWritev = func(m *mutant, fd int, pieces [][]byte) (int, error) {
			m.clearTails(1)
			return m.Kernel.Writev(fd, pieces)
		}
	}},
	{"the beginning of a line goes with the batch before it", func(m *mutant) {
		m.onConsume = func(m *mutant, n int, mark *byte, tail []byte) error {
			err := m.Kernel.Consume(n, mark, tail)
			m.clearTails(0)
			return err
		}
	}},
	{"SIGTERM is lost", func(m *mutant) {
		m.onWait = func(m *mutant, until int64, input bool) (terms, alarms int) {
			_, alarms = m.Kernel.Wait(until, input)
			return 0, alarms
		}
	}},
}

// mutantHistories is enough to find any of the bugs.
const mutantHistories = 20_000

func TestMutantsAreCaught(t *testing.T) {
	for _, mut := range mutants {
		t.Run(strings.ReplaceAll(mut.name, " ", "-"), func(t *testing.T) {
			wrap := func(k *simkernel.Kernel, w *simkernel.World) kernel {
				m := &mutant{Kernel: k, w: w, names: map[int]string{}, dirs: map[int]int{}}
				mut.change(m)
				return m
			}
			seed, err := firstFailure(1, mutantHistories, wrap)
			if err == nil {
				t.Fatalf("%d histories do not show that %s", mutantHistories, mut.name)
			}
			t.Logf("found by seed %d: %v", seed, err)
		})
	}
}

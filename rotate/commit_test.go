package rotate

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"multilog/rotate/lockpage"
)

// order is a host and a committer. It writes down what happens to two directories, and
// the states of their records at that time.
type order struct {
	*realKernel
	dirs  []*Dir
	does  []string
	fails int // how many writes to the second directory fail
	gives bool
	out   Outcome
}

func (o *order) note(what string) {
	var states []string
	for _, d := range o.dirs {
		states = append(states, [...]string{"none", "begun", "done"}[d.record.page.Record().State()])
	}
	o.does = append(o.does, what+" "+strings.Join(states, ","))
}

func (o *order) Writev(fd int, pieces [][]byte) (int, error) {
	if len(o.dirs) < 2 {
		return o.realKernel.Writev(fd, pieces)
	}
	if fd == o.dirs[1].current().fd && o.fails > 0 {
		o.fails--
		return 0, syscall.EIO
	}
	o.note(fmt.Sprintf("write %s", pieces[0]))
	return o.realKernel.Writev(fd, pieces)
}

func (o *order) Pieces(part int) [][]byte { return [][]byte{[]byte([]string{"one\n", "two\n"}[part])} }
func (o *order) Pause() bool              { o.note("pause"); return !o.gives }
func (o *order) Written()                 { o.note("written") }
func (o *order) Consume(mark *byte) Outcome {
	o.note("consume")
	if mark != o.dirs[1].mark() {
		o.note("the mark is not in the page with the next line")
	}
	return o.out
}

// The order of a batch: begin all before the first write, write all before the first
// done, done all before the input is consumed. A batch that is given up, or that
// another process has taken, is in no directory afterwards.
func TestCommit(t *testing.T) {
	whole := []string{"write one\n begun,begun", "write two\n begun,begun", "written begun,begun", "consume done,done"}
	for _, c := range []struct {
		name  string
		fails int
		gives bool
		out   Outcome
		want  Outcome
		does  []string
		state uint64 // of both records
		left  string
	}{
		{name: "nothing fails", does: whole, left: "one\n two\n"},
		{name: "a write fails once", fails: 1, does: slices.Insert(slices.Clone(whole), 1, "pause begun,begun"), left: "one\n two\n"},
		{name: "a write fails for good", fails: 9, gives: true, want: TakenBack, does: []string{whole[0], "pause begun,begun"}, left: " "},
		{name: "others have taken it", out: TakenBack, want: TakenBack, does: whole, left: " "},
		{name: "it can't be taken", out: Left, want: Left, does: whole, state: lockpage.StateDone, left: "one\n two\n"},
	} {
		o := &order{realKernel: newKernel(t), fails: c.fails, gives: c.gives, out: c.out}
		var dirs []*Dir
		var parts []Part
		for range 2 {
			path := t.TempDir()
			d, _ := o.open(path, &head{dev: 1, ino: 2})
			d.host = o
			dirs = append(dirs, d)
			parts = append(parts, Part{Dir: d, Bytes: 4, Lines: 1, Here: true, Keeps: len(parts) == 1})
		}
		o.dirs = dirs
		got := Commit(&Batch{Input: Input{Batch: 1, Dev: 1, Ino: 2, Length: 8, Last: '\n'}, Bytes: 8, Lines: 2, Parts: parts}, o)
		if got != c.want || !slices.Equal(o.does, c.does) {
			t.Errorf("%s: outcome %d, %q", c.name, got, o.does)
		}
		var left []string
		for _, d := range dirs {
			_, text, _ := strings.Cut(shows(t, d.name), "current=")
			left = append(left, text)
			if state := d.record.page.Record().State(); state != c.state {
				t.Errorf("%s: the record in %s is in state %d", c.name, d.name, state)
			}
		}
		if text := strings.Join(left, " "); text != c.left {
			t.Errorf("%s: %q is left", c.name, text)
		}
	}
}

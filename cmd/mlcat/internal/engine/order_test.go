package engine

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"multilog/cmd/mlcat/internal/render"
	"multilog/tai64n"
)

// parts is a Stream of the parts of a log. A part is a list of seconds, one for each
// line.
type parts struct {
	name string
	left [][]uint64
}

func (p *parts) Next() *render.Lines {
	if len(p.left) == 0 {
		return nil
	}
	l := &render.Lines{}
	for _, second := range p.left[0] {
		l.Text = fmt.Appendf(l.Text, "%s%d\n", p.name, second)
		l.Marks = append(l.Marks, render.Mark{Label: tai64n.Label{Sec: second}, Known: true, End: len(l.Text)})
		l.Count++
	}
	p.left = p.left[1:]
	return l
}

// runs returns all that order gives, with spaces for newlines and bars between runs.
func runs(t *testing.T, order Order) string {
	t.Helper()
	var all []string
	for {
		run, err := order.Next()
		if err != nil {
			t.Fatal(err)
		}
		if run.Lines == 0 {
			return strings.Join(all, "|")
		}
		if n := bytes.Count(run.Text, []byte("\n")); n != run.Lines {
			t.Errorf("a run of %d lines counts as %d", n, run.Lines)
		}
		all = append(all, strings.ReplaceAll(strings.TrimSuffix(string(run.Text), "\n"), "\n", " "))
	}
}

func TestMerge(t *testing.T) {
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{Lines: AllLines}, "a1|b1|a2|b2|b2|a3 a5|b7"},
		{Options{Reverse: true, Lines: AllLines}, "b7|a5|a3|b2|b2|a2|b1|a1"},
		{Options{Reverse: true, Lines: 3}, "b7|a5|a3"},
		{Options{Lines: 3}, "a3 a5 b7"},
		{Options{Lines: 100}, "a1 b1 a2 b2 b2 a3 a5 b7"},
	} {
		a := &parts{"a", [][]uint64{{1, 2}, {3, 5}}}
		b := &parts{"b", [][]uint64{{1}, {2}, {2, 7}}}
		if tt.o.backward() {
			a.left = [][]uint64{{3, 5}, {1, 2}}
			b.left = [][]uint64{{2, 7}, {2}, {1}}
		}
		order, end := tt.o.order([]Stream{a, b})
		got := runs(t, order)
		end()
		if got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.o, got, tt.want)
		}
	}
}

// countdown is an Order of long lines whose numbers count down to 1.
type countdown struct{ next int }

const longLine = 1 << 20 * 3 / 4

// longLineOf returns line n, whose length depends on n.
func longLineOf(n int) []byte { return fmt.Appendf(nil, "%0*d\n", longLine+n%10, n) }

func (c *countdown) Next() (Run, error) {
	if c.next == 0 {
		return Run{}, nil
	}
	line := longLineOf(c.next)
	c.next--
	return Run{line, 1}, nil
}

// The last lines come in order, also if they are more than memory may take.
func TestTailInFile(t *testing.T) {
	const lines = 3*maxPileBytes/longLine + 1
	o := &tail{from: &countdown{lines}, most: lines}
	defer o.close()
	next := 1
	for {
		run, err := o.Next()
		if err != nil {
			t.Fatal(err)
		}
		if run.Lines == 0 {
			break
		}
		if want := longLineOf(next); !bytes.Equal(run.Text, want) {
			t.Fatalf("line %d: %d bytes that end with %q", next, len(run.Text), run.Text[len(run.Text)-10:])
		}
		next++
	}
	if next != lines+1 {
		t.Errorf("%d lines, want %d", next-1, lines)
	}
	if o.pile.file == nil {
		t.Error("all lines were in memory")
	}
}

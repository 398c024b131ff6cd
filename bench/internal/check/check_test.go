package check

import (
	"bytes"
	"strings"
	"testing"

	"multilog/bench/internal/contender"
)

// labelled puts labels in front of lines.
func labelled(lines string) string {
	var out strings.Builder
	for line := range strings.Lines(lines) {
		out.WriteString("@4000000065b0c8f900000001 " + line)
	}
	return out.String()
}

func TestStream(t *testing.T) {
	const input = "one\ntwo\nthree\n\nfive\n"
	noT := func(line []byte) bool { return !bytes.HasPrefix(line, []byte("t")) }
	for _, test := range []struct {
		name, log string
		stamp     bool
		tail      bool
		selects   func([]byte) bool
		want      string // in the error
	}{
		{name: "same", log: input},
		{name: "same, labelled", log: labelled(input), stamp: true},
		{name: "selected", log: "one\n\nfive\n", selects: noT},
		{name: "not selected", log: input, selects: noT, want: "line 2"},
		{name: "nothing", log: "", want: "lost: the last 5 lines"},
		{name: "empty line lost", log: "one\ntwo\nthree\nfive\n", want: "line 4"},
		{name: "first lost", log: "two\nthree\n\nfive\n", want: "line 1 comes too early"},
		{name: "more", log: input + "five\n", want: "line 6 comes twice"},
		{name: "joined", log: "one\ntwothree\n\nfive\n", want: "line 2 is torn or changed"},
		{name: "no newline", log: "one\ntwo\nthree\n\nfive", want: "line 5 is torn"},
		{name: "label missing", log: labelled("one\n") + "two\n", stamp: true, want: "line 2: no label"},
		{name: "label upper case", log: strings.Replace(labelled("one\n"), "c8f9", "C8F9", 1), stamp: true, want: "malformed label"},
		{name: "label with too many nanoseconds", log: "@4000000065b0c8f9ffffffff one\n", stamp: true, want: "malformed label"},
		{name: "label back", log: "@4000000065b0c8f900000002 one\n@4000000065b0c8f900000001 two\n", stamp: true, want: "label goes back"},
		{name: "tail", log: "three\n\nfive\n", tail: true},
		{name: "all as tail", log: input, tail: true},
		{name: "tail with a gap", log: "two\n\nfive\n", tail: true, want: "line 2 comes too early"},
		{name: "not the tail", log: "two\nthree\n", tail: true, want: "lost: the last 2 lines"},
		{name: "strange tail", log: "ree\n\nfive\n", tail: true, want: "not in the input"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := Checker{Input: []byte(input), Tail: test.tail}
			err := c.stream(strings.NewReader(test.log), contender.Output{Stamp: test.stamp, Selects: test.selects})
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// TestEveryByteCounts drops, doubles, flips and swaps each byte of a log in
// turn.
func TestEveryByteCounts(t *testing.T) {
	const input = "alpha 1\nbeta 2\nbeta 3\ngamma\n"
	log := []byte(labelled(input))
	c := Checker{Input: []byte(input)}
	check := func(b []byte) error { return c.stream(bytes.NewReader(b), contender.Output{Stamp: true}) }
	if err := check(log); err != nil {
		t.Fatal(err)
	}
	for i := range log {
		inLabel := (i-bytes.LastIndexByte(log[:i], '\n')-1)%1000 < LabelBytes
		harms := map[string][]byte{
			"lost":    append(append([]byte{}, log[:i]...), log[i+1:]...),
			"doubled": append(append([]byte{}, log[:i+1]...), log[i:]...),
		}
		if !inLabel { // another digit is another label
			flipped := bytes.Clone(log)
			flipped[i] ^= 1
			harms["flipped"] = flipped
			if i+1 < len(log) && log[i] != log[i+1] {
				swapped := bytes.Clone(log)
				swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
				harms["swapped"] = swapped
			}
		}
		for how, harmed := range harms {
			if check(harmed) == nil {
				t.Errorf("byte %d %s and not seen: %q", i, how, harmed)
			}
		}
	}
}
